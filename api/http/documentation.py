"""/docs: the OpenAPI document as a page, from files of our own server: it works without the internet."""

from functools import cache
from importlib.resources import files

import orjson
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.staticfiles import StaticFiles

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
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Shopwindow API",
        swagger_js_url="/docs/static/swagger-ui-bundle.js",
        swagger_css_url="/docs/static/swagger-ui.css",
        swagger_favicon_url="/docs/static/favicon.png",
    )
