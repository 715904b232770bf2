"""POST /v1/rank: a caller's list, a search result or a category page, in one visitor's order."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from api.http.hot_route import HotRoute
from api.http.page_parameters import page_context
from api.http.query_parameters import RequestFields
from api.http.request_body import answer, read_object
from api.http.schemas.documenting import body, problems
from api.http.schemas.rank import Ranked, RankRequest
from api.http.storage_consent import CONSENT_PARAMETER
from api.runtime.authentication import asking
from api.runtime.begin_decision import agent_of, begin_decision
from api.runtime.state import state_of
from api.runtime.visitor_access import Access, take_tokens, tokens_of_request, visitor_consent
from models.base.errors import InvalidError, show_value
from models.decisions.rank import MOST_ITEMS, RankQuery
from models.events.decision_ids import list_decision_id
from models.events.intake.parsing import parse_served_id

MAX_RANK_BYTES: Final = 256 * 1024
_LIST: Final = "rank"

router = APIRouter(tags=["decisions"], route_class=HotRoute)


@router.post(
    "/v1/rank",
    summary="Rank a caller's list",
    responses={200: {"model": Ranked}, **problems(400, 401, 413, 422)},
    openapi_extra={**body(RankRequest), "parameters": [CONSENT_PARAMETER]},
)
async def post_rank(request: Request) -> Response:
    """Put up to 1,000 items in the order in which a visitor wants them, by the engine, rules and reasons of "for you".

    `weight` says how much the caller's own scores count, or without scores the order the items come in: 1 leaves it as
    it is, 0 goes by the visitor alone. Nothing is added. What may not be shown stands in `left_out`, with why.
    """
    caller = asking(request)
    asked, tokens = take_tokens(await read_object(request, RankRequest, MAX_RANK_BYTES), tokens_of_request(request))
    visitor_id = parse_served_id(asked.get("visitor_id"))
    query = _query(asked)
    page, denied = page_context(asked), visitor_consent(request, caller, asked).unknowing
    access = Access(state_of(request), caller, tokens)
    decision = await begin_decision(
        state_of(request), caller.site, visitor_id, agent_of(request), access, page=page, denied=denied
    )
    found = decision.rank(query)
    decision.log()
    request.scope["tier"] = found.tier
    return answer(
        {
            **decision.head(),
            "decision_id": list_decision_id(decision.decision_id, _LIST),
            "tier": found.tier,
            "items": [
                {
                    "item_id": item.item_id,
                    "position": position,
                    "score": item.score,
                    "tier": item.tier,
                    "reason": item.why.words,
                    "learner": item.why.learner,
                    "because_item_id": item.why.because or None,
                }
                for position, item in enumerate(found.items)
            ],
            "left_out": [{"item_id": item_id, "code": code} for item_id, code in found.left_out],
        }
    )


def _query(asked: dict[str, Any]) -> RankQuery:
    given = asked.get("items")
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_ITEMS:
        size = f"{len(given)} of them" if isinstance(given, list) else show_value(given)
        raise InvalidError("items_invalid", f"items must be 1 to {MOST_ITEMS} item ids, got {size}")
    scores: dict[str, float | None] = {}
    for index, part in enumerate(given):
        item_id, score = _part(part, f"items[{index}]")
        scores.setdefault(item_id, score)
    scored = [score for score in scores.values() if score is not None]
    if scored and len(scored) < len(scores):
        unscored = next(item_id for item_id, score in scores.items() if score is None)
        raise InvalidError("items_invalid", f"all items have a score or none has, got none for {unscored!r}")
    weight = RequestFields(asked).number("weight", 0.5, 0.0, 1.0)
    return RankQuery(tuple(scores), tuple(scored), weight)


def _part(part: Any, where: str) -> tuple[str, float | None]:
    if isinstance(part, str) and part:
        return part, None
    if isinstance(part, dict) and isinstance(part.get("item_id"), str) and part["item_id"] and part.keys() <= _FIELDS:
        return part["item_id"], RequestFields(part, f"{where}.").number("score", None, -1e300, 1e300)
    raise InvalidError(
        "items_invalid", f'{where} must be an id or {{"item_id": "...", "score": 1.0}}, got {show_value(part)}'
    )


_FIELDS: Final = frozenset({"item_id", "score"})
