"""Decisions: what a page or a mailing asks for, and the lists and slots it is given."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from pydantic import Field

from api.http.schemas.documenting import CATEGORY, Shape, WireForm, write_as
from api.http.storage_consent import CONSENT_SCHEMA
from models.catalog.parsing import MAX_SLOTS
from models.catalog.strategies import STRATEGIES
from models.decisions.recommend import MAX_LIMIT

MAX_PARTS: Final = 20
MAX_LIST_VISITORS: Final = 500
MAX_IDS: Final = 1_000

_VISITOR: Final = ["v-1042"]


class PlacementAsked(msgspec.Struct):
    """A placement to fill."""

    placement: Annotated[str, Meta(examples=["home_hero"])]
    count: Annotated[int, Meta(ge=1, le=MAX_SLOTS, description="The placement's own by default.")] | None = None


class ListAsked(msgspec.Struct):
    """A list to make."""

    name: Annotated[str | None, Meta(description="Its key in the answer; the strategy by default.")] = None
    strategy: str = "for_you"
    item_id: Annotated[str | None, Meta(description="The product the list stands beside.")] = None
    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT)] | None = 10
    category: str | list[str] | None = None
    exclude: Annotated[list[str], Meta(max_length=MAX_IDS)] | None = None
    refill: Annotated[bool, Meta(description="Whether later tiers fill the list up.")] = True
    threshold: float = 0.0


write_as(
    ListAsked,
    WireForm(
        fields={
            "category": {"category": CATEGORY},
            "threshold": {
                "threshold": {
                    "type": ["number", "string"],
                    "minimum": 0,
                    "default": 0.0,
                    "description": "For `threshold_nudge`: the cart value to reach.",
                }
            },
        },
        notes={"strategy": {"enum": list(STRATEGIES)}},
    ),
)


class DecisionsRequest(msgspec.Struct):
    """A page's placements and lists."""

    visitor_id: Annotated[str | None, Meta(examples=_VISITOR)] = None
    visitor_token: Annotated[str | None, Meta(description="Of a known visitor, or of a device they hold.")] = None
    placements: Annotated[list[PlacementAsked | str], Meta(max_length=MAX_PARTS)] = []
    lists: Annotated[list[ListAsked], Meta(max_length=MAX_PARTS)] = []
    exclude: Annotated[list[str], Meta(max_length=MAX_IDS)] | None = None
    consent: Any = None
    page_location: Annotated[str | None, Meta(description="The page's address, with its utm parameters.")] = None
    item_id: Annotated[str | None, Meta(description="The product the page shows.")] = None
    category: str | list[str] | None = None
    context: Annotated[dict[str, Any] | None, Meta(description="Page, campaign, device, as an event has them.")] = None


write_as(
    DecisionsRequest,
    WireForm(
        description="A page's placements and lists. Where nothing is known of the visitor, what the page says of "
        "itself counts: `page_location`, `item_id`, `category`, `context`.",
        fields={"consent": {"consent": CONSENT_SCHEMA}, "category": {"category": CATEGORY}},
    ),
)


class BatchRequest(msgspec.Struct):
    """One list for many visitors: those named, or a segment's."""

    visitor_ids: Annotated[list[str], Meta(min_length=1, max_length=MAX_LIST_VISITORS)] | None = None
    segment: Annotated[str | None, Meta(description="Instead of visitor_ids.", examples=["kitchen-lovers"])] = None
    limit: Annotated[int, Meta(ge=1, le=MAX_LIST_VISITORS, description="Of a segment: visitors a page.")] | None = None
    cursor: Annotated[str | None, Meta(description="Of a segment: next_cursor of the page before; good for a day.")] = (
        None
    )
    list: ListAsked = msgspec.field(default_factory=ListAsked)
    consent: Any = None


write_as(BatchRequest, WireForm(fields={"consent": {"consent": CONSENT_SCHEMA}}))


class StateView(Shape):
    """How fresh the visitor's state was."""

    events_seen: int = Field(examples=[12])
    as_of: str | None = Field(description="Time of the visitor's newest event.", examples=["2026-01-31T12:00:00.000Z"])
    age_ms: float | None = Field(description="Since the newest event was accepted.", examples=[84.2])
    freshness_ms: float | None = Field(
        description="From accepting the newest event to this decision, where it is the first to use it.", examples=[6.1]
    )


class Say(Shape):
    """What one learner adds to an item's score, beside what it adds to the average candidate; a log of chances."""

    learner: str = Field(examples=["session_neighbours"])
    says: float = Field(examples=[0.8])


