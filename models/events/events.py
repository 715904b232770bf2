"""Events: what happened, as visitors' browsers and the shop's servers report it, with GA4's names.

`parse_event` is the only door: whatever it lets through is valid, and the log holds nothing else.
"""

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

from models.base.errors import InvalidError, show_value
from models.base.timestamps import parse_time
from models.events.segment_spec import translated

MAX_VISITOR_ID: Final = 128
MAX_TEXT: Final = 500
MAX_ITEM_TEXT: Final = 150
MAX_EVENT_ITEMS: Final = 200
MAX_PARAMS: Final = 50
MAX_EVENT_BYTES: Final = 32_768
MAX_QUANTITY: Final = 1_000_000

VISITOR_DELETED: Final = "_visitor_deleted"
"""Our own event, appended when a visitor is erased; no outside name can start with an underscore."""
VISITOR_IDENTIFIED: Final = "_visitor_identified"
"""Our own event to a device's profile: it belongs to `user_id` from now on, or to nobody known where that is empty."""
VISITOR_LINKED: Final = "_visitor_linked"
"""Our own event to a visitor's profile: `device_id` is theirs now."""
VISITOR_JOINED: Final = "_visitor_joined"
"""Our own event to a visitor's profile: what `device_id` learned before it was known whose it is."""
IDENTITY_EVENTS: Final = frozenset({VISITOR_IDENTIFIED, VISITOR_LINKED, VISITOR_JOINED})
"""Events of whose a device is: they say nothing of what anybody did."""

SEGMENT_ENTERED: Final = "segment_entered"
SEGMENT_LEFT: Final = "segment_left"
STAGE_CHANGED: Final = "stage_changed"
EXPERIMENT_EXPOSED: Final = "experiment_exposed"
COMPLAINT_RESOLVED: Final = "complaint_resolved"
"""What was wrong has been made good: the visitor may be promoted to again."""
TRIGGER_STATE_JOINED: Final = "_watch_joined"
"""Our own event: what triggers knew of a device goes to the visitor it belongs to (`models.triggers.trigger_state`)."""
NOTICES: Final = frozenset({SEGMENT_ENTERED, SEGMENT_LEFT, STAGE_CHANGED, EXPERIMENT_EXPOSED, TRIGGER_STATE_JOINED})
"""Our own events too: what became of a visitor's profile, which variant of an experiment a visitor met, told to whoever
reads the log. No sender may use the names; profiles and models learn nothing from them."""

ITEM_EVENTS: Final = frozenset(
    {
        "view_item_list",
        "select_item",
        "view_item",
        "add_to_wishlist",
        "add_to_cart",
        "remove_from_cart",
        "begin_checkout",
        "purchase",
    }
)
"""Events that mean nothing without items. GA4 asks items of a few more, whose items we can do without."""
PROMOTION_EVENTS: Final = frozenset({"view_promotion", "select_promotion"})
ORDER_EVENTS: Final = frozenset(
    {
        "purchase",
        "refund",
        "order_created",
        "order_paid",
        "order_shipped",
        "order_out_for_delivery",
        "order_delivered",
        "order_returned",
        "order_cancelled",
    }
)
SEARCH_EVENTS: Final = frozenset({"search"})
CLICKED_MESSAGES: Final = frozenset({"email_clicked", "message_clicked"})
"""Clicks that bring the visitor to the shop: a visit may begin with one."""
OFF_SITE_EVENTS: Final = frozenset(
    {
        "email_sent",
        "email_delivered",
        "email_opened",
        "email_bounced",
        "email_unsubscribed",
        "message_sent",
        "message_delivered",
        "message_opened",
        "call_ended",
        "complaint_made",
        COMPLAINT_RESOLVED,
        "order_shipped",
        "order_out_for_delivery",
        "order_delivered",
        "order_returned",
        "birthday_given",
        "loyalty_updated",
        "campaign_cost",
    }
)
"""Events that happen while the visitor is not in the shop: they belong to no session."""

SENT_EVENTS: Final = frozenset({"email_sent", "message_sent"})
RECEIVED_EVENTS: Final = SENT_EVENTS | {"email_delivered", "message_delivered", "email_bounced"}
"""What the shop did to a visitor who did nothing: no sign of life."""
SERVER_EVENTS: Final = frozenset({"campaign_cost"})
"""Events taken from the shop's servers alone: what a browser says of costs would stand in the shop's books."""

