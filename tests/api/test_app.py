"""The application as a whole: every request is measured."""

import asyncio
from types import SimpleNamespace
from typing import Any, NoReturn

import httpx
import pytest

from api.app import create_app
from api.http.config import ApiConfig, SiteConfig
from api.http.edge.limits import Limits
from api.http.edge.sender_limits import SenderLimits
from api.runtime.key_ring import KeyRing
from tests.api.conftest import Api
from tests.api.http.application import application
from tests.api.http.asgi import ask, measured

SITES = (SiteConfig("shop", "public-key-of-the-shop", "secret-key-of-the-shop"),)


def no_logs() -> NoReturn:
    """Nothing is started here."""
    raise AssertionError


def test_a_browser_may_ask_from_any_page_with_its_key() -> None:
    asked = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,last-event-id",
    }
    response = ask(application(), "OPTIONS", "/v1/events", asked)
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, "https://shop.example")
    assert response.headers["access-control-allow-credentials"] == "true"
    assert "authorization" in response.headers["access-control-allow-headers"]


@pytest.mark.parametrize("added", ["sentry-trace,baggage", "traceparent,tracestate", "x-datadog-trace-id,newrelic"])
def test_headers_that_tracers_add_are_allowed(added: str) -> None:
    asked = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": f"authorization,{added}",
    }
    response = ask(application(), "OPTIONS", "/v1/recommendations", asked)
    allowed = response.headers["access-control-allow-headers"].replace(" ", "").split(",")
    assert response.status_code == 200
    assert {"authorization", *added.split(",")} <= set(allowed)


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


def test_a_running_application_is_ready_and_shows_its_document_and_its_figures(api: Api) -> None:
    assert api.public.get("/readyz").status_code == 200
    for path in ("/healthz", "/readyz", "/metrics"):
        head = api.public.head(path)
        assert (head.status_code, head.content) == (200, b"")
    page = api.public.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "/docs/static/swagger-ui-bundle.js" in page.text
    assert api.public.get("/docs/static/swagger-ui-bundle.js").status_code == 200
    told = api.public.get("/metrics").text
    for name in ("shopwindow_log_lag_events", "shopwindow_snapshot_version", "shopwindow_request_seconds"):
        assert name in told


def test_what_is_told_of_the_process_needs_a_key_where_it_is_not_open() -> None:
    async def asked() -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = []
        for opened in (True, False):
            config = ApiConfig(sites=SITES, redis_url="redis://127.0.0.1:1", open_operations=opened)
            app = create_app(config, no_logs)
            ring, senders = KeyRing(SITES), SenderLimits(Limits())
            state = SimpleNamespace(config=config, key_ring=ring, senders=senders, sites={"shop": "the shop"})

            async def with_state(scope: Any, receive: Any, send: Any, app: Any = app, state: Any = state) -> None:
                await app({**scope, "state": {"shopwindow": state}}, receive, send)

            transport = httpx.ASGITransport(app=with_state)
            async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as client:
                for path in ("/metrics", "/docs", "/openapi.json"):
                    for key in ("", "public-key-of-the-shop", "secret-key-of-the-shop"):
                        answer = await client.get(path, headers={"Authorization": f"Bearer {key}"} if key else {})
                        found.append((f"{opened} {path} {key[:6]}", answer.status_code))
                        policy = answer.headers.get("content-security-policy", "")
                        if path == "/docs" and answer.status_code == 200:
                            assert "frame-ancestors 'none'" in policy
                            assert "unsafe" not in policy.partition("script-src")[2].partition(";")[0]
        return found

    expected = [200] * 9 + [401, 403, 200] * 3
    assert [status for _, status in asyncio.run(asked())] == expected
