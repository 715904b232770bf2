"""/docs: the OpenAPI document as a page, from files of our own server: it works without the internet."""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

import orjson
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.staticfiles import StaticFiles

_INLINE: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_POLICY: Final = (
    "default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}

router = APIRouter(include_in_schema=False)


def static_files() -> StaticFiles:
    """Give the page's script and style, which the `fastapi-offline` package brings."""
    return StaticFiles(directory=str(files("fastapi_offline") / "static"))


@router.get("/openapi.json")
async def get_openapi(request: Request) -> Response:
    """Give the document, written once: it takes longer than any list."""
    return Response(_written(request.app), media_type="application/json")


@cache
def _written(app: FastAPI) -> bytes:
    return orjson.dumps(app.openapi())


@router.get("/docs")
async def get_docs() -> Response:
    """Show the page."""
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Shopwindow API",
        swagger_js_url="/docs/static/swagger-ui-bundle.js",
        swagger_css_url="/docs/static/swagger-ui.css",
        swagger_favicon_url="/docs/static/favicon.png",
    )
    # The page's own script stands in it: that one, by its hash, and no other may run.
    own = _INLINE.findall(bytes(page.body))
    hashes = " ".join(f"'sha256-{b64encode(sha256(script).digest()).decode()}'" for script in own)
    page.headers.update({**_HEADERS, "Content-Security-Policy": _POLICY.format(hashes=hashes)})
    return page
