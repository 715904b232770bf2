"""Keys: which site a request belongs to, and what it may do there."""

import base64
import binascii
import time
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Depends
from starlette.requests import Request

from api.http.edge.cross_origin import check_origin
from api.http.problems import ProblemError
from api.runtime.key_ring import Grant
from api.runtime.site import Site
from api.runtime.state import state_of
from models.access.api_key import KeyScope

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="shopwindow"'}
_READS: Final = frozenset({"GET", "HEAD"})


class Caller(NamedTuple):
    """Who asks: the site whose key it is, and what that opens."""

    site: Site
    grant: Grant

    @property
    def is_browser(self) -> bool:
        """Whether it may be anybody who has looked at a page of the shop."""
        return self.grant.is_browsers


def asking(request: Request) -> Caller:
    """Give who asks for a decision, with a browser's key or one that reads. Called by the routes themselves."""
    return _caller(request, "browser", "read")


def sending(request: Request, key_in_body: str = "") -> Caller:
    """Give who sends events, with a browser's key or one that takes events. Called by the routes themselves; a key in
    the body counts where no header has one."""
    return _caller(request, "browser", "events", key_in_body=key_in_body)


def _site_of(*scopes: KeyScope) -> Callable[[Request], Coroutine[Any, Any, Site]]:
    """Give a dependency of routes: the site of a key with one of the scopes."""

    async def site(request: Request) -> Site:
        return _caller(request, *scopes).site

    return site


async def secret_site(request: Request) -> Site:
    """Give the site of a key that reads, where a request does, or else changes; a browser's is refused."""
    return _caller(request, "read" if request.method in _READS else "write").site


SecretSite = Annotated[Site, Depends(secret_site)]
"""The site of a server's key, as a route's parameter: one that reads for GET, one that changes for all else."""
ReadSite = Annotated[Site, Depends(_site_of("read"))]
"""The site of a key that reads, whatever the request's method."""
AdminSite = Annotated[Site, Depends(_site_of("admin"))]
"""The site of a key that makes keys, erases, and tries again what was set aside."""
EventsSite = Annotated[Site, Depends(_site_of("events"))]
"""The site of a server's key that takes events."""


async def operations_reader(request: Request) -> None:
    """Let through who may see what is told of the whole process: anybody where it is open, else a key that reads."""
    if not state_of(request).config.open_operations:
        _caller(request, "read")


def needs_secret(request: Request, what: str = "") -> ProblemError:
    """Give the problem of a browser's key where a server's is needed; `what` of the request needs it."""
    asked = what or f"{request.method} {request.url.path}"
    return ProblemError(403, "key_public", f"{asked} needs the secret key, got the public one")


def _caller(request: Request, *scopes: KeyScope, key_in_body: str = "") -> Caller:
    state = state_of(request)
    key, in_address = _key(request)
    if key_in_body and (not key or in_address):
        key, in_address = key_in_body, False
    if not key:
        raise ProblemError(401, "key_missing", "send a key: Authorization: Bearer <key>", _CHALLENGE)
    grant = state.key_ring.grant_of(key, time.time())
    if grant is None:
        refusal = ProblemError(401, "key_unknown", "the key belongs to no site", _CHALLENGE)
        raise state.senders.key_refused(request.scope, refusal)
    if in_address and not grant.is_browsers:
        # A secret must not travel in an address, which proxies write to their logs.
        raise ProblemError(
            401, "key_in_address", "?key= takes a browser's key alone: send others as a header", _CHALLENGE
        )
    check_origin(request, state.key_ring.config_of(grant.site).origins, grant.site)
    state.senders.admit_key(grant.site, grant.key_id, is_secret=not grant.is_browsers)
    if grant.scopes.isdisjoint(scopes):
        if grant.is_browsers:
            raise needs_secret(request)
        needed, has = " or ".join(scopes), ", ".join(sorted(grant.scopes))
        detail = (
            f"{request.method} {request.url.path} needs a key with the scope {needed}; key {grant.key_id} has {has}"
        )
        raise ProblemError(403, "scope_missing", detail)
    return Caller(state.sites[grant.site], grant)


def _key(request: Request) -> tuple[str, bool]:
    """Read the key: bearer, basic (the key as user name, Segment's way), or for browsers' beacons `?key=`; and whether
    it stood in the address."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip(), False
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value.strip(), validate=True).decode().split(":", 1)[0], False
        except (binascii.Error, UnicodeDecodeError) as error:
            refusal = ProblemError(401, "key_undecodable", "the basic authorization is not base64", _CHALLENGE)
            raise state_of(request).senders.key_refused(request.scope, refusal) from error
    return request.query_params.get("key", ""), True
