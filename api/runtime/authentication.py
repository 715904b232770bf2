"""Keys: which site a request belongs to, and what it may do there."""

import base64
import binascii
from hmac import compare_digest
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from api.http.problems import ProblemError
from api.runtime.site import Site
from api.runtime.state import State, state_of

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="shopwindow"'}


def public_site(request: Request) -> Site:
    """Give the site of either key: a browser may post events and read decisions. Called by the routes themselves."""
    return _site(request, secret=False)[0]


def sending_site(request: Request) -> tuple[Site, bool]:
    """Give the site of either key, and whether it is the secret one."""
    return _site(request, secret=False)


async def secret_site(request: Request) -> Site:
    """Give the site of a secret key; a public one is refused. A dependency of the routes."""
    return _site(request, secret=True)[0]


SecretSite = Annotated[Site, Depends(secret_site)]
"""The site of a secret key, as a route's parameter."""


def needs_secret(request: Request, what: str = "") -> ProblemError:
    """Give the problem of a public key where the secret one is needed; `what` of the request needs it."""
    asked = what or f"{request.method} {request.url.path}"
    return ProblemError(403, "key_public", f"{asked} needs the secret key, got the public one")


def _site(request: Request, *, secret: bool) -> tuple[Site, bool]:
    state = state_of(request)
    key = _key(request, secret=secret)
    if not key:
        raise ProblemError(401, "key_missing", "send a key: Authorization: Bearer <key>", _CHALLENGE)
    site, is_secret = _match(state, key)
    if site is None:
        refusal = ProblemError(401, "key_unknown", "the key belongs to no site", _CHALLENGE)
        raise state.senders.key_refused(request.scope, refusal)
    state.senders.admit_key(site, is_secret=is_secret)
    if secret and not is_secret:
        raise needs_secret(request)
    return state.sites[site], is_secret


def _match(state: State, key: str) -> tuple[str | None, bool]:
    given = key.encode()
    found: tuple[str | None, bool] = (None, False)
    for site in state.config.sites:  # all are compared, so that time tells nothing
        if compare_digest(given, site.public_key.encode()):
            found = (site.site, False)
        if compare_digest(given, site.secret_key.encode()):
            found = (site.site, True)
    return found


def _key(request: Request, *, secret: bool) -> str:
    """Read the key: bearer, basic (the key as user name, Segment's way), or for browsers' beacons `?key=`."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value.strip(), validate=True).decode().split(":", 1)[0]
        except (binascii.Error, UnicodeDecodeError) as error:
            refusal = ProblemError(401, "key_undecodable", "the basic authorization is not base64", _CHALLENGE)
            raise state_of(request).senders.key_refused(request.scope, refusal) from error
    # A secret must not travel in an address, which proxies write to their logs.
    return "" if secret else request.query_params.get("key", "")
