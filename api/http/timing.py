"""Timing: every request is measured, by its route and the tier that answered."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http import metrics


class Timing:
    """Measures every request, by its route and the tier that answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request and note how long it took."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = scope.get("route")
            path = getattr(route, "path", "unmatched")
            seconds = time.perf_counter() - started
            metrics.observe_request(path, scope.get("tier", ""), status, seconds)
