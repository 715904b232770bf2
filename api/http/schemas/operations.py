"""Operations: the stream's state, reports, and events set aside."""

from typing import Any

from pydantic import Field

from api.http.schemas.documenting import Shape


class StreamStatus(Shape):
    """Where the stream stands."""

    site: str
    events: dict[str, int] = Field(examples=[{"applied": 1000, "duplicates": 2, "dead_letters": 0}])
    lag: dict[str, int] = Field(examples=[{"profile": 0, "learn": 0, "trigger": 0, "archive": 0}])
    models: dict[str, int]


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


class DeadLetters(Shape):
    """Events set aside."""

    dead_letters: list[dict[str, Any]]


class DeadLettersReplayed(Shape):
    """What became of them."""

    accepted: int
    rejected: list[dict[str, Any]]
