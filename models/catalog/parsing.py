"""Parsing: products, creatives, campaigns and placements as shops write them, checked and made ours."""

import math
from collections.abc import Callable
from typing import Final

from models.base.errors import InvalidError, show_value
from models.base.fields import parse_object
from models.catalog.feed.columns import FieldNaming
from models.catalog.feed.items import read_item
from models.catalog.feed.prices import PriceEvidence
from models.catalog.feed_fields import MAX_DESCRIPTION, MAX_LISTED_IDS, FeedFields, parse_category
from models.catalog.resources import Campaign, CatalogItem, CatalogResource, Creative, Placement, ResourceKind
from models.catalog.rule_parsing import parse_merchandising_rule

MAX_SLOTS: Final = 24
MAX_CAMPAIGN_PRIORITY: Final = 100


def parse_item(raw: object) -> CatalogItem:
    """Read one catalog item as `models.catalog.feed.items` does, without what it remarks; raises `InvalidError`.

    >>> parse_item({"id": "a1", "price": "15.00 EUR", "product_type": "Home > Kitchen"}).category
    ('Home', 'Kitchen')
    """
    named = FieldNaming().under_our_names(raw) if isinstance(raw, dict) else raw
    return read_item(named, PriceEvidence.from_rows([named])).item


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
