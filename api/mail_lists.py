"""POST /v1/recommendations/batch: one list for each of many visitors, for mails and messages."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from api import decide, schemas
from api.asked import only, parse_ids, parse_list
from api.bodies import answer, read_json
from api.keys import secret_site
from api.problems import ProblemError
from api.site import Site
from api.state import state_of
from models.errors import InvalidError, shown
from models.events import parse_visitor_id

MAX_VISITORS: Final = 500
MAX_BODY_BYTES: Final = 256 * 1024
_AT_ONCE: Final = 25
"""Visitors read at a time: pages must not wait behind a mailing."""
_FIELDS: Final = frozenset({"visitor_ids", "list"})

router = APIRouter(tags=["decisions"])


@router.post(
    "/v1/recommendations/batch",
    summary="Recommend to many visitors",
    responses={200: {"model": schemas.Batch}, **schemas.problems(400, 401, 403, 413, 422)},
    openapi_extra=schemas.body(schemas.BatchRequest),
)
async def post_batch(request: Request, site: Annotated[Site, Depends(secret_site)]) -> Response:
    """Rank products for up to 500 visitors, each as of now, in the order asked.

    Each visitor's list is a decision of its own: send its `decision_id` back with the events that the mail leads to.
    """
    body = await read_json(request, MAX_BODY_BYTES)
    if not isinstance(body, dict):
        raise ProblemError(422, "body_invalid", f"the body must be a JSON object, got {shown(body)}")
    only(body, _FIELDS, "the body")
    visitor_ids = [parse_visitor_id(one) for one in parse_ids(body.get("visitor_ids"), "visitor_ids", MAX_VISITORS)]
    if not visitor_ids:
        raise InvalidError("ids_invalid", f"visitor_ids must name 1 to {MAX_VISITORS} visitors, got none")
    _, query = parse_list(body.get("list", {}), "list")
    state = state_of(request)

    async def one(visitor_id: str) -> dict[str, Any]:
        deciding = await decide.begin(state, site, visitor_id)
        asked = deciding.asked(query)
        found = deciding.recommend(asked)
        deciding.log()
        return {**deciding.head(), **decide.list_view(asked, found, state.config)}

    lists: list[dict[str, Any]] = []
    for start in range(0, len(visitor_ids), _AT_ONCE):
        lists += await asyncio.gather(*(one(visitor_id) for visitor_id in visitor_ids[start : start + _AT_ONCE]))
    return answer({"lists": lists})
