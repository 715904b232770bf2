"""Every parser that is given what somebody else wrote, called with one text wherever a text may stand."""

import contextlib
from collections.abc import Callable, Iterable
from typing import Any, Final

from api.http.checked_route import refuse_unknown
from api.http.edge.client_address import ClientAddress
from api.http.page_parameters import page_context
from api.http.query_parameters import parse_moment
from models.base.durations import parse_duration
from models.base.errors import InvalidError, show_value
from models.base.ids import parse_id
from models.base.money import read_currency, read_money
from models.base.timestamps import parse_clock, parse_time
from models.catalog.assortment import Assortment
from models.catalog.currency_parsing import parse_site_currency
from models.catalog.feed.columns import FieldNaming, meant_by, plain_name, read_fields
from models.catalog.feed.items import read_item
from models.catalog.feed.locales import parse_locale
from models.catalog.feed.prices import PriceEvidence
from models.catalog.feed.texts import decode_entities
from models.catalog.parsing import PARSERS as RESOURCES
from models.catalog.unknown_names import spelling_known
from models.events.bots import bot_of, bot_that_asks
from models.events.device import device_of
from models.events.events import EventItem
from models.events.intake.consent import consent_told, read_consent
from models.events.intake.event_size import encode_fitting
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.json_repair import dumped, has_long_numbers, loads_leniently, repaired
from models.events.intake.param_parsing import READ_CONTEXT, READ_PARAMS
from models.events.intake.parsing import Receipt, parse_event_name, parse_served_id, read_event
from models.events.intake.placeholders import is_placeholder, is_placeholder_user
from models.events.names import ITEM_EVENTS, ORDER_EVENTS, SCORES, SEARCH_EVENTS
from models.events.region import region_of
from models.events.traffic_source import origin_of, touch_of
from models.experiments.parsing import parse_experiment
from models.segments.lifecycle import parse_thresholds
from models.segments.segments import parse_segment
from models.triggers.trigger import parse_trigger
from models.visitor.contact_policy import parse_policy
from shopwindow.bounded_yaml import YamlRefusedError, load_documents
from shopwindow.feeds.decoding import decode
from shopwindow.feeds.documents import read_json_feed, read_xml_feed
from shopwindow.feeds.exports import magento, shopify, woocommerce
from shopwindow.feeds.exports.export_row import text_of_html
from shopwindow.feeds.exports.woocommerce_columns import english_column
from shopwindow.feeds.rows import Feed, FeedRow
from shopwindow.feeds.tables import read_table
from shopwindow.files import FileError

NOW_S: Final = 1_790_000_000.0
REFUSALS: Final = (InvalidError, FileError, YamlRefusedError)
_ITEM_FIELDS: Final = (*EventItem.__struct_fields__, "item_name", "item_brand", "item_category", "item_category2")
_NAMES: Final = (
    "view_item",
    "purchase",
    "refund",
    "search",
    "page_view",
    "nps_given",
    "campaign_cost",
    "birthday_given",
)


def each(text: str, *parsers: Callable[[str], Any]) -> None:
    """Give a text to each of some parsers; that they refuse it is as good as that they take it."""
    for parse in parsers:
        with contextlib.suppress(*REFUSALS):
            parse(text)


def _event(name: str, text: str, fields: Iterable[str] = ()) -> None:
    event: dict[str, Any] = {"event": name, "visitor_id": "v1", "params": {"transaction_id": "t1", "search_term": "x"}}
    event["params"] |= dict.fromkeys(READ_PARAMS - {"transaction_id", "search_term"}, text)
    event["context"] = dict.fromkeys(READ_CONTEXT, text)
    event["items"] = [{"item_id": "a", "creative_name": "c"}, dict.fromkeys(_ITEM_FIELDS, text)]
    event |= dict.fromkeys(fields, text)
    warnings = EventWarnings()
    read = read_event(event, Receipt("demo", NOW_S), warnings)
    encode_fitting(read, warnings)
    for ask in (device_of, region_of, origin_of, touch_of):
        ask(read)
    for item in read.items:
        spelling_known(item.item_id, frozenset[str]().__contains__)
        spelling_known(item.creative_name, frozenset[str]().__contains__)


def events(text: str) -> None:
    """Events with the text in every field that is read."""
    known = {*_NAMES, *sorted(ITEM_EVENTS)[:2], *sorted(ORDER_EVENTS)[:2], *sorted(SCORES)[:2], *sorted(SEARCH_EVENTS)}
    for name in sorted(known):
        each(text, lambda text, name=name: _event(name, text))  # type: ignore[misc]
    for fields in (
        ("event",),
        ("visitor_id", "user_id", "event_id", "session_id"),
        ("timestamp", "sent_at"),
        ("items",),
    ):
        each(text, lambda text, fields=fields: _event("view_item", text, fields))  # type: ignore[misc]
    names = {
        "event": "view_item",
        "visitor_id": "v",
        text: text,
        "params": {text: 1},
        "items": [{"item_id": "a", text: 1}],
    }
    each(text, lambda _: read_event(names, Receipt("demo", NOW_S, text), EventWarnings()))