class RecommendedItem(Shape):
    """One product of a list."""

    item_id: str = Field(examples=["sku-1"])
    position: int = Field(examples=[0])
    score: float = Field(examples=[0.83])
    tier: str = Field(examples=["personalized"])
    reason: str = Field(examples=["you looked at Coffee makers"])
    learner: str = Field(description="Which learner speaks for it most.", examples=["content"])
    because_item_id: str | None = Field(description="The item that most leads to it.", examples=["sku-7"])
    says: list[Say] | None = Field(
        default=None, description="With `explain`: every learner's say, most first; empty where none ranked it."
    )
    title: str = Field(examples=["Pour-over kettle"])
    price: float | None = Field(examples=[39.9])
    sale_price: float | None = Field(examples=[34.9])
    currency: str = Field(examples=["EUR"])
    image_link: str
    link: str
    availability: str = Field(examples=["in_stock"])
    brand: str = Field(examples=["Brisa"])
    category: str = Field(examples=["Home > Kitchen"])


class ProductList(Shape):
    """A list and where it came from."""

    decision_id: str = Field(
        "", description="Of this list alone: send it back in params.decision_id of its impressions and clicks."
    )
    strategy: str = Field(examples=["for_you"])
    tier: str = Field(description="personalized, session, segment, popular or static.", examples=["personalized"])
    reason: str
    items: list[RecommendedItem]
    companion_of: str | None = Field(None, description="Of a bundle: the item it is around.", examples=["sku-1"])
    joint_price: float | None = Field(
        None, description="Of a bundle: that item and all listed together; null where a price is not known."
    )
    bundle_price: float | None = Field(None, description="Of a bundle: with the shop's discount, its margin kept.")
    saving: float | None = Field(None, description="Of a bundle: what it costs less than its items apart.")
    currency: str | None = Field(None, description="Of a bundle or a nudge: of its amounts.", examples=["EUR"])
    threshold: float | None = Field(None, description="Of a nudge: the cart value asked for.")
    cart_value: float | None = Field(None, description="Of a nudge: what the cart is worth now.")
    missing: float | None = Field(None, description="Of a nudge: what is missing; 0 where the threshold is reached.")


class Head(Shape):
    """What every decision begins with."""

    decision_id: str = Field(description="Send it back in params.decision_id of the events that follow.")
    visitor_id: str | None
    visitor_token_missing: bool = Field(
        description="Whether this is answered as for nobody: the id is somebody's, and its visitor_token is missing."
    )
    personalized: bool = Field(description="Whether what is kept of the visitor could count.")
    not_personalized_because: str | None = Field(
        description="`consent_denied`, `gpc` or `dnt` (the browser's signals), `consent_unreadable`, "
        "`visitor_missing`, `visitor_new`, `visitor_token_missing`, `holdout` or `state_unavailable`; else null.",
        examples=["visitor_new"],
    )
    holdout: bool
    campaign_id: str | None = Field(description="Of the running campaign that led to this visit.", examples=["spring"])
    echo: bool = Field(description="Whether that campaign is echoed; a tenth of the visitors get no echo.")
    experiments: list[dict[str, str]] = Field(
        description="Experiments that this decision is part of, and the visitor's variants.",
        examples=[[{"experiment_id": "hero-test", "variant_id": "random"}]],
    )
    state: StateView


class Recommendations(Head, ProductList):
    """One list."""


class FilledSlot(Shape):
    """One filled position."""

    creative_id: str
    campaign_id: str
    image_link: str
    link: str
    headline: str
    text: str
    position: int
    selection_probability: float = Field(examples=[0.62])
    reason: str = Field(examples=["you looked at Kitchen lately"])


class FilledPlacement(Shape):
    """A placement's slots."""

    tier: str
    reason: str
    slots: list[FilledSlot]


class Slots(Head, FilledPlacement):
    """One placement."""

    placement: str = Field(examples=["home_hero"])


class Decisions(Head):
    """A whole page."""

    placements: dict[str, FilledPlacement]
    lists: dict[str, ProductList]


class LeftOut(Shape):
    """A visitor without a list."""

    visitor_id: str
    why: str = Field(
        description="unsubscribed, complaint_open, or unknown: erased since the mailing began.",
        examples=["unsubscribed"],
    )


class BatchLists(Shape):
    """Their lists, in the order asked; a segment's by visitor id."""

    lists: list[Recommendations]
    left_out: list[LeftOut]
    segment: str | None = None
    total: int | None = Field(None, description="Of a segment: visitors when the mailing began.")
    next_cursor: str | None = Field(None, description="Of a segment: null on the last page.")
