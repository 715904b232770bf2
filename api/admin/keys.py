"""/v1/keys: a site's keys, made with scopes, listed and revoked while everything runs."""

import time
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from msgspec import Meta, Struct
from pydantic import Field

from api.http.checked_route import CheckedRoute
from api.http.problems import ProblemError, unknown
from api.http.query_parameters import parse_moment
from api.http.request_body import answer, read_object
from api.http.schemas.documenting import Shape, body, problems
from api.runtime.authentication import AdminSite
from api.runtime.site import Site
from api.runtime.state import State, state_of
from api.runtime.store_access import ask_store
from models.access.api_key import SCOPES, ApiKey, NewKey, parse_key_name, parse_scopes
from models.base.errors import InvalidError
from models.base.timestamps import LATEST_MOMENT_S, iso
from store.site.api_keys import MAX_KEYS, new_key

MAX_KEY_BYTES: Final = 16 * 1024
_AWAY: Final = "the keys cannot be read now; try again"

router = APIRouter(tags=["operations"], route_class=CheckedRoute)
_KeyId = Annotated[str, Path(description="A key's id.", examples=["5e0c3b1c1f2a"])]


class KeyAsked(Struct):
    """A key to be made."""

    name: Annotated[str, Meta(description="What it is for.", examples=["warehouse"])]
    scopes: Annotated[list[str], Meta(description=f"Of {', '.join(SCOPES)}; browser stands alone.")]
    expires_at: Annotated[str | None, Meta(description="A time after which it opens nothing; never by default.")] = None


class KeyShown(Shape):
    """A key as it is listed; what it opens with is told once, when it is made."""

    key_id: str
    name: str
    scopes: list[str]
    created_at: str | None
    expires_at: str | None


class KeyMade(KeyShown):
    """A key that was just made."""

    key: str = Field(description="What it opens with: told now and never again.")


class KeysShown(Shape):
    """A site's keys beside the two of its settings."""

    keys: list[KeyShown]


@router.get("/v1/keys", summary="List keys", responses={200: {"model": KeysShown}, **problems(401, 403, 503)})
async def get_keys(request: Request, site: AdminSite) -> Response:
    """Give the keys that were made beside the two of the settings, oldest first, and what each may do."""
    found = await ask_store(_AWAY, state_of(request).stores.api_keys.read, site.name)
    return answer({"keys": [_view(api_key) for api_key in found]})


@router.post(
    "/v1/keys",
    status_code=201,
    summary="Make a key",
    responses={201: {"model": KeyMade}, **problems(400, 401, 403, 409, 413, 422, 503)},
    openapi_extra=body(KeyAsked),
)
async def post_key(request: Request, site: AdminSite) -> Response:
    """Make a key with its own scopes: give each browser, server and person one, with no more than it needs."""
    asked = await read_object(request, KeyAsked, MAX_KEY_BYTES)
    name, scopes = parse_key_name(asked.get("name")), parse_scopes(asked.get("scopes"))
    expires_at_s = 0.0
    if asked.get("expires_at") is not None:
        expires_at_s = parse_moment(asked["expires_at"], "expires_at", LATEST_MOMENT_S)
        if expires_at_s <= time.time():
            raise InvalidError("expires_at_invalid", f"expires_at must be in the future, got {asked['expires_at']!r}")
    made = new_key(name, scopes, time.time(), expires_at_s)
    await _put(state_of(request), site, made.key)
    return answer(_made(made), status=201)


@router.post(
    "/v1/keys/{key_id}/rotate",
    status_code=201,
    summary="Replace a key",
    responses={201: {"model": KeyMade}, **problems(401, 403, 404, 409, 503)},
)
async def post_rotation(request: Request, key_id: _KeyId, site: AdminSite) -> Response:
    """Make a key with the name and scopes of another, which opens everything still until it is revoked."""
    state = state_of(request)
    known = await _known(state, site, key_id)
    made = new_key(known.name, known.scopes, time.time(), known.expires_at_s)
    await _put(state, site, made.key)
    return answer(_made(made), status=201)


@router.delete("/v1/keys/{key_id}", status_code=204, summary="Revoke a key", responses={**problems(401, 403, 404, 503)})
async def delete_key(request: Request, key_id: _KeyId, site: AdminSite) -> Response:
    """Revoke a key: it opens nothing within a second, in every process."""
    state = state_of(request)
    if not await ask_store(_AWAY, state.stores.api_keys.delete, site.name, key_id):
        raise unknown(site.name, "key", key_id)
    await ask_store(_AWAY, state.key_ring.follow, site.name, state.stores.api_keys)
    return Response(status_code=204)


async def _known(state: State, site: Site, key_id: str) -> ApiKey:
    known: list[ApiKey] = await ask_store(_AWAY, state.stores.api_keys.read, site.name)
    for api_key in known:
        if api_key.key_id == key_id:
            return api_key
    raise unknown(site.name, "key", key_id)


async def _put(state: State, site: Site, api_key: ApiKey) -> None:
    if not await ask_store(_AWAY, state.stores.api_keys.put_within, site.name, api_key):
        raise ProblemError(409, "keys_too_many", f"site {site.name!r} has {MAX_KEYS} keys; revoke some first")
    await ask_store(_AWAY, state.key_ring.follow, site.name, state.stores.api_keys)


def _view(api_key: ApiKey) -> dict[str, Any]:
    return {
        "key_id": api_key.key_id,
        "name": api_key.name,
        "scopes": list(api_key.scopes),
        "created_at": iso(api_key.created_at_s),
        "expires_at": iso(api_key.expires_at_s) if api_key.expires_at_s else None,
    }


def _made(made: NewKey) -> dict[str, Any]:
    return {**_view(made.key), "key": made.secret}
