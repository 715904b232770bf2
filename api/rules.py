"""POST /v1/rules/preview: what draft rules would make of a visitor's list, beside what it is now."""

import time
from copy import copy
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from api import decide, schemas
from api.asked import only, parse_list
from api.bodies import answer, read_json
from api.keys import secret_site
from api.problems import ProblemError
from api.site import Site
from api.state import state_of
from models.errors import InvalidError, shown
from models.events import parse_visitor_id
from models.feed import parse_rule
from models.recommend import recommend
from models.shelf import Shelf

MAX_RULES: Final = 100
MAX_BODY_BYTES: Final = 256 * 1024
_FIELDS: Final = frozenset({"visitor_id", "list", "rules"})

router = APIRouter(tags=["rules"])


@router.post(
    "/v1/rules/preview",
    summary="Preview rules",
    responses={200: {"model": schemas.RulesPreview}, **schemas.problems(400, 401, 403, 413, 422)},
    openapi_extra=schemas.body(schemas.RulesPreviewRequest),
)
async def post_preview(request: Request, site: Annotated[Site, Depends(secret_site)]) -> Response:
    """Make one visitor's list twice: with the rules there are, and with the draft ones added or put in their place.

    Nothing is stored or logged. Without a visitor it is a new one's list.
    """
    body = await read_json(request, MAX_BODY_BYTES)
    if not isinstance(body, dict):
        raise ProblemError(422, "body_invalid", f"the body must be a JSON object, got {shown(body)}")
    only(body, _FIELDS, "the body")
    drafts = body.get("rules", [])
    if not isinstance(drafts, list) or len(drafts) > MAX_RULES:
        raise InvalidError("rules_invalid", f"rules must be an array of at most {MAX_RULES}, got {shown(drafts)}")
    rules = [parse_rule(draft) for draft in drafts]
    _, query = parse_list(body.get("list", {}), "list")
    visitor_id = parse_visitor_id(body["visitor_id"]) if body.get("visitor_id") else ""
    state = state_of(request)
    deciding = await decide.begin(state, site, visitor_id)
    now_s = time.time()

    def made(shelf: Shelf) -> dict[str, Any]:
        found = recommend(shelf, deciding.profile, query, now_s, holdout=deciding.holdout)
        return decide.list_view(query, found, state.config)

    before = made(site.shelf())
    drafted = copy(site.assortment)
    drafted.rules = {**site.assortment.rules, **{rule.rule_id: rule for rule in rules}}
    after = made(Shelf(site.snapshot, drafted))
    return answer({"visitor_id": visitor_id or None, "before": before, "after": after})
