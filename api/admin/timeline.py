"""/v1/visitors/{id}/timeline: one visitor's touchpoints of every channel, newest first."""

import re
from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from api.admin.visitors import VisitorId
from api.http.checked_route import CheckedRoute
from api.http.problems import ProblemError
from api.http.query_parameters import parse_moment
from api.http.request_body import answer
from api.http.schemas.documenting import problems
from api.http.schemas.visitors import Timeline
from api.runtime.authentication import SecretSite
from api.runtime.state import state_of
from api.runtime.store_access import PROFILES_AWAY, store_errors_translated
from models.base.errors import show_value
from models.base.timestamps import LATEST_MOMENT_S, iso
from models.events.intake.parsing import parse_visitor_id
from models.visitor.timeline import MAX_ENTRIES, DescribedEntry, TimelineEntry, describe_entries, entry_title, kind_of

router = APIRouter(tags=["visitors"], route_class=CheckedRoute)
_ID: Final = re.compile(r"(\d{1,18})-(\d{1,18})")


@router.get(
    "/v1/visitors/{visitor_id:path}/timeline",
    summary="A visitor's timeline",
    responses={200: {"model": Timeline}, **problems(401, 403, 404, 422, 503)},
)
async def get_timeline(
    request: Request,
    visitor_id: VisitorId,
    site: SecretSite,
    limit: Annotated[int, Query(ge=1, le=MAX_ENTRIES, description="Entries to give.")] = 50,
    before: Annotated[
        str | None,
        Query(description="An entry's `id` (`next_before` of the page before), or a time: only entries before it."),
    ] = None,
) -> Response:
    """Give a visitor's touchpoints, newest first: page views, products, carts, orders, mails, chats, surveys.

    Each has its time, its kind, a title in words, details, and the visit it belongs to with its source. What happened
    off site (a mail was sent, an order was shipped) belongs to no visit. The newest 1,000 are kept.
    """
    state = state_of(request)
    visitor_id = parse_visitor_id(visitor_id)
    cursor = None if before is None else _cursor(before)
    with store_errors_translated(PROFILES_AWAY):
        _, entries = await state.stores.visitors.read_timeline(site.name, visitor_id)
    if not entries:
        raise ProblemError(404, "visitor_unknown", f"site {site.name!r} knows no visitor {show_value(visitor_id)}")
    shown = [entry for entry in describe_entries(entries) if cursor is None or entry.cursor < cursor]
    page = shown[:limit]
    items = site.assortment.items

    def name_of(item_id: str) -> str:
        known = items.get(item_id)
        return known.title if known else ""

    return answer(
        {
            "visitor_id": visitor_id,
            "entries": [entry_view(entry, name_of) for entry in page],
            "next_before": _id(page[-1].cursor) if len(shown) > limit else None,
        }
    )


def _cursor(before: str) -> tuple[int, int]:
    """Read an entry's id, or a time (epoch seconds or ISO 8601); raises `InvalidError`."""
    found = _ID.fullmatch(before)
    if found:
        return int(found[1]), int(found[2])
    return round(parse_moment(before, "before", LATEST_MOMENT_S, or_else="an entry's id, ") * 1e6), 0


def _id(cursor: tuple[int, int]) -> str:
    return f"{cursor[0]}-{cursor[1]}"


def entry_view(told: DescribedEntry, name_of: Callable[[str], str]) -> dict[str, Any]:
    """Give a touchpoint as the API shows it; `name_of` knows the titles of items."""
    entry = told.entry
    made: dict[str, Any] = {
        "id": _id(told.cursor),
        "at": iso(entry.at_s),
        "event": entry.event,
        "kind": told.kind,
        "title": entry_title(entry, name_of),
        "dwell_ms": told.dwell_ms,
        "details": _details(entry, name_of),
        "visit": None,
    }
    if told.followed is not None:
        looked_at = [
            {
                "at": iso(event.at_s),
                "kind": kind_of(event.event),
                "title": entry_title(event, name_of),
                "item_ids": [item.item_id for item in event.items],
                "dwell_ms": dwell_ms,
            }
            for event, dwell_ms in told.followed["looked_at"]
        ]
        made["followed_by"] = {**told.followed, "looked_at": looked_at}
    if told.visit is not None:
        visit = told.visit
        made["visit"] = {
            "session_id": visit["session_id"] or None,
            "started_at": iso(visit["started_at_s"]),
            "ended_at": iso(visit["ended_at_s"]),
            "entries": visit["events"],
            "source": visit["source"],
        }
    return made


def _details(entry: TimelineEntry, name_of: Callable[[str], str]) -> dict[str, Any]:
    """What the event carried: its plain params, and its items by name."""
    made = dict(entry.params)
    if entry.items:
        made["items"] = [
            {
                "item_id": item.item_id,
                "title": name_of(item.item_id) or item.name or None,
                "price": item.price,
                "quantity": item.quantity,
            }
            for item in entry.items
        ]
    return made
