"""Hot path: answers the routes that pages wait for, and hands everything else to the application.

The application's layers (telemetry, body limits, exit stacks, matching of sixty routes) cost as much as a whole list of
similar products does, and do nothing that these routes need.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import FastAPI
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http import metrics, problems
from api.http.edge.client_address import ClientAddress
from api.http.edge.cross_origin import may_read
from api.http.edge.limits import BURST_S, Limits
from api.http.edge.token_buckets import TokenBuckets
from api.http.hot_route import HotRoute
from models.access.origins import ANY_ORIGIN, AllowedOrigins
from models.base.errors import InvalidError

Endpoint = Callable[[Request], Awaitable[Response]]
_ORIGIN: Final = b"origin"
_LOGGER = logging.getLogger(__name__)


class HotPath:
    """An ASGI application around another.

    Parameters
    ----------
    app
        Its hot routes are answered here: those whose path is fixed, and those that end in one parameter.
    limits
        How many requests an address may send.
    origins
        Whose pages may call.
    """

    def __init__(self, app: FastAPI, limits: Limits = Limits(), origins: AllowedOrigins = ANY_ORIGIN) -> None:
        self._app: ASGIApp = app
        self._origins = origins
        self._addresses = ClientAddress(limits.trusted_proxies)
        self._most_per_s = limits.rate_per_address
        self._buckets = TokenBuckets(limits.rate_per_address, limits.rate_per_address * BURST_S)
        self._fixed: dict[tuple[str, str], tuple[str, Endpoint]] = {}
        self._open: dict[tuple[str, str], tuple[str, str, Endpoint]] = {}
        for route in app.routes:
            if isinstance(route, HotRoute):
                start, _, name = route.path.partition("{")
                for method in route.methods or ():
                    if name:
                        self._open[method, start] = (route.path, name.rstrip("}"), route.endpoint)
                    else:
                        self._fixed[method, route.path] = (route.path, route.endpoint)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or whatever else the server asks for."""
        if scope["type"] == "http":
            sender = self._addresses.sender(scope)
            wait_s = self._buckets.draw(sender, time.monotonic())
            if wait_s:
                await self._serve("refused", self._refusing(sender, wait_s), scope, receive, send)
                return
            method, path = scope["method"], scope["path"]
            fixed = self._fixed.get((method, path))
            if fixed is not None:
                await self._serve(*fixed, scope, receive, send)
                return
            start, slash, last = path.rpartition("/")
            opened = self._open.get((method, start + slash)) if last else None
            if opened is not None:
                route, name, endpoint = opened
                scope["path_params"] = {name: last}
                await self._serve(route, endpoint, scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusing(self, sender: str, wait_s: float) -> Endpoint:
        async def refuse(_: Request) -> Response:
            detail = f"{sender} sends more than {self._most_per_s:g} requests a second"
            raise problems.too_many("address_rate_exceeded", detail, wait_s)

        return refuse

    async def _serve(self, path: str, endpoint: Endpoint, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request = Request(scope, receive)
        try:
            response = await endpoint(request)
        except ClientDisconnect:
            return
        except problems.ProblemError as error:
            response = await problems.on_problem(request, error)
        except InvalidError as error:
            response = await problems.on_invalid(request, error)
        except Exception as error:
            _LOGGER.exception("%s %s failed", request.method, path)
            response = await problems.on_unexpected(request, error)
        origin = next((value for name, value in scope["headers"] if name == _ORIGIN), None)
        if origin is not None and may_read(scope, origin.decode("latin-1"), self._origins):
            # By name, and with credentials: beacons always send theirs, though nothing here reads any.
            response.headers["access-control-allow-origin"] = origin.decode("latin-1")
            response.headers["access-control-allow-credentials"] = "true"
            response.headers["access-control-expose-headers"] = "Retry-After"
            response.headers["vary"] = "Origin"
        await response(scope, receive, send)
        metrics.observe_request(path, scope.get("tier", ""), response.status_code, time.perf_counter() - started)
