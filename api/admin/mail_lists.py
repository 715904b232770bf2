"""POST /v1/recommendations/batch: one list for each of many visitors, for mails and messages."""

import asyncio
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Depends, Request, Response

from api.http import schemas
from api.http.list_parameters import parse_ids, parse_list, parse_whole, reject_unknown_fields
from api.http.problems import ProblemError, unavailable
from api.http.request_body import answer, read_json
from api.runtime import decide
from api.runtime.authentication import secret_site
from api.runtime.decision_views import list_view
from api.runtime.site import Site
from api.runtime.state import State, state_of
from models.base.errors import InvalidError, show_value
from models.base.ids import parse_segment_id
from models.decisions.recommend import Query
from models.events.parsing import parse_visitor_id
from store.client import UNAVAILABLE
from store.messages.mailings import members_of

MAX_LIST_VISITORS: Final = 500
MAX_BODY_BYTES: Final = 256 * 1024
_AT_ONCE: Final = 25
"""Visitors read at a time: pages must not wait behind a mailing."""
_FIELDS: Final = frozenset({"visitor_ids", "segment", "limit", "cursor", "list"})

router = APIRouter(tags=["decisions"])


class _Page(NamedTuple):
    """Visitors to make lists for; of a segment, how many it has in all, and the cursor of the next page."""

    visitor_ids: list[str]
    total: int
    next_cursor: str | None


@router.post(
    "/v1/recommendations/batch",
    summary="Recommend to many visitors",
    responses={200: {"model": schemas.Batch}, **schemas.problems(400, 401, 403, 404, 413, 422, 503)},
    openapi_extra=schemas.body(schemas.BatchRequest),
)
async def post_batch(request: Request, site: Annotated[Site, Depends(secret_site)]) -> Response:
    """Rank products for up to 500 visitors, each as of now: those named, in that order, or a segment's, page by page.

    A segment's pages are of those who were in it at the first call: each visitor stands on one of them, once. Who has
    unsubscribed from mails, or was erased meanwhile, gets no list. Each list is a decision of its own: send its
    `decision_id` back with the events that the mail leads to.
    """
    body = await read_json(request, MAX_BODY_BYTES)
    if not isinstance(body, dict):
        raise ProblemError(422, "body_invalid", f"the body must be a JSON object, got {show_value(body)}")
    reject_unknown_fields(body, _FIELDS, "the body")
    _, query = parse_list(body.get("list", {}), "list")
    state = state_of(request)
    if body.get("segment") is None:
        page = _named(body)
    else:
        try:
            page = await _of_segment(state, site, body)
        except UNAVAILABLE as error:
            raise unavailable("store_unavailable", "the store does not answer; ask for the page again") from error
    lists: list[dict[str, Any]] = []
    left_out: list[dict[str, str]] = []
    for start in range(0, len(page.visitor_ids), _AT_ONCE):
        some = page.visitor_ids[start : start + _AT_ONCE]
        made = await asyncio.gather(
            *(_list(state, site, query, visitor_id, body.get("segment")) for visitor_id in some)
        )
        lists += [made_list for made_list in made if "items" in made_list]
        left_out += [made_list for made_list in made if "items" not in made_list]
    found: dict[str, Any] = {"lists": lists, "left_out": left_out}
    if body.get("segment") is not None:
        found |= {"segment": body["segment"], "total": page.total, "next_cursor": page.next_cursor}
    return answer(found)


async def _list(state: State, site: Site, query: Query, visitor_id: str, segment: Any) -> dict[str, Any]:
    """One visitor's list, or why there is none."""
    decision = await decide.begin(state, site, visitor_id)
    if decision.subject.degraded:
        raise unavailable("store_unavailable", "whether visitors want mails cannot be read; try again")
    contact = decision.visitor.profile.contact
    if contact is not None and contact.opted_out:
        return {"visitor_id": visitor_id, "why": "unsubscribed"}
    if segment is not None and not decision.visitor.profile.events_seen:
        return {"visitor_id": visitor_id, "why": "unknown"}
    asked = decision.asked(query)
    found = decision.recommend(asked)
    decision.log()
    return {**decision.head(), **list_view(asked, found, state.config)}


def _named(body: dict[str, Any]) -> _Page:
    for field in ("limit", "cursor"):
        if body.get(field) is not None:
            raise InvalidError("segment_missing", f"{field} pages a segment, but the body names none")
    visitor_ids = [
        parse_visitor_id(visitor_id)
        for visitor_id in parse_ids(body.get("visitor_ids"), "visitor_ids", MAX_LIST_VISITORS)
    ]
    if not visitor_ids:
        raise InvalidError(
            "ids_invalid", f"visitor_ids must name 1 to {MAX_LIST_VISITORS} visitors, or segment a segment, got none"
        )
    return _Page(visitor_ids, len(visitor_ids), None)


async def _of_segment(state: State, site: Site, body: dict[str, Any]) -> _Page:
    """One page of a segment; without a cursor the first, for which its visitors are gathered and kept."""
    if body.get("visitor_ids") is not None:
        raise InvalidError("ids_invalid", "give visitor_ids or segment, one of them")
    segment_id = parse_segment_id(body["segment"])
    limit = parse_whole(body.get("limit"), "limit", MAX_LIST_VISITORS) or MAX_LIST_VISITORS
    if body.get("cursor") is None:
        await _check_known(state, site, segment_id)
        members = await asyncio.to_thread(members_of, state.memberships, site.name, state.log.partitions, segment_id)
        if len(members) <= limit:
            return _Page(members, len(members), None)
        name = await asyncio.to_thread(state.mailings.begin, site.name, segment_id, members)
        return _Page(members[:limit], len(members), f"{name}:{limit}")
    name, start = _parse_cursor(body["cursor"])
    visitor_ids, total = await asyncio.to_thread(state.mailings.page, site.name, segment_id, name, start, limit)
    if not total:
        raise InvalidError(
            "cursor_unknown",
            f"cursor {show_value(body['cursor'])} is of no page of the segment {segment_id!r}, or of one begun too "
            "long ago; begin again without a cursor",
        )
    end = start + len(visitor_ids)
    return _Page(visitor_ids, total, f"{name}:{end}" if end < total else None)


async def _check_known(state: State, site: Site, segment_id: str) -> None:
    segment_config = await asyncio.to_thread(state.segments.segment_config, site.name)
    if segment_id not in {segment.segment_id for segment in segment_config.segments}:
        raise ProblemError(404, "segment_unknown", f"site {site.name!r} has no segment {show_value(segment_id)}")


def _parse_cursor(value: Any) -> tuple[str, int]:
    name, _, start = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not (len(name) == 16 and set(name) <= set("0123456789abcdef") and start.isascii() and start.isdecimal()):
        raise InvalidError("cursor_invalid", f"cursor must be the next_cursor of a page, got {show_value(value)}")
    return name, int(start[:12])
