"""/docs: the OpenAPI document as a page, from files of our own server: it works without the internet."""

from importlib.resources import files

from fastapi import APIRouter, Response
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.staticfiles import StaticFiles

router = APIRouter(include_in_schema=False)


def static_files() -> StaticFiles:
    """Give the page's script and style, which the `fastapi-offline` package brings."""
    return StaticFiles(directory=str(files("fastapi_offline") / "static"))


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
