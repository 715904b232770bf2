"""POST /v1/visitor-tokens: a token for a visitor, minted at first contact, or for whomever the shop's server says."""

import time
from secrets import token_urlsafe
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response
from msgspec import Meta, Struct
from pydantic import Field

from api.http.checked_route import CheckedRoute
from api.http.problems import ProblemError
from api.http.request_body import answer, read_object
from api.http.schemas.documenting import Shape, body, problems
from api.runtime.authentication import Caller, sending
from api.runtime.begin_decision import known_owner
from api.runtime.state import State, state_of
from api.runtime.store_access import PROFILES_AWAY, store_errors_translated
from models.access.visitor_token import mint_token
from models.base.durations import DAY_S
from models.base.errors import InvalidError, show_value
from models.base.timestamps import iso
from models.events.intake.parsing import parse_visitor_id
from store.visitors.known_visitors import read_owners
from store.visitors.visitor_reads import know

MAX_TOKEN_BYTES: Final = 4 * 1024
ANONYMOUS_LASTS_S: Final = int(400 * DAY_S)
"""As long as a browser keeps anything at most."""
_USUAL_S: Final = int(30 * DAY_S)
_LEAST_S, _MOST_S = 60, int(400 * DAY_S)

router = APIRouter(tags=["visitors"], route_class=CheckedRoute)


class TokenAsked(Struct):
    """For whom a token is asked."""

    visitor_id: Annotated[
        str | None, Meta(description="An id nobody was seen under; a new one by default.", examples=["v-1042"])
    ] = None
    lasts_s: Annotated[int, Meta(ge=_LEAST_S, le=_MOST_S, description="With a server's key alone.")] | None = None


class TokenMinted(Shape):
    """A token and the id it is for."""

    visitor_id: str
    visitor_token: str = Field(examples=["1830297600.5f0c…"])
    expires_at: str


@router.post(
    "/v1/visitor-tokens",
    status_code=201,
    summary="Mint a visitor token",
    responses={201: {"model": TokenMinted}, **problems(400, 401, 403, 409, 413, 422, 503)},
    openapi_extra=body(TokenAsked, required=False),
)
async def post_token(request: Request) -> Response:
    """Sign that whoever holds the token may speak for a visitor.

    With a browser's key at first contact: for a new id, or one that nobody was seen under yet. Such a token speaks for
    a device, and counts for no user id, whoever comes to be known by it later. With a server's key (scope `events`) for
    anybody; the shop's servers can as well sign by themselves.
    """
    caller, state = sending(request), state_of(request)
    asked: dict[str, Any] = {}
    if request.headers.get("content-length", "0") != "0":
        asked = await read_object(request, TokenAsked, MAX_TOKEN_BYTES)
    given, lasts_s = asked.get("visitor_id"), asked.get("lasts_s")
    if given is not None:
        visitor_id = parse_visitor_id(given)
    elif caller.is_browser:
        visitor_id = f"v-{token_urlsafe(16)}"
    else:
        raise InvalidError("visitor_id_missing", "visitor_id says whom the token is for")
    if caller.is_browser:
        if lasts_s is not None:
            raise InvalidError("lasts_s_invalid", "lasts_s is a server's to say")
        if given is not None and await _was_seen(state, caller, visitor_id):
            raise ProblemError(409, "visitor_seen", f"visitor_id {show_value(visitor_id)} was seen before")
        lasts_s = ANONYMOUS_LASTS_S
    elif lasts_s is None:
        lasts_s = _USUAL_S
    elif not isinstance(lasts_s, int) or isinstance(lasts_s, bool) or not _LEAST_S <= lasts_s <= _MOST_S:
        raise InvalidError("lasts_s_invalid", f"lasts_s must be {_LEAST_S} to {_MOST_S}, got {show_value(lasts_s)}")
    expires_s = int(time.time()) + lasts_s
    secret = state.key_ring.config_of(caller.site.name).token_secret
    token = mint_token(secret, caller.site.name, visitor_id, expires_s, of_device=caller.is_browser)
    made = {"visitor_id": visitor_id, "visitor_token": token, "expires_at": iso(float(expires_s))}
    return answer(made, status=201)


async def _was_seen(state: State, caller: Caller, visitor_id: str) -> bool:
    """Whether anything is known of an id."""
    name, partitions = caller.site.name, state.logs.events.partitions
    with store_errors_translated(PROFILES_AWAY):
        visit = await state.stores.visitors.read(name, visitor_id)
        if await read_owners(state.stores.redis, name, [visitor_id], partitions):
            return True
    known = know(visit, caller.site.assortment)
    return bool(known.device.events_seen or known.device.position or known_owner(known, visit))
