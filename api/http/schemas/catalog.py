"""Catalog: products, creatives, campaigns and placements as a shop writes them."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from pydantic import Field

from api.http.schemas.documenting import (
    CATEGORY,
    LINE,
    LISTED_IDS,
    PRICE,
    TEXT,
    Shape,
    WireForm,
    moment,
    moments,
    seconds,
    told,
    write_as,
)
from api.http.schemas.events import Rejected
from models.catalog.feed_fields import MAX_DESCRIPTION, MAX_LINK
from models.catalog.parsing import MAX_CAMPAIGN_PRIORITY, MAX_SLOTS
from models.catalog.resources import AVAILABILITY, MAX_ID_LENGTH, Campaign, CatalogItem, Creative, Placement

MAX_RESOURCES: Final = 1_000

_ID: Final = {"maxLength": MAX_ID_LENGTH}
_LINK: Final = {"maxLength": MAX_LINK, "examples": ["https://shop.example/p/sku-1"]}
_LABEL: Final[dict[str, Any]] = {**TEXT, **LINE}

write_as(
    CatalogItem,
    WireForm(
        name="Item",
        description="A product, by Google Merchant's attribute names; attributes of other names are passed over.",
        fields={
            "item_id": {
                "item_id": {**TEXT, **_ID, "examples": ["sku-1"]},
                "id": {**TEXT, **_ID, "description": "`item_id`, as feeds name it.", "examples": ["sku-1"]},
            },
            "price": {"price": PRICE},
            "sale_price": {"sale_price": {**PRICE, "description": "At most the price, and more than 0."}},
            "sale_starts_at_s": {
                "sale_price_effective_date": {
                    **TEXT,
                    "description": "When the sale price holds: its first and its last moment, ISO 8601, with a slash.",
                    "examples": ["2026-03-01T00:00+01:00/2026-03-08T23:59+01:00"],
                },
                **moments("sale_starts_at", "The sale price holds from then on.", "2026-03-01T00:00:00Z"),
            },
            "sale_ends_at_s": moments("sale_ends_at", "And no longer from then on.", "2026-03-09T00:00:00Z"),
            "cost_of_goods_sold": {"cost_of_goods_sold": PRICE},
            "category": {
                "category": CATEGORY,
                "product_type": {
                    **CATEGORY,
                    "description": "Where there is no `category`; of several paths the first.",
                },
                "google_product_category": {
                    "anyOf": [*CATEGORY["anyOf"], {"type": "integer"}],
                    "description": "Where there is neither of them, as text; a number is passed over.",
                },
            },
            "custom_labels": {
                "custom_labels": {"type": "array", "items": _LABEL, "description": "The first five count."},
                **{f"custom_label_{number}": _LABEL for number in range(5)},
            },
            "available_from_s": {
                **moments("available_from", "On sale from then on.", "2026-03-01T00:00:00Z"),
                "availability_date": moment("`available_from`, as feeds name it.", "2026-03-01T00:00:00Z"),
            },
            "expires_at_s": {
                "expiration_date": moment("Not offered from then on.", "2026-12-31T00:00:00Z"),
                "expires_at_s": seconds("expiration_date"),
            },
            "added_at_s": {"added_at_s": told("When it first came into the catalog, epoch seconds.")},
        },
        notes={
            "title": {**LINE, "examples": ["Pour-over kettle"]},
            "description": {"maxLength": MAX_DESCRIPTION},
            "link": _LINK,
            "image_link": _LINK,
            "availability": {
                "description": f"One of {', '.join(AVAILABILITY)}, or what other systems and languages say for it.",
                "examples": ["in_stock", "in stock", "https://schema.org/InStock"],
            },
            "adult": {"description": "Only for adults: in no list, unless the setting `recommend_adult` is on."},
            "currency": {"description": "ISO 4217 code, or a sign.", "examples": ["EUR"]},
            "brand": {**LINE, "examples": ["Brisa"]},
        },
        ids=("item_id", "id"),
        open=True,
    ),
)
write_as(
    Creative,
    WireForm(
        fields={"category": {"category": CATEGORY}},
        notes={
            "creative_id": {**_ID, "examples": ["kitchen-1"]},
            "campaign_id": {**_ID, "examples": ["spring"]},
            "headline": {**LINE, "examples": ["Slow mornings"]},
            "text": {"maxLength": MAX_DESCRIPTION},
            "image_link": _LINK,
            "link": _LINK,
            "brand": LINE,
            "item_ids": LISTED_IDS,
            "placements": {**LISTED_IDS, "description": "Where it may stand; everywhere when empty."},
        },
        ids=("creative_id",),
    ),
)
write_as(
    Campaign,
    WireForm(
        fields={
            "starts_at_s": moments("starts_at", "Its first moment.", "2026-03-01T00:00:00Z"),
            "ends_at_s": moments("ends_at", "The first moment behind it.", "2026-06-01T00:00:00Z"),
        },
        notes={
            "campaign_id": {**_ID, "examples": ["spring"]},
            "name": LINE,
            "aliases": {**LISTED_IDS, "examples": [["spring-2026", "google/cpc"]]},
            "priority": {"minimum": 0, "maximum": MAX_CAMPAIGN_PRIORITY},
        },
        ids=("campaign_id",),
    ),
)
write_as(
    Placement,
    WireForm(
        notes={
            "placement_id": {**_ID, "examples": ["home_hero"]},
            "name": LINE,
            "slots": {"minimum": 1, "maximum": MAX_SLOTS},
        },
        ids=("placement_id",),
    ),
)


class Items(msgspec.Struct):
    """Up to 1,000 products."""

    items: Annotated[list[CatalogItem], Meta(max_length=MAX_RESOURCES)]


class Creatives(msgspec.Struct):
    """Up to 1,000 creatives."""

    creatives: Annotated[list[Creative], Meta(max_length=MAX_RESOURCES)]


class Campaigns(msgspec.Struct):
    """Up to 1,000 campaigns."""

    campaigns: Annotated[list[Campaign], Meta(max_length=MAX_RESOURCES)]


class Placements(msgspec.Struct):
    """Up to 1,000 placements."""

    placements: Annotated[list[Placement], Meta(max_length=MAX_RESOURCES)]


for body_type in (Items, Creatives, Campaigns, Placements):
    write_as(body_type, WireForm(open=True))


class ItemWarning(Shape):
    """What was done with a product's field that could not be taken as it stands."""

    index: int = Field(examples=[3])
    field: str = Field(examples=["sale_price"])
    code: str = Field(examples=["sale_price_invalid"])
    message: str = Field(examples=["sale_price 43.62 is above price 37.95: left out"])


class ItemsAccepted(Shape):
    """What became of the products sent."""

    accepted: int = Field(description="Different products taken; of several with one id the last.", examples=[2])
    rejected: list[Rejected]
    warnings: list[ItemWarning]
    removed: int = Field(0, description="With `whole`: products taken off, for they were not among those sent.")


class DeletedItems(msgspec.Struct):
    """Up to 1,000 ids of products."""

    item_ids: Annotated[list[str], Meta(max_length=MAX_RESOURCES, examples=[["sku-1", "sku-2"]])]


class ItemsRemoved(Shape):
    """What became of the products to be removed."""

    deleted: int = Field(examples=[2])
    unknown: list[str] = Field(description="Ids of which there was no product.", examples=[["sku-9"]])


class ResourcesAccepted(Shape):
    """What became of the things sent."""

    accepted: int
    rejected: list[Rejected]
