"""Rules: what a marketer wants of lists and slots, and drafts to try."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from api.http.schemas.catalog import MAX_RESOURCES
from api.http.schemas.decisions import FilledPlacement, ListAsked, ProductList
from api.http.schemas.documenting import CATEGORY, LINE, LISTED_IDS, PRICE, TEXT, Shape, WireForm, moments, write_as
from models.catalog.feed_fields import MAX_LISTED_IDS
from models.catalog.parsing import MAX_SLOTS
from models.catalog.resources import AVAILABILITY, MAX_ID_LENGTH, Audience, MerchandisingRule
from models.catalog.rule_parsing import DEVICES, MAX_AUDIENCE, MAX_LEVEL, MAX_RULE_POSITION, MAX_RULE_WEIGHT

MAX_DRAFT_RULES: Final = 100
MAX_VIEWED_ITEMS: Final = 24

_SEGMENTS: Final = {"maxItems": MAX_AUDIENCE, "examples": [["kitchen-lovers"]]}

write_as(Audience, WireForm(notes=dict.fromkeys(("any", "all", "none"), _SEGMENTS)))
write_as(
    MerchandisingRule,
    WireForm(
        fields={
            "category": {"category": CATEGORY},
            "price_from": {"price_from": {**PRICE, "description": "The least its items cost now."}},
            "price_to": {"price_to": {**PRICE, "description": "The most its items cost now."}},
            "regions": {
                "regions": {**LISTED_IDS, "description": "`DE` holds for `DE-BE` too.", "examples": [["DE"]]},
                "region": {
                    "anyOf": [TEXT, {"type": "array", "items": TEXT, "maxItems": MAX_LISTED_IDS}],
                    "description": "`regions`, as segments have it; it goes before.",
                },
            },
            "weight": {
                "weight": {
                    "type": "number",
                    "minimum": 0,
                    "maximum": MAX_RULE_WEIGHT,
                    "description": "boost: times the score, 2 by default; diversify: 0 to 1, 0.3 by default.",
                }
            },
            "starts_at_s": moments("starts_at", "It holds from then on.", "2026-03-01T00:00:00Z"),
            "ends_at_s": moments("ends_at", "It does not hold from then on.", "2026-06-01T00:00:00Z"),
        },
        notes={
            "rule_id": {"maxLength": MAX_ID_LENGTH, "examples": ["pin-summer"]},
            "name": LINE,
            "strategies": {**LISTED_IDS, "description": "Lists it holds for; all of them by default."},
            "item_ids": LISTED_IDS,
            "brand": LINE,
            "label": {**LINE, "description": "A custom label."},
            "availability": {**LISTED_IDS, "items": {"enum": list(AVAILABILITY)}, "description": "Stock."},
            "creative_ids": {**LISTED_IDS, "description": "With these or campaign_ids the rule is about slots."},
            "campaign_ids": LISTED_IDS,
            "placements": {**LISTED_IDS, "description": "Placements it holds for; all of them by default."},
            "devices": {**LISTED_IDS, "items": {"enum": list(DEVICES)}, "examples": [["mobile"]]},
            "position": {
                "minimum": 0,
                "maximum": MAX_RULE_POSITION,
                "description": "pin: the first place, from 0.",
            },
            "most": {"minimum": 1, "maximum": MAX_RULE_POSITION, "description": "cap: so many of them in a list."},
            "per_category": {
                "minimum": 0,
                "maximum": MAX_LEVEL,
                "description": "cap: of each category at this level, 1 the outermost.",
            },
        },
        ids=("rule_id",),
    ),
)


class Rules(msgspec.Struct):
    """Up to 1,000 rules."""

    rules: Annotated[list[MerchandisingRule], Meta(max_length=MAX_RESOURCES)]


write_as(Rules, WireForm(open=True))


class ViewAs(msgspec.Struct):
    """What is to be other than it is of the visitor, or of a new one where none is named."""

    segments: Annotated[list[str] | None, Meta(examples=[["kitchen-lovers"]])] = None
    region: Annotated[str, Meta(examples=["DE-BE"])] = ""
    device: Annotated[str, Meta(extra_json_schema={"enum": list(DEVICES)})] = ""
    at: Annotated[str | float | None, Meta(description="When; now by default.", examples=["2026-12-24T18:00:00Z"])] = (
        None
    )
    campaign: Annotated[str, Meta(description="The campaign the visit came by.", examples=["spring"])] = ""
    items: (
        Annotated[list[str], Meta(max_length=MAX_VIEWED_ITEMS, description="Products looked at, the latest last.")]
        | None
    ) = None


class RulesPreviewRequest(msgspec.Struct):
    """Draft rules, and the list or placement they are tried on."""

    visitor_id: Annotated[
        str | None, Meta(description="Whose list; a new visitor's by default.", examples=["v-1042"])
    ] = None
    view_as: ViewAs | None = None
    rules: Annotated[list[MerchandisingRule], Meta(max_length=MAX_DRAFT_RULES)] = []
    placement: Annotated[str | None, Meta(description="Instead of a list.", examples=["home_hero"])] = None
    count: Annotated[int, Meta(ge=1, le=MAX_SLOTS)] | None = None
    list: ListAsked | None = None


class RulesPreview(Shape):
    """The list as it is and as it would be."""

    visitor_id: str | None
    before: ProductList | FilledPlacement
    after: ProductList | FilledPlacement
