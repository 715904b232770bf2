"""Messages: what was sent, what came of it, and what could not be delivered."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from pydantic import Field

from api.http.schemas.documenting import Shape


class UndeliveredReplay(msgspec.Struct):
    """Which message to try again; all of them by default."""

    message_id: Annotated[str | None, Meta(examples=["3-5e0c3b1c1f2a4d5e6f708192"])] = None


class JournalEntry(Shape):
    """One message: to whom, when, why, and what came of it."""

    message_id: str = Field(examples=["3-5e0c3b1c1f2a4d5e6f708192"])
    status: str = Field(description="sent, suppressed (refused) or expired (held back for too long).")
    visitor_id: str
    trigger_id: str
    at: str
    why: str = Field(examples=["2 items in the cart, unchanged for 2h"])
    reason: str | None = Field(None, description="What held it back.")
    delivery: dict[str, Any]
    outcome: dict[str, Any] = Field(description="delivered, opened, clicked, dismissed, and orders that followed.")


class Journal(Shape):
    """Entries, newest first."""

    entries: list[JournalEntry]


class UndeliveredNow(Shape):
    """Messages set aside after the last try."""

    undelivered: list[dict[str, Any]]


class UndeliveredReplayed(Shape):
    """How many are tried again."""

    replayed: int


class OnSiteMessages(Shape):
    """What a visitor is to be shown."""

    visitor_id: str
    messages: list[dict[str, Any]]
    not_personalized_because: str | None = Field(
        None, description="Why there are none, where nothing may be read of the visitor.", examples=["consent_denied"]
    )
