"""POST /v1/rules/preview: what draft rules would make of a visitor's list or placement, beside what it is now."""

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response

from api.http.checked_route import CheckedRoute
from api.http.list_parameters import parse_list
from api.http.query_parameters import RequestFields
from api.http.request_body import MAX_LISTING_BYTES, answer, read_object
from api.http.schemas.documenting import body, problems
from api.http.schemas.rules import MAX_DRAFT_RULES, RulesPreview, RulesPreviewRequest
from api.runtime.authentication import ReadSite
from api.runtime.begin_decision import begin_decision
from api.runtime.decision import Decision
from api.runtime.decision_views import list_view, slate_view
from api.runtime.site import Site, placement_named
from api.runtime.state import State, state_of
from api.runtime.store_access import SEGMENTS_AWAY, ask_store
from api.runtime.view_as import view_as
from models.base.errors import InvalidError, show_value
from models.catalog.parsing import MAX_SLOTS
from models.catalog.rule_parsing import parse_merchandising_rule
from models.events.intake.parsing import parse_visitor_id

router = APIRouter(tags=["rules"], route_class=CheckedRoute)


@router.post(
    "/v1/rules/preview",
    summary="Preview rules",
    responses={200: {"model": RulesPreview}, **problems(400, 401, 403, 404, 413, 422, 503)},
    openapi_extra=body(RulesPreviewRequest),
)
async def post_preview(request: Request, site: ReadSite) -> Response:
    """Make one visitor's list, or placement, twice: with the rules there are, and with the draft ones added or put in
    their place.

    Nothing is stored or logged, and nobody is exposed to an experiment. Without a visitor it is a new one's; `view_as`
    says what of the visitor is to be other than it is.
    """
    asked = await read_object(request, RulesPreviewRequest, MAX_LISTING_BYTES)
    drafts = asked.get("rules", [])
    if not isinstance(drafts, list) or len(drafts) > MAX_DRAFT_RULES:
        raise InvalidError(
            "rules_invalid", f"rules must be an array of at most {MAX_DRAFT_RULES}, got {show_value(drafts)}"
        )
    rules = [parse_merchandising_rule(draft) for draft in drafts]
    visitor_id = parse_visitor_id(asked["visitor_id"]) if asked.get("visitor_id") else ""
    state = state_of(request)
    decision = await begin_decision(state, site, visitor_id)
    if asked.get("view_as") is not None:
        decision = view_as(decision, asked["view_as"], await _segments(state, site))
    made = _placement(asked, site) if asked.get("placement") is not None else _list(asked)
    drafted = copy(site)
    drafted.assortment = copy(site.assortment)
    drafted.assortment.rules = {**site.assortment.rules, **{rule.rule_id: rule for rule in rules}}
    before, after = made(decision), made(replace(decision, site=drafted))
    return answer({"visitor_id": visitor_id or None, "before": before, "after": after})


def _list(asked: dict[str, Any]) -> Callable[[Decision], dict[str, Any]]:
    _, query = parse_list(asked.get("list", {}), "list")

    def made(decision: Decision) -> dict[str, Any]:
        changed = decision.asked(query)
        return list_view(changed, decision.listed(changed), decision.state.config)

    return made


def _placement(asked: dict[str, Any], site: Site) -> Callable[[Decision], dict[str, Any]]:
    if asked.get("list") is not None or not isinstance(asked["placement"], str):
        raise InvalidError(
            "placement_invalid",
            f"a preview is of a list or of a placement, by its id, got {show_value(asked['placement'])}",
        )
    known = placement_named(site, asked["placement"])
    count = RequestFields(asked).whole("count", None, 1, MAX_SLOTS) or known.slots
    return lambda decision: slate_view(decision.filled(known.placement_id, count))


async def _segments(state: State, site: Site) -> frozenset[str]:
    segment_config = await ask_store(SEGMENTS_AWAY, state.stores.segments.segment_config, site.name)
    return frozenset(segment.segment_id for segment in segment_config.segments)
