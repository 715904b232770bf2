"""Hot route: an endpoint that reads its request and writes its answer by hand, documented like any other.

FastAPI would solve dependencies and wrap the call for what it does not do there; a page waits for these answers.
"""

from collections.abc import Callable
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import request_response


class HotRoute(APIRoute):
    """Calls an endpoint `async def (request) -> Response` and nothing else."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **settings: Any) -> None:
        super().__init__(path, endpoint, **settings)
        self.app = request_response(endpoint)
