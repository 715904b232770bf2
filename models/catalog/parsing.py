"""Parsing: products, creatives, campaigns and placements as shops write them, checked and made ours.

Items take Google Merchant's attribute names (`id` or `item_id`, `price` as "15.00 EUR" or a number with `currency`,
`product_type` as "Home > Kitchen"); unknown attributes are passed over, since feeds carry many we do not use.
"""

import math
from collections.abc import Callable
from typing import Final

from models.base.errors import InvalidError, show_value
from models.base.fields import parse_object
from models.base.texts import CURRENCY_CODE
from models.catalog.feed_fields import MAX_DESCRIPTION, MAX_LISTED_IDS, FeedFields, parse_category
from models.catalog.resources import Campaign, CatalogItem, CatalogResource, Creative, Placement, ResourceKind
from models.catalog.rule_parsing import parse_merchandising_rule

MAX_SLOTS: Final = 24
MAX_CAMPAIGN_PRIORITY: Final = 100
MAX_CUSTOM_LABELS: Final = 5


def parse_item(raw: object) -> CatalogItem:
    """Read one catalog item; raises `InvalidError` naming the attribute and the value.

    >>> parse_item({"id": "a1", "price": "15.00 EUR", "product_type": "Home > Kitchen"}).category
    ('Home', 'Kitchen')
    """
    fields = FeedFields(parse_object(raw, "an item"))
    item_id = fields.identifier("item_id", "id")
    price, currency = fields.price("price")
    sale_price, sale_currency = fields.price("sale_price")
    cost, _ = fields.price("cost_of_goods_sold")
    given = fields.line("currency")
    if given and not CURRENCY_CODE.fullmatch(given):
        raise InvalidError(
            "currency_invalid", f"item {item_id!r}: currency must be an ISO 4217 code, got {show_value(given)}"
        )
    if sale_price is not None and price is not None and sale_price > price:
        raise InvalidError(
            "sale_price_invalid", f"item {item_id!r}: sale_price {sale_price:g} is above price {price:g}"
        )
    return CatalogItem(
        item_id=item_id,
        title=fields.line("title"),
        description=fields.line("description", MAX_DESCRIPTION),
        link=fields.link("link"),
        image_link=fields.link("image_link"),
        availability=fields.availability(f"item {item_id!r}"),
        price=price,
        sale_price=sale_price,
        currency=given or currency or sale_currency,
        category=_item_category(fields),
        brand=fields.line("brand"),
        item_group_id=fields.line("item_group_id"),
        color=fields.line("color"),
        size=fields.line("size"),
        gender=fields.line("gender"),
        age_group=fields.line("age_group"),
        material=fields.line("material"),
        pattern=fields.line("pattern"),
        condition=fields.line("condition"),
        gtin=fields.line("gtin"),
        mpn=fields.line("mpn"),
        cost_of_goods_sold=cost,
        custom_labels=_custom_labels(fields),
        is_bundle=fields.flag("is_bundle", False),
        hidden=fields.flag("hidden", False),
        available_from_s=fields.moment(("available_from", "availability_date", "available_from_s"), 0.0),
        expires_at_s=fields.moment(("expiration_date", "expires_at_s"), math.inf),
    )


def parse_creative(raw: object) -> Creative:
    """Read one creative; raises `InvalidError`."""
    fields = FeedFields(parse_object(raw, "a creative", Creative.__struct_fields__))
    return Creative(
        creative_id=fields.identifier("creative_id"),
        campaign_id=fields.identifier("campaign_id"),
        headline=fields.line("headline"),
        text=fields.line("text", MAX_DESCRIPTION),
        image_link=fields.link("image_link"),
        link=fields.link("link"),
        category=parse_category(fields.source.get("category")),
        brand=fields.line("brand"),
        item_ids=fields.ids("item_ids", MAX_LISTED_IDS),
        placements=fields.ids("placements", MAX_LISTED_IDS),
        enabled=fields.flag("enabled", True),
    )


def parse_campaign(raw: object) -> Campaign:
    """Read one campaign; raises `InvalidError`."""
    fields = FeedFields(parse_object(raw, "a campaign", (*Campaign.__struct_fields__, "starts_at", "ends_at")))
    campaign = Campaign(
        campaign_id=fields.identifier("campaign_id"),
        name=fields.line("name"),
        aliases=fields.ids("aliases", MAX_LISTED_IDS),
        promotional=fields.flag("promotional", True),
        priority=fields.whole("priority", 50, 0, MAX_CAMPAIGN_PRIORITY),
        starts_at_s=fields.moment(("starts_at", "starts_at_s"), 0.0),
        ends_at_s=fields.moment(("ends_at", "ends_at_s"), math.inf),
        enabled=fields.flag("enabled", True),
    )
    if campaign.ends_at_s <= campaign.starts_at_s:
        ends_at = show_value(fields.source.get("ends_at"))
        raise InvalidError(
            "ends_at_invalid", f"campaign {campaign.campaign_id!r}: ends_at {ends_at} is not after starts_at"
        )
    return campaign


def parse_placement(raw: object) -> Placement:
    """Read one placement; raises `InvalidError`."""
    fields = FeedFields(parse_object(raw, "a placement", Placement.__struct_fields__))
    return Placement(
        placement_id=fields.identifier("placement_id"),
        name=fields.line("name"),
        slots=fields.whole("slots", 4, 1, MAX_SLOTS),
        enabled=fields.flag("enabled", True),
    )


PARSERS: Final[dict[ResourceKind, Callable[[object], CatalogResource]]] = {
    "items": parse_item,
    "creatives": parse_creative,
    "campaigns": parse_campaign,
    "placements": parse_placement,
    "rules": parse_merchandising_rule,
}


def _item_category(fields: FeedFields) -> tuple[str, ...]:
    for name in ("category", "product_type", "google_product_category"):
        value = fields.source.get(name)
        if not value:
            continue
        if name == "google_product_category" and isinstance(value, (int, float)):
            continue  # a number of Google's own taxonomy says nothing without its table
        if name == "product_type" and isinstance(value, list) and ">" in str(value[0]):
            value = value[0]  # several whole paths: the first is the main one
        return parse_category(value, name)
    return ()


def _custom_labels(fields: FeedFields) -> tuple[str, ...]:
    given = fields.source.get("custom_labels")
    if isinstance(given, (list, tuple)):
        return tuple(FeedFields({"custom_labels": label}).line("custom_labels") for label in given[:MAX_CUSTOM_LABELS])
    named = (fields.line(f"custom_label_{number}") for number in range(MAX_CUSTOM_LABELS))
    return tuple(label for label in named if label)
