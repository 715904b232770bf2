"""Visitors: a profile explained, and its timeline."""

from typing import Any

from pydantic import Field

from api.http.schemas.decisions import ProductList
from api.http.schemas.documenting import Shape


class Visitor(Shape):
    """A profile explained."""

    visitor_id: str
    user_id: str | None
    devices: list[str]
    holdout: bool
    events_seen: int
    bot: bool = Field(description="All of its events came from programs that say so: it stands in no stage or segment.")
    sessions: int
    session: dict[str, Any]
    counts: dict[str, int]
    recent_items: list[dict[str, Any]]
    cart: list[dict[str, Any]]
    bought: list[dict[str, Any]]
    habits: list[dict[str, Any]]
    interests: dict[str, Any] = Field(
        examples=[
            {"15m": {"categories": [{"category": "Home > Kitchen", "weight": 0.7}], "brands": [], "price_bands": []}}
        ]
    )
    for_you: ProductList | None
    storage: dict[str, Any]


class VisitSource(Shape):
    """Where a visit came from; null where nothing told."""

    channel: str = Field(description="direct, organic_search, paid_search, email, social ...", examples=["paid_search"])
    source: str | None = Field(examples=["google"])
    medium: str | None = Field(examples=["cpc"])
    campaign: str | None = Field(examples=["spring"])
    ad: str | None = Field(examples=["kettle-blue"])
    keyword: str | None = Field(examples=["pour over kettle"])
    search_engine: str | None = Field(examples=["google"])
    referrer: str | None = Field(examples=["https://www.google.com/"])
    region: str | None = Field(examples=["Bavaria, DE"])
    device: str | None = Field(examples=["mobile"])


class TimelineVisit(Shape):
    """The visit an entry belongs to."""

    session_id: str | None
    started_at: str
    ended_at: str
    entries: int
    source: VisitSource


class Touchpoint(Shape):
    """One touchpoint."""

    id: str = Field(description="Its place; good for `before`.", examples=["1767268800000000-42"])
    at: str = Field(examples=["2026-01-01T12:00:00.000Z"])
    event: str = Field(examples=["view_item"])
    kind: str = Field(description="page_view, product_view, cart, order, mail, chat ...", examples=["product_view"])
    title: str = Field(examples=["Looked at Pour-over kettle"])
    dwell_ms: float | None = Field(description="How long it was looked at.", examples=[41_000])
    details: dict[str, Any] = Field(examples=[{"items": [{"item_id": "sku-1", "title": "Pour-over kettle"}]}])
    visit: TimelineVisit | None = Field(description="Null for what happened off site.")
    followed_by: dict[str, Any] | None = Field(
        None, description="Of a clicked mail or message: what was looked at next, and for how long."
    )


class Timeline(Shape):
    """A visitor's touchpoints, newest first."""

    visitor_id: str
    entries: list[Touchpoint]
    next_before: str | None = Field(description="`before` of the next page; null on the last.")


class ErasureReceipt(Shape):
    """What became of an erasure; it names nobody."""

    erasure_id: str = Field(examples=["0a1b2c3d4e5f60718293a4b5"])
    asked_at: str = Field(examples=["2026-01-01T12:00:00.000Z"])
    finished_at: str | None = Field(description="When all was first seen to be erased; null while some is on its way.")
    visitor_ids: int = Field(description="The visitor's own and those of devices.", examples=[3])
    removed: dict[str, int] = Field(
        description="What was counted as it went.", examples=[{"devices": 2, "dead letters": 0, "archive rows": 41}]
    )
    erased: dict[str, bool] = Field(
        description="Each place searched, and whether all of the visitor is out of it.",
        examples=[{"profiles": True, "archive rows": False}],
    )
    raw_events: str
