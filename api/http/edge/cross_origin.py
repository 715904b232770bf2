"""Cross-origin: which pages' scripts may call, and read what is answered.

A browser asks first (preflight) without a key, so pages of any site's origins may call; a call is then held against the
origins of the site whose key it carries. This keeps other pages from using a key that every visitor can read; it is no
guard against programs, which say of themselves what they like.
"""

from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import ProblemError
from models.access.origins import AllowedOrigins
from models.base.durations import DAY_S

_REFUSED: Final = "shopwindow_origin_refused"


def check_origin(request: Request, origins: AllowedOrigins, site: str) -> None:
    """Refuse a call of another origin's page, which is then told nothing. Same-origin calls are nobody's but ours."""
    origin = request.headers.get("origin")
    if origin is None or origins.allows(origin):
        return
    if origin.partition("://")[2] == request.headers.get("host", ""):
        return
    request.scope[_REFUSED] = True
    raise ProblemError(
        403, "origin_refused", f"pages of {origin[:200]} may not call site {site}: see the setting origins"
    )


def may_read(scope: Scope, origin: str, origins: AllowedOrigins) -> bool:
    """Whether a page's script may read what its call was answered with."""
    return _REFUSED not in scope and origins.allows(origin)


class CrossOrigin(CORSMiddleware):
    """What pages of other origins may do; `origins` are those of all sites."""

    def __init__(self, app: ASGIApp, origins: AllowedOrigins) -> None:
        super().__init__(
            app,
            # By name: beacons carry credentials, which `*` would not allow; none are read. Any header: tracers add
            # their own to every call of a page.
            allow_origin_regex=".*",
            allow_credentials=True,
            allow_methods=["GET", "HEAD", "POST", "PUT", "DELETE"],
            allow_headers=["*"],
            expose_headers=["Retry-After"],
            allow_private_network=True,  # a shop tried out on this machine or in this house
            max_age=DAY_S,
        )
        self._origins = origins

    def is_allowed_origin(self, origin: str) -> bool:
        """Whether pages of it may call any site."""
        return self._origins.allows(origin)

    async def simple_response(self, scope: Scope, receive: Receive, send: Send, request_headers: Headers) -> None:
        """Answer a call; the headers that let a script read it are left out where its page may not."""

        async def answer(message: Message) -> None:
            if _REFUSED in scope:
                await send(message)
            else:
                await self.send(message, send=send, request_headers=request_headers)

        await self.app(scope, receive, answer)
