"""The application as a whole: every request is measured, and the document says which key each route needs."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY
from starlette.types import Message, Receive, Scope, Send

from api.app import Logs, Timing, create_app
from api.http.config import ApiConfig
from tests.api.conftest import Api
from tests.api.http.asgi import ask


def _no_logs() -> Logs:
    raise AssertionError("no server is needed")


def application() -> FastAPI:
    """The application, not started."""
    return create_app(ApiConfig(sites=(), redis_url="redis://127.0.0.1"), _no_logs)


def measured(route: str, status: str) -> float:
    """How many requests were measured."""
    labels = {"route": route, "tier": "", "status": status}
    return REGISTRY.get_sample_value("shopwindow_request_seconds_count", labels) or 0.0


def test_the_document_says_which_key_each_route_needs_and_names_our_problems_alone() -> None:
    document: dict[str, Any] = application().openapi()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if path.startswith("/v1/"):
                needed = "secret" if "403" in operation["responses"] else "public"
                assert operation["security"] == [{needed: []}], f"{method} {path}"
    assert "ValidationError" not in str(document)
    assert {"Problem", "Event", "Item"} <= document["components"]["schemas"].keys()
    assert document["components"]["securitySchemes"].keys() == {"public", "secret"}


def test_a_browser_may_ask_from_any_page_with_its_key() -> None:
    asked = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,last-event-id",
    }
    response = ask(application(), "OPTIONS", "/v1/events", asked)
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, "*")
    assert "authorization" in response.headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    ("method", "address", "status", "code"),
    [("GET", "/v1/nowhere", 404, "not_found"), ("PATCH", "/v1/segments", 405, "method_not_allowed")],
)
def test_what_is_not_there_is_a_problem_and_is_measured(method: str, address: str, status: int, code: str) -> None:
    routes = ("unmatched", address)
    before = sum(measured(route, str(status)) for route in routes)
    response = ask(application(), method, address)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert sum(measured(route, str(status)) for route in routes) == before + 1


def test_a_request_that_fails_is_measured_as_a_fault_of_ours() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("inside")

    async def ask_it(scope: dict[str, Any]) -> None:
        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(_: Message) -> None:
            raise AssertionError("nothing was answered")

        await Timing(failing)(scope, receive, send)

    before = measured("unmatched", "500")
    with pytest.raises(ValueError, match="inside"):
        asyncio.run(ask_it({"type": "http"}))
    assert measured("unmatched", "500") == before + 1
    with pytest.raises(ValueError, match="inside"):
        asyncio.run(ask_it({"type": "lifespan"}))
    assert measured("unmatched", "500") == before + 1


def test_a_running_application_is_ready_and_shows_its_document_and_its_figures(api: Api) -> None:
    assert api.public.get("/readyz").status_code == 200
    page = api.public.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "/docs/static/swagger-ui-bundle.js" in page.text
    assert api.public.get("/docs/static/swagger-ui-bundle.js").status_code == 200
    told = api.public.get("/metrics").text
    for name in ("shopwindow_log_lag_events", "shopwindow_snapshot_version", "shopwindow_request_seconds"):
        assert name in told
