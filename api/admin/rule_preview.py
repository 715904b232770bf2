"""POST /v1/rules/preview: what draft rules would make of a visitor's list or placement, beside what it is now."""

import asyncio
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from api.http import schemas
from api.http.list_parameters import parse_list, parse_whole, reject_unknown_fields
from api.http.problems import ProblemError, unavailable
from api.http.request_body import answer, read_json
from api.runtime import decide
from api.runtime.authentication import secret_site
from api.runtime.decision import Decision
from api.runtime.decision_views import list_view, slate_view
from api.runtime.site import Site, placement_named
from api.runtime.state import State, state_of
from api.runtime.view_as import view_as
from models.base.errors import InvalidError, show_value
from models.catalog.parsing import MAX_SLOTS, parse_merchandising_rule
from models.events.parsing import parse_visitor_id
from store.client import UNAVAILABLE

MAX_RULES: Final = 100
MAX_BODY_BYTES: Final = 256 * 1024
_FIELDS: Final = frozenset({"visitor_id", "view_as", "list", "placement", "count", "rules"})

router = APIRouter(tags=["rules"])


@router.post(
    "/v1/rules/preview",
    summary="Preview rules",
    responses={200: {"model": schemas.RulesPreview}, **schemas.problems(400, 401, 403, 404, 413, 422, 503)},
    openapi_extra=schemas.body(schemas.RulesPreviewRequest),
)
async def post_preview(request: Request, site: Annotated[Site, Depends(secret_site)]) -> Response:
    """Make one visitor's list, or placement, twice: with the rules there are, and with the draft ones added or put in
    their place.

    Nothing is stored or logged, and nobody is exposed to an experiment. Without a visitor it is a new one's; `view_as`
    says what of the visitor is to be other than it is.
    """
    body = await read_json(request, MAX_BODY_BYTES)
    if not isinstance(body, dict):
        raise ProblemError(422, "body_invalid", f"the body must be a JSON object, got {show_value(body)}")
    reject_unknown_fields(body, _FIELDS, "the body")
    drafts = body.get("rules", [])
    if not isinstance(drafts, list) or len(drafts) > MAX_RULES:
        raise InvalidError("rules_invalid", f"rules must be an array of at most {MAX_RULES}, got {show_value(drafts)}")
    rules = [parse_merchandising_rule(draft) for draft in drafts]
    visitor_id = parse_visitor_id(body["visitor_id"]) if body.get("visitor_id") else ""
    state = state_of(request)
    decision = await decide.begin(state, site, visitor_id)
    if body.get("view_as") is not None:
        decision = view_as(decision, body["view_as"], await _segments(state, site))
    made = _placement(body, site) if body.get("placement") is not None else _list(body)
    drafted = copy(site)
    drafted.assortment = copy(site.assortment)
    drafted.assortment.rules = {**site.assortment.rules, **{rule.rule_id: rule for rule in rules}}
    before, after = made(decision), made(replace(decision, site=drafted))
    return answer({"visitor_id": visitor_id or None, "before": before, "after": after})


def _list(body: dict[str, Any]) -> Callable[[Decision], dict[str, Any]]:
    _, query = parse_list(body.get("list", {}), "list")

    def made(decision: Decision) -> dict[str, Any]:
        asked = decision.asked(query)
        return list_view(asked, decision.listed(asked), decision.state.config)

    return made


def _placement(body: dict[str, Any], site: Site) -> Callable[[Decision], dict[str, Any]]:
    if body.get("list") is not None or not isinstance(body["placement"], str):
        raise InvalidError(
            "placement_invalid",
            f"a preview is of a list or of a placement, by its id, got {show_value(body['placement'])}",
        )
    known = placement_named(site, body["placement"])
    count = parse_whole(body.get("count"), "count", MAX_SLOTS) or known.slots
    return lambda decision: slate_view(decision.filled(known.placement_id, count))


async def _segments(state: State, site: Site) -> frozenset[str]:
    try:
        segment_config = await asyncio.to_thread(state.segments.segment_config, site.name)
    except UNAVAILABLE as error:
        raise unavailable("store_unavailable", "the segment store does not answer; try again") from error
    return frozenset(segment.segment_id for segment in segment_config.segments)