SCORES: Final[dict[str, tuple[tuple[str, int, int], ...]]] = {
    "review_added": (("rating", 1, 5),),
    "survey_answered": (("nps", 0, 10), ("csat", 1, 5)),
}
"""Answers on a scale: param, least and most. An event needs one; each is a whole number, of a rating also a half."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_PARAM_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,63}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
EVENT_FIELDS: Final = frozenset(
    {"event", "visitor_id", "event_id", "user_id", "session_id", "timestamp", "params", "items", "context"}
)
_CATEGORY_KEYS: Final = ("item_category", "item_category2", "item_category3", "item_category4", "item_category5")


class EventItem(msgspec.Struct, omit_defaults=True, frozen=True, kw_only=True):
    """One item of an event, by GA4's field names; `category` is outermost level first."""

    item_id: str
    name: str = ""
    brand: str = ""
    category: tuple[str, ...] = ()
    variant: str = ""
    price: float | None = None
    discount: float = 0.0
    quantity: int = 1
    index: int | None = None
    promotion_id: str = ""
    creative_name: str = ""
    creative_slot: str = ""


class Event(msgspec.Struct, omit_defaults=True, frozen=True, kw_only=True):
    """One valid event. `at_s` is when it happened, `accepted_at_s` when we took it, both in epoch seconds.

    `device_id` is the id it was sent under, where it belongs to a visitor of another (`models.visitor.identity`).
    `told` is for what the engine itself did to the visitor: it stands on the timeline, and is no act of theirs.
    """

    site: str
    event: str
    visitor_id: str
    at_s: float
    accepted_at_s: float
    event_id: str = ""
    user_id: str = ""
    session_id: str = ""
    params: dict[str, Any] = {}
    items: tuple[EventItem, ...] = ()
    context: dict[str, Any] = {}
    device_id: str = ""
    told: bool = False

    @property
    def sender_id(self) -> str:
        """The id the event was sent under: the device's, which stays the same when its visitor becomes known."""
        return self.device_id or self.visitor_id


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Event)


def encode_event(event: Event) -> bytes:
    """Give the bytes the log holds."""
    return _encoder.encode(event)


def decode_event(value: bytes) -> Event:
    """Read what `encode_event` gave, checked again: the log may have other writers.

    Raises `InvalidError` for bytes that are no valid event of ours.
    """
    if len(value) > MAX_EVENT_BYTES * 2:
        raise InvalidError("event_too_large", f"record of {len(value)} bytes, at most {MAX_EVENT_BYTES * 2}")
    try:
        event = _decoder.decode(value)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidError("event_undecodable", f"record is no event: {error}") from error
    if not (event.site and event.event and event.visitor_id):
        raise InvalidError("event_undecodable", "record is no event: site, event and visitor_id must not be empty")
    if not (math.isfinite(event.at_s) and math.isfinite(event.accepted_at_s)):
        raise InvalidError("event_undecodable", f"record is no event: at_s {event.at_s!r}")
    return event


def parse_event(raw: object, site: str, accepted_at_s: float) -> Event:
    """Check one event as it came from outside.

    Parameters
    ----------
    raw
        What JSON decoding gave: `event` and `visitor_id`, and perhaps `event_id`, `user_id`, `session_id`,
        `timestamp`, `params`, `items`, `context`. Segment's event names are read as ours
        (`models.events.segment_spec`).
    site
        The site its key belongs to.
    accepted_at_s
        Now, in epoch seconds; also the event's time when it names none.

    Raises
    ------
    InvalidError
        With the field, the value and a code such as `visitor_id_invalid`.

    >>> parse_event({"event": "page_view", "visitor_id": "v1"}, site="demo", accepted_at_s=1_700_000_000.0).at_s
    1700000000.0
    """
    if not isinstance(raw, dict):
        raise InvalidError("event_invalid", f"an event is a JSON object, got {show_value(raw)}")
    raw = translated(raw)
    for key in raw:
        if key not in EVENT_FIELDS:
            raise InvalidError("field_unknown", f"field {show_value(key)} is not known; put your own data into params")
    name = raw.get("event")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidError(
            "event_name_invalid",
            f"event must be 1 to 40 of A-Z a-z 0-9 _, starting with a letter, got {show_value(name)}",
        )
    if name in NOTICES:
        raise InvalidError("event_name_reserved", f"event {name} is told by the engine itself, and taken from nobody")
    visitor_id = _identifier(raw, "visitor_id", required=True)
    params = _params(raw.get("params"), "params")
    event = Event(
        site=site,
        event=name,
        visitor_id=visitor_id,
        at_s=parse_time(raw.get("timestamp"), accepted_at_s),
        accepted_at_s=accepted_at_s,
        event_id=_identifier(raw, "event_id"),
        user_id=_identifier(raw, "user_id"),
        session_id=_identifier(raw, "session_id"),
        params=params,
        items=_items(raw.get("items"), "items"),
        context=_params(raw.get("context"), "context"),
    )
    _check_meaning(event)
    return event