def words(text: str) -> None:
    """What is asked of single texts."""
    each(
        text,
        parse_event_name,
        parse_served_id,
        is_placeholder,
        is_placeholder_user,
        read_money,
        read_currency,
        parse_duration,
        parse_clock,
        parse_locale,
        show_value,
        bot_of,
        bot_that_asks,
        decode_entities,
        plain_name,
        meant_by,
        english_column,
        text_of_html,
        read_consent,
        lambda text: consent_told({"consent": {text: text, "analytics": text}, "context": {"consent": {text: [text]}}}),
        lambda text: page_context(
            {"page_location": text, "item_id": text, "category": text, "context": {"page": {"url": text}, text: text}}
        ).profile(Assortment(), NOW_S),
        lambda text: read_money(text, decimal_mark=","),
        lambda text: parse_id(text, "x"),
        lambda text: parse_time(text, NOW_S),
        lambda text: parse_moment(text, "after", NOW_S),
        lambda text: spelling_known(text[:500], frozenset[str]().__contains__),
        lambda text: refuse_unknown(text[:16_384].encode(), frozenset({"limit", "after"})),
        lambda text: ClientAddress(("10.0.0.0/8",)).sender(
            {"client": ("10.0.0.1", 1), "headers": [(name, text[:32_768].encode()) for name in (b"forwarded",)]}
        ),
    )


def bodies(text: str) -> None:
    """The text as a body, in a text of a body, and as the name of a member."""
    for body in (text, f'{{"events": [{text}]}}', f"[undefined, {text}", f'{{"a": "{text}", undefined}}'):
        data = body.encode("utf-8", "surrogatepass")
        has_long_numbers(data)
        with contextlib.suppress(ValueError, RecursionError):
            dumped(repaired(loads_leniently(data), EventWarnings()))
    repaired({text: [[float("nan")] * 1_000] * 20}, EventWarnings())


def products(text: str) -> None:
    """Products with the text in every field, as rows of a feed and of the shop systems' exports."""
    fields = dict.fromkeys(read_fields(), text)
    each(text, lambda _: read_item({**fields, "id": "a"}, PriceEvidence.from_rows([fields])))
    for name in ("price", "availability", "sale_price_effective_date", "product_type", "google_product_category"):
        each(text, lambda _, name=name: read_item({"id": "a", "price": 1, name: text}, PriceEvidence()))  # type: ignore[misc]
    each(text, lambda _: FieldNaming().under_our_names({text: 1, "id": "a"}))
    cells = dict.fromkeys((*_MAGENTO, *_SHOPIFY, *_WOOCOMMERCE), text)
    for convert in (magento.convert_magento, shopify.convert_shopify, woocommerce.convert_woocommerce):
        each(text, lambda _, convert=convert: convert(Feed("line", [FeedRow(1, dict(cells))]), set()))  # type: ignore[misc]


_MAGENTO: Final = (
    "sku", "name", "categories", "configurable_variations", "additional_attributes", "description", "price",
    "special_price_from_date", "product_type",
)  # fmt: skip
_SHOPIFY: Final = ("handle", "variant_price", "body_html", "option1_name", "option1_value", "title")
_WOOCOMMERCE: Final = ("id", "type", "regular_price", "parent", "images", "categories", "attribute_1_name", "brands")


def settings(text: str) -> None:
    """Everything else that a shop puts by API, with the text where one may stand."""
    each(
        text,
        lambda text: parse_site_currency({"base": text, "rates": {text: 1, "USD": text}}),
        lambda text: parse_policy({"time_zone": text, "quiet_hours": {"from": text, "to": text}}),
        lambda text: parse_thresholds({"dormant_after_days": text}),
        lambda text: parse_segment({"segment_id": text, "rule": {"region": text}}),
        lambda text: parse_segment({"segment_id": "a", "rule": {text: text}}),
        lambda text: parse_segment({"segment_id": "a", "rule": {"recent_items": {"category": text}}}),
        lambda text: parse_trigger({"trigger_id": "a", "when": {"cart_left": {"after": text}}}),
        lambda text: parse_trigger({"trigger_id": "a", "when": {"event": {"event": text}}, "only": {"region": text}}),
        lambda text: parse_experiment({"experiment_id": "a", "variants": [{"variant_id": text}], "metric": text}),
        *(
            lambda text, kind=kind, parse=parse: parse({f"{kind[:-1]}_id": "a", **dict.fromkeys(_PUT, text)})
            for kind, parse in RESOURCES.items()
        ),
    )


_PUT: Final = ("name", "title", "headline", "category", "price", "starts_at", "ends_at", "link", "image_link", "slots")


def files(text: str) -> None:
    """The text as a file that a command reads, and as a cell or an element of one."""
    each(text, lambda text: decode(text.encode("utf-8", "surrogatepass"), "feed"))
    each(text, lambda text: decode(b"\xe4 " + text.encode("utf-16-le", "surrogatepass"), "feed"))
    for feed in (
        text,
        f"id,title,price\n1,{text},2\n",
        f'id\ttitle\tprice\n1\t"{text}\t2\n',
        f'id;title;price\n"{text}',
    ):
        each(text, lambda _, feed=feed: read_table(feed, "feed"))  # type: ignore[misc]
    for feed in (
        text,
        f"<rss><item><id>{text}</id></item></rss>",
        f"<!-- {text}",
        f"<?xml {text}?><a/>",
        f"<item a='{text}'",
    ):
        each(text, lambda _, feed=feed: read_xml_feed(feed, "feed"))  # type: ignore[misc]
    for feed in (text, f"[{text}]", f'{{"id": 1}}\n{{"id": "{text}', f'[{{"id": "{text}"}}, undefined]'):
        each(text, lambda _, feed=feed: read_json_feed(feed, "feed"))  # type: ignore[misc]


def yaml_files(text: str) -> None:
    """The text as YAML. PyYAML looks at each character, and takes its time."""
    for display in (text[:3_000], f"a: {text[:3_000]}", f'- "{text[:3_000]}'):
        each(text, lambda _, display=display: load_documents(display))  # type: ignore[misc]


PARSERS: Final[dict[str, Callable[[str], None]]] = {
    parser.__name__: parser for parser in (events, words, bodies, products, settings, files, yaml_files)
}
