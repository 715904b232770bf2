"""Ranking a caller's list: what is asked, and what comes of it."""

from typing import Annotated, Any

from msgspec import Meta, Struct
from pydantic import Field

from api.http.schemas.decisions import Head
from api.http.schemas.documenting import CATEGORY, Shape, WireForm, write_as
from api.http.storage_consent import CONSENT_SCHEMA
from models.decisions.rank import MOST_ITEMS


class ScoredItem(Struct):
    """An item with the caller's score of it."""

    item_id: Annotated[str, Meta(examples=["sku-1"])]
    score: Annotated[float | None, Meta(description="On any scale; the distances count.")] = None


class RankRequest(Struct):
    """Items to put in one visitor's order."""

    items: Annotated[list[str | ScoredItem], Meta(min_length=1, max_length=MOST_ITEMS)]
    visitor_id: Annotated[str | None, Meta(examples=["v-1042"])] = None
    visitor_token: Annotated[str | None, Meta(description="Of a known visitor, or of a device they hold.")] = None
    weight: Annotated[float, Meta(ge=0, le=1, description="How much the caller's scores, or order, count.")] = 0.5
    consent: Any = None
    page_location: Annotated[str | None, Meta(description="The page's address, with its utm parameters.")] = None
    item_id: Annotated[str | None, Meta(description="The product the page shows.")] = None
    category: str | list[str] | None = None
    context: Annotated[dict[str, Any] | None, Meta(description="Page, campaign, device, as an event has them.")] = None


write_as(
    RankRequest,
    WireForm(fields={"consent": {"consent": CONSENT_SCHEMA}, "category": {"category": CATEGORY}}),
)


class PlacedItem(Shape):
    """An item in its place."""

    item_id: str = Field(examples=["sku-1"])
    position: int = Field(examples=[0])
    score: float = Field(description="0 to 1, of this answer alone.", examples=[0.83])
    tier: str = Field(examples=["personalized"])
    reason: str = Field(description="Of the first 24 in particular.", examples=["you looked at Coffee makers"])
    learner: str = Field(examples=["content"])
    because_item_id: str | None = Field(examples=["sku-7"])


class LeftOutItem(Shape):
    """An item that may not be shown."""

    item_id: str
    code: str = Field(description="unknown, not_sellable or excluded_by_rule.", examples=["not_sellable"])


class Ranked(Head):
    """The items in the visitor's order. `decision_id` is of this list: send it back with its impressions and clicks."""

    tier: str = Field(examples=["personalized"])
    items: list[PlacedItem]
    left_out: list[LeftOutItem]
