"""POST /v1/recommendations/batch: one list for each of many visitors, for mails and messages."""

import asyncio
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Request, Response

from api.http.checked_route import CheckedRoute
from api.http.list_parameters import parse_ids, parse_list
from api.http.problems import unavailable, unknown
from api.http.query_parameters import RequestFields
from api.http.request_body import MAX_LISTING_BYTES, answer, read_object
from api.http.schemas.decisions import MAX_LIST_VISITORS, BatchLists, BatchRequest
from api.http.schemas.documenting import body, problems
from api.http.storage_consent import Denial, StorageConsent
from api.runtime.authentication import ReadSite
from api.runtime.begin_decision import begin_decision
from api.runtime.decision_views import list_view
from api.runtime.site import Site
from api.runtime.state import State, state_of
from api.runtime.store_access import store_errors_translated
from models.base.errors import InvalidError, show_value
from models.base.ids import parse_segment_id
from models.decisions.recommend import Query
from models.events.intake.consent import consent_told
from models.events.intake.parsing import parse_visitor_id
from store.messages.mailings import members_of

_AT_ONCE: Final = 25
"""Visitors read at a time: pages must not wait behind a mailing."""

router = APIRouter(tags=["decisions"], route_class=CheckedRoute)


class _Page(NamedTuple):
    """Visitors to make lists for; of a segment, how many it has in all, and the cursor of the next page."""

    visitor_ids: list[str]
    total: int
    next_cursor: str | None


@router.post(
    "/v1/recommendations/batch",
    summary="Recommend to many visitors",
    responses={200: {"model": BatchLists}, **problems(400, 401, 403, 404, 413, 422, 503)},
    openapi_extra=body(BatchRequest),
)
async def post_batch(request: Request, site: ReadSite) -> Response:
    """Rank products for up to 500 visitors, each as of now: those named, in that order, or a segment's, page by page.

    A segment's pages are of those who were in it at the first call: each visitor stands on one of them, once. Who has
    unsubscribed from mails, has a complaint open, or was erased meanwhile, gets no list. Each list is a decision of its
    own: send its `decision_id` back with the events that the mail leads to. Where `consent` denies storage, the lists
    know nothing of their visitors, and are logged without them.
    """
    asked = await read_object(request, BatchRequest, MAX_LISTING_BYTES)
    _, query = parse_list(asked.get("list", {}), "list")
    state = state_of(request)
    denied = StorageConsent(consent_told(asked)).unknowing
    if asked.get("segment") is None:
        page = _named(asked)
    else:
        with store_errors_translated("the store does not answer; ask for the page again"):
            page = await _of_segment(state, site, asked)
    lists: list[dict[str, Any]] = []
    left_out: list[dict[str, str]] = []
    for start in range(0, len(page.visitor_ids), _AT_ONCE):
        some = page.visitor_ids[start : start + _AT_ONCE]
        made = await asyncio.gather(
            *(_list(state, site, query, visitor_id, asked.get("segment"), denied) for visitor_id in some)
        )
        lists += [made_list for made_list in made if "items" in made_list]
        left_out += [made_list for made_list in made if "items" not in made_list]
    found: dict[str, Any] = {"lists": lists, "left_out": left_out}
    if asked.get("segment") is not None:
        found |= {"segment": asked["segment"], "total": page.total, "next_cursor": page.next_cursor}
    return answer(found)


async def _list(
    state: State, site: Site, query: Query, visitor_id: str, segment: Any, denied: Denial
) -> dict[str, Any]:
    """One visitor's list, or why there is none."""
    decision = await begin_decision(state, site, visitor_id)
    if decision.subject.degraded:
        raise unavailable(
            "store_unavailable", "visitor state unavailable: whether visitors want mails cannot be read; try again"
        )
    contact = decision.visitor.profile.contact_history
    if contact is not None and contact.opted_out:
        return {"visitor_id": visitor_id, "why": "unsubscribed"}
    if contact is not None and contact.suspended(site.policy.low_rating):
        return {"visitor_id": visitor_id, "why": "complaint_open"}
    if segment is not None and not decision.visitor.profile.events_seen:
        return {"visitor_id": visitor_id, "why": "unknown"}
    if denied:  # that a visitor wants no mails was read all the same: it is what they asked for
        decision = await begin_decision(state, site, "", denied=denied)
    query = decision.asked(query)
    found = decision.recommend(query)
    decision.log()
    return {**decision.head(), "visitor_id": visitor_id, **list_view(query, found, state.config, decision.decision_id)}


def _named(asked: dict[str, Any]) -> _Page:
    for field in ("limit", "cursor"):
        if asked.get(field) is not None:
            raise InvalidError("segment_missing", f"{field} pages a segment, but the body names none")
    visitor_ids = [
        parse_visitor_id(visitor_id)
        for visitor_id in parse_ids(asked.get("visitor_ids"), "visitor_ids", MAX_LIST_VISITORS)
    ]
    if not visitor_ids:
        raise InvalidError(
            "ids_invalid", f"visitor_ids must name 1 to {MAX_LIST_VISITORS} visitors, or segment a segment, got none"
        )
    return _Page(visitor_ids, len(visitor_ids), None)


async def _of_segment(state: State, site: Site, asked: dict[str, Any]) -> _Page:
    """One page of a segment; without a cursor the first, for which its visitors are gathered and kept."""
    if asked.get("visitor_ids") is not None:
        raise InvalidError("ids_invalid", "give visitor_ids or segment, one of them")
    segment_id = parse_segment_id(asked["segment"])
    limit = RequestFields(asked).whole("limit", None, 1, MAX_LIST_VISITORS) or MAX_LIST_VISITORS
    if asked.get("cursor") is None:
        await _check_known(state, site, segment_id)
        members = await asyncio.to_thread(
            members_of, state.stores.memberships, site.name, state.logs.events.partitions, segment_id
        )
        if len(members) <= limit:
            return _Page(members, len(members), None)
        name = await asyncio.to_thread(state.stores.mailings.begin, site.name, segment_id, members)
        return _Page(members[:limit], len(members), f"{name}:{limit}")
    name, start = _parse_cursor(asked["cursor"])
    visitor_ids, total = await asyncio.to_thread(state.stores.mailings.page, site.name, segment_id, name, start, limit)
    if not total:
        raise InvalidError(
            "cursor_unknown",
            f"cursor {show_value(asked['cursor'])} is of no page of the segment {segment_id!r}, or of one begun too "
            "long ago; begin again without a cursor",
        )
    end = start + len(visitor_ids)
    return _Page(visitor_ids, total, f"{name}:{end}" if end < total else None)


async def _check_known(state: State, site: Site, segment_id: str) -> None:
    segment_config = await asyncio.to_thread(state.stores.segments.segment_config, site.name)
    if segment_id not in {segment.segment_id for segment in segment_config.segments}:
        raise unknown(site.name, "segment", segment_id)


def _parse_cursor(value: Any) -> tuple[str, int]:
    name, _, start = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not (len(name) == 16 and set(name) <= set("0123456789abcdef") and start.isascii() and start.isdecimal()):
        raise InvalidError("cursor_invalid", f"cursor must be the next_cursor of a page, got {show_value(value)}")
    return name, int(start[:12])
