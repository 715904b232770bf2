"""POST /v1/decisions: all placements and lists of one page at once, with nothing on it twice."""

from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from api.http.hot_route import HotRoute
from api.http.list_parameters import parse_ids, parse_list
from api.http.page_parameters import page_context
from api.http.query_parameters import RequestFields
from api.http.request_body import answer, read_object
from api.http.schemas.decisions import MAX_PARTS, Decisions, DecisionsRequest, PlacementAsked
from api.http.schemas.documenting import body, fields_of, problems
from api.http.storage_consent import CONSENT_PARAMETER
from api.runtime.authentication import asking
from api.runtime.begin_decision import agent_of, begin_decision
from api.runtime.decision_views import list_view, slate_view
from api.runtime.site import placement_named
from api.runtime.state import state_of
from api.runtime.visitor_access import Access, take_tokens, tokens_of_request, visitor_consent
from models.base.errors import InvalidError, show_value
from models.base.fields import Fields, reject_unknown_fields
from models.catalog.parsing import MAX_SLOTS
from models.events.intake.parsing import parse_served_id

MAX_PAGE_BYTES: Final = 64 * 1024

router = APIRouter(tags=["decisions"], route_class=HotRoute)


@router.post(
    "/v1/decisions",
    summary="Decide a whole page",
    responses={200: {"model": Decisions}, **problems(400, 401, 404, 413, 422)},
    openapi_extra={**body(DecisionsRequest), "parameters": [CONSENT_PARAMETER]},
)
async def post_decisions(request: Request) -> Response:
    """Fill several placements and lists of one page in one call.

    No creative and no product stands on the page twice, nor in another variant; lists are served in the order asked.
    """
    caller = asking(request)
    site = caller.site
    asked, tokens = take_tokens(
        await read_object(request, DecisionsRequest, MAX_PAGE_BYTES), tokens_of_request(request)
    )
    visitor_id = parse_served_id(asked.get("visitor_id"))
    fields = Fields(asked)
    placements = [_placement(part, index) for index, part in enumerate(fields.array("placements", MAX_PARTS))]
    queries = [parse_list(part, f"lists[{index}]") for index, part in enumerate(fields.array("lists", MAX_PARTS))]
    names = [name for name, _ in queries]
    if len(set(names)) < len(names):
        raise InvalidError("lists_invalid", f"each list needs a name of its own, got {show_value(names)}")
    shown_items = set(parse_ids(asked.get("exclude"), "exclude"))
    page, denied = page_context(asked), visitor_consent(request, caller, asked).unknowing
    access = Access(state_of(request), caller, tokens)
    decision = await begin_decision(
        state_of(request), site, visitor_id, agent_of(request), access, page=page, denied=denied
    )
    shown_creatives: set[str] = set()
    filled: dict[str, Any] = {}
    tier = ""
    for placement_id, count in placements:
        known = placement_named(site, placement_id)
        slate = decision.fill(placement_id, count or known.slots, frozenset(shown_creatives))
        shown_creatives.update(slot.creative.creative_id for slot in slate.slots)
        filled[placement_id] = slate_view(slate)
        tier = tier or slate.tier
    lists: dict[str, Any] = {}
    for name, query in queries:
        query = decision.asked(replace(query, exclude=query.exclude | shown_items))
        found = decision.recommend(query)
        shown_items.update(chosen.item.item_id for chosen in found.items)
        lists[name] = list_view(query, found, decision.state.config, decision.decision_id)
        tier = tier or found.tier
    decision.log()
    request.scope["tier"] = tier
    return answer({**decision.head(), "placements": filled, "lists": lists})


def _placement(part: Any, index: int) -> tuple[str, int | None]:
    part = {"placement": part} if isinstance(part, str) else part
    where = f"placements[{index}]"
    if not isinstance(part, dict) or not isinstance(part.get("placement"), str):
        raise InvalidError("placements_invalid", f'{where} must be {{"placement": "..."}}, got {show_value(part)}')
    reject_unknown_fields(part, fields_of(PlacementAsked), where)
    return part["placement"], RequestFields(part, f"{where}.").whole("count", None, 1, MAX_SLOTS)
