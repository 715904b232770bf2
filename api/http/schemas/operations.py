"""Operations: the stream's state, reports, and events set aside."""

from typing import Any

from pydantic import Field

from api.http.schemas.documenting import Shape


class EventsOnItems(Shape):
    """Applied events that name items, since the site began."""

    total: int = Field(examples=[900])
    unknown: int = Field(description="Those with at least one item the catalog did not know.", examples=[9])
    unknown_share: float = Field(description="From 0 to 1; 0 before the first event.", examples=[0.01])


class StreamStatus(Shape):
    """Where the stream stands."""

    site: str
    events: dict[str, int] = Field(
        description="By outcome: what the profile flow made of them, and what the intake rejected. Each event accepted "
        "is one of applied, duplicates, erased (of a visitor who was erased before it was learned) or dead letters.",
        examples=[{"applied": 1000, "duplicates": 2, "erased": 0, "dead_letters": 0, "rejected": 3}],
    )
    events_on_items: EventsOnItems
    lag: dict[str, int] = Field(examples=[{"profile": 0, "learn": 0, "trigger": 0, "archive": 0}])
    models: dict[str, int]
    catalog: dict[str, int] = Field(examples=[{"items": 120, "creatives": 6, "campaigns": 3}])


class ReportTable(Shape):
    """A table of figures."""

    name: str = Field(examples=["channels"])
    first_day: str | None = Field(alias="from", examples=["2026-01-01"])
    last_day: str | None = Field(alias="to", examples=["2026-01-31"])
    currency: str | None = Field(description="What money is in, where it is known.", examples=["EUR"])
    columns: list[str] = Field(examples=[["channel", "visits", "orders", "revenue"]])
    rows: list[dict[str, Any]] = Field(
        description="In order, by column; shares from 0 to 1.",
        examples=[[{"channel": "email", "visits": 120, "orders": 9, "revenue": 412.5}]],
    )


class MendedArchiveFile(Shape):
    """A file of the archive that was set aside."""

    file: str = Field(examples=["2026-01-31/p0-1-200.parquet.unreadable"])
    rows: int = Field(description="Rows the log still had that no other file holds: they are written anew.")
    whole: bool = Field(description="Whether all of it is back: then the file is removed.")
    lost: str = Field(description="What is not back, in words; empty where all is.")


class MendedArchive(Shape):
    """What became of the files that were set aside."""

    files: list[MendedArchiveFile]


class DeadLetters(Shape):
    """Events set aside."""

    dead_letters: list[dict[str, Any]]
    next_before: str | None = Field(description="`before` of the next page; null where this is the last.")


class DeadLettersReplayed(Shape):
    """What became of them."""

    accepted: int
    restored: int = Field(description="Profiles and trigger states put back.")
    rejected: list[dict[str, Any]]
    left: bool = Field(description="Whether there is more to try again.")