def parse_visitor_id(value: object) -> str:
    """Check a visitor id; raises `InvalidError`."""
    return _identifier({"visitor_id": value}, "visitor_id", required=True)


def _identifier(raw: Mapping[str, object], field: str, *, required: bool = False) -> str:
    value = raw.get(field)
    if value is None and not required:
        return ""
    if required and (value is None or value == ""):
        raise InvalidError(f"{field}_missing", f"{field} is required, got {show_value(value)}")
    if not isinstance(value, str) or len(value) > MAX_VISITOR_ID or _CONTROL.search(value) or value != value.strip():
        raise InvalidError(
            f"{field}_invalid",
            f"{field} must be text of 1 to {MAX_VISITOR_ID} printable characters, got {show_value(value)}",
        )
    return value


def _params(raw: object, field: str) -> dict[str, Any]:
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise InvalidError(f"{field}_invalid", f"{field} must be a JSON object, got {show_value(raw)}")
    if len(raw) > MAX_PARAMS:
        raise InvalidError(f"{field}_invalid", f"{field} has {len(raw)} members, at most {MAX_PARAMS}")
    for name in raw:
        if not _PARAM_NAME.fullmatch(name):
            raise InvalidError(f"{field}_invalid", f"{field} has a member named {show_value(name)}")
    return raw


def _items(raw: object, field: str) -> tuple[EventItem, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list):
        raise InvalidError("items_invalid", f"{field} must be a JSON array, got {show_value(raw)}")
    if len(raw) > MAX_EVENT_ITEMS:
        raise InvalidError("items_invalid", f"{field} has {len(raw)} elements, at most {MAX_EVENT_ITEMS}")
    return tuple(_item(item, f"{field}[{index}]") for index, item in enumerate(raw))


def _item(raw: object, field: str) -> EventItem:
    if not isinstance(raw, dict):
        raise InvalidError("item_invalid", f"{field} must be a JSON object, got {show_value(raw)}")
    name = _text(raw, "item_name", field)
    item_id = raw.get("item_id")
    if isinstance(item_id, int) and not isinstance(item_id, bool):
        item_id = str(item_id)
    if item_id is None or item_id == "":
        item_id = name
    if not isinstance(item_id, str) or not item_id:
        raise InvalidError("item_id_missing", f"{field} needs item_id or item_name, got {show_value(raw)}")
    if len(item_id) > MAX_ITEM_TEXT or _CONTROL.search(item_id):
        raise InvalidError(
            "item_id_invalid",
            f"{field}.item_id must be 1 to {MAX_ITEM_TEXT} printable characters, got {show_value(item_id)}",
        )
    quantity = raw.get("quantity", 1)
    if isinstance(quantity, str) and quantity.isdecimal() and len(quantity) <= 20:  # int() refuses thousands of digits
        quantity = int(quantity)
    if isinstance(quantity, float) and quantity.is_integer():
        quantity = int(quantity)
    if not isinstance(quantity, int) or isinstance(quantity, bool) or not 1 <= quantity <= MAX_QUANTITY:
        raise InvalidError(
            "quantity_invalid",
            f"{field}.quantity must be a whole number from 1 to {MAX_QUANTITY}, got {show_value(quantity)}",
        )
    price = raw.get("price")
    index = raw.get("index")
    return EventItem(
        item_id=item_id,
        name=name,
        brand=_text(raw, "item_brand", field),
        category=tuple(level for key in _CATEGORY_KEYS if (level := _text(raw, key, field))),
        variant=_text(raw, "item_variant", field),
        price=None if price is None else parse_amount(price, f"{field}.price", "price_invalid"),
        discount=_discount(raw.get("discount")),
        quantity=quantity,
        index=index if isinstance(index, int) and not isinstance(index, bool) else None,
        promotion_id=_text(raw, "promotion_id", field),
        creative_name=_text(raw, "creative_name", field),
        creative_slot=_text(raw, "creative_slot", field),
    )


def _discount(value: object) -> float:
    """An amount, where it is one: what is none says nothing, and spoils no order."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e12:
        return float(value)
    return 0.0


def _text(raw: Mapping[str, object], key: str, field: str) -> str:
    value = raw.get(key)
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise InvalidError("item_invalid", f"{field}.{key} must be text of at most {MAX_TEXT}, got {show_value(value)}")
    return value


def parse_amount(value: object, field: str, code: str) -> float:
    """Read an amount of money: a number, or digits as text; 0 or more, finite. Raises `InvalidError`."""
    amount: float | None = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        amount = float(value) if abs(value) < 1e15 else None
    elif isinstance(value, str):
        try:
            amount = float(value)
        except ValueError:
            amount = None
    if amount is None or not math.isfinite(amount) or not 0 <= amount < 1e12:
        raise InvalidError(code, f"{field} must be a number of 0 or more, got {show_value(value)}")
    return amount


def order_id_of(event: Event) -> str:
    """Give the order an event speaks of, by GA4's name for it or by ours; empty when it names none."""
    value = event.params.get("transaction_id") or event.params.get("order_id") or ""
    return str(value)


