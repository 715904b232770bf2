"""Hot route: an endpoint that reads its request and writes its answer by hand, documented like any other.

FastAPI would solve dependencies and wrap the call for what it does not do there; a page waits for these answers.
"""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import request_response

from api.http.checked_route import CheckedRoute


class HotRoute(CheckedRoute):
    """Calls an endpoint `async def (request) -> Response` and nothing else."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **settings: Any) -> None:
        super().__init__(path, endpoint, **settings)

        async def checked(request: Request) -> Response:
            self.refuse_unknown(request.scope)
            answered: Response = await endpoint(request)
            return answered

        self.endpoint = checked
        self.app = request_response(checked)
