"""An archive filled with events as the API would take them."""

from collections.abc import Sequence
from typing import Any

from models.events.events import Event
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.parsing import Receipt, read_event
from models.reports.archive_row import row_of
from store.archive.reports import make_report
from store.archive.writer import ArchiveWriter

SITE = "shop"


def fill(archive: ArchiveWriter, events: Sequence[dict[str, Any]], first: int = 1, holdout_share: float = 0.0) -> None:
    """Write events as positions of one partition, from `first` on."""
    rows = [row_of(0, position, parsed(event), holdout_share) for position, event in enumerate(events, start=first)]
    archive.write(SITE, 0, rows)


def parsed(told: dict[str, Any]) -> Event:
    """Read an event as the API would; one with `is_claimed` as a browser tells it whose word is a claim."""
    rest = {name: value for name, value in told.items() if name != "is_claimed"}
    receipt = Receipt(SITE, 1_790_000_000.0, claims=bool(told.get("is_claimed")))
    return read_event(rest, receipt, EventWarnings())


def event(name: str, visitor: str, at: str, *items: tuple[str, float], **params: Any) -> dict[str, Any]:
    """Make an event at a time of 2026, such as `01-31 12:00`; items are (id, price)."""
    made: dict[str, Any] = {"event": name, "visitor_id": visitor, "timestamp": f"2026-{at}:00Z", "params": params}
    if items:
        made["items"] = [{"item_id": item_id, "price": price} for item_id, price in items]
    return made


def landing(visitor: str, at: str, query: str) -> dict[str, Any]:
    """A page view by an address with a query."""
    return event("page_view", visitor, at, page_location=f"https://shop.example/?{query}")


def table(archive: ArchiveWriter, name: str, key: str, **days: Any) -> dict[Any, dict[str, Any]]:
    """Give a report's rows by one column."""
    return {row[key]: row for row in make_report(archive, SITE, name, **days).records()}