def promotions_of(event: Event) -> list[tuple[str, str, str]]:
    """Give (campaign, creative, slot) of each promotion an event names, on its items or on the event itself."""
    named = [(item.promotion_id, item.creative_name, item.creative_slot) for item in event.items if item.creative_name]
    if named:
        return named
    creative = event.params.get("creative_name")
    if not isinstance(creative, str) or not creative:
        return []
    return [(str(event.params.get("promotion_id", "")), creative, str(event.params.get("creative_slot", "")))]


def _check_meaning(event: Event) -> None:
    """Refuse an event that lacks what its name promises."""
    name, params = event.event, event.params
    if name in ITEM_EVENTS and not event.items:
        raise InvalidError("items_missing", f"{name} needs at least one element in items")
    if name in ORDER_EVENTS:
        order = params.get("transaction_id", params.get("order_id"))
        if not isinstance(order, (str, int)) or isinstance(order, bool) or not str(order) or len(str(order)) > 128:
            needs = "transaction_id" if name in ("purchase", "refund") else "order_id"
            raise InvalidError(
                f"{needs}_missing", f"{name} needs params.{needs} (1 to 128 characters), got {show_value(order)}"
            )
    if name in SEARCH_EVENTS and not (isinstance(params.get("search_term"), str) and params["search_term"].strip()):
        raise InvalidError(
            "search_term_missing", f"{name} needs params.search_term, got {show_value(params.get('search_term'))}"
        )
    if name in PROMOTION_EVENTS and not promotions_of(event):
        raise InvalidError("creative_name_missing", f"{name} needs creative_name, on its items or in params")
    if name in SCORES:
        _check_scores(name, params)
    if name == "birthday_given" or params.get("birthday") is not None:
        _check_birthday(name, params.get("birthday"))
    if name == "campaign_cost":
        _check_cost(params)
    for field in ("dwell_ms", "engagement_time_msec"):
        if params.get(field) is not None:
            parse_amount(params[field], f"params.{field}", f"{field}_invalid")
    if "value" in params and params["value"] is not None:
        parse_amount(params["value"], "params.value", "value_invalid")
    currency = params.get("currency")
    if currency is not None and not (isinstance(currency, str) and _CURRENCY.fullmatch(currency)):
        raise InvalidError("currency_invalid", f"params.currency must be an ISO 4217 code, got {show_value(currency)}")


def _check_scores(name: str, params: Mapping[str, Any]) -> None:
    """Refuse an answer off its scale, and an event without any answer."""
    given = [(field, least, most) for field, least, most in SCORES[name] if params.get(field) is not None]
    if not given:
        field, least, most = SCORES[name][0]
        wanted = " or ".join(f"params.{field} ({low} to {high})" for field, low, high in SCORES[name])
        raise InvalidError(f"{field}_missing", f"{name} needs {wanted}, got {show_value(params.get(field))}")
    for field, least, most in given:
        score = score_of(params, field)
        halves = field == "rating" and score is not None and (2 * score).is_integer()
        if score is None or not least <= score <= most or not (score.is_integer() or halves):
            kind = "a number" if field == "rating" else "a whole number"
            raise InvalidError(
                f"{field}_invalid",
                f"params.{field} must be {kind} from {least} to {most}, got {show_value(params[field])}",
            )


def score_of(params: Mapping[str, Any], field: str) -> float | None:
    """Give a number of an event's params, from a number or from digits as text; None where it is none.

    >>> score_of({"nps": "9"}, "nps"), score_of({"nps": True}, "nps")
    (9.0, None)
    """
    value = params.get(field)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _check_birthday(name: str, value: object) -> None:
    """Refuse a birthday that is no ISO date."""
    if isinstance(value, str) and len(value) == 10:
        try:
            date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return
    code = "birthday_missing" if value is None else "birthday_invalid"
    raise InvalidError(code, f"{name}: params.birthday must be an ISO date such as 1990-04-23, got {show_value(value)}")


def _check_cost(params: Mapping[str, Any]) -> None:
    """Refuse a cost without amount, or of nothing."""
    if params.get("cost") is None:
        raise InvalidError("cost_missing", f"campaign_cost needs params.cost, got {show_value(params.get('cost'))}")
    parse_amount(params["cost"], "params.cost", "cost_invalid")
    if not any(isinstance(params.get(field), str) and params[field] for field in ("campaign", "source", "medium")):
        raise InvalidError("campaign_missing", "campaign_cost needs params.campaign, params.source or params.medium")
