"""The hot path: its routes are answered as the application would, everything else is the application's."""

import asyncio
import logging
from typing import Any

import orjson
import pytest
from fastapi import APIRouter, FastAPI
from prometheus_client import REGISTRY
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from api.http.hot_path import HotPath
from api.http.hot_route import HotRoute
from api.http.problems import ProblemError
from api.http.query_parameters import described
from models.base.errors import InvalidError
from tests.api.http.asgi import ask

hot = APIRouter(route_class=HotRoute)


@hot.get("/v1/lists", openapi_extra={"parameters": [described("limit", "How many."), described("fail", "How.")]})
async def get_list(request: Request) -> Response:
    """Answer, or fail as asked."""
    failing = {
        "problem": ProblemError(404, "list_unknown", "no such list", {"X-Told": "1"}),
        "invalid": InvalidError("limit_invalid", "limit must be a number"),
        "fault": ValueError("inside"),
        "gone": ClientDisconnect(),
    }
    if "fail" in request.query_params:
        raise failing[request.query_params["fail"]]
    request.scope["tier"] = "session"
    return Response(b"list")


@hot.get("/v1/slots/{placement}")
async def get_slot(request: Request) -> Response:
    """Answer with what the path names."""
    return Response(orjson.dumps(request.path_params))


@hot.post("/v1/lists")
async def post_list(request: Request) -> Response:
    """Answer with how much came."""
    return Response(str(len(await request.body())).encode(), status_code=202)


def application() -> FastAPI:
    """An application of hot routes and one of its own."""
    app = FastAPI()
    app.router.routes.extend(hot.routes)

    @app.get("/v1/other")
    async def get_other() -> dict[str, str]:
        return {"answered": "by the application"}

    return app


APP = HotPath(application())


def test_each_route_is_answered_by_its_own_endpoint() -> None:
    assert ask(APP, "GET", "/v1/lists?limit=1").content == b"list"
    assert ask(APP, "GET", "/v1/lists?limits=1").json()["code"] == "parameter_unknown"
    assert (ask(APP, "POST", "/v1/lists").status_code, ask(APP, "POST", "/v1/lists").content) == (202, b"0")
    assert ask(APP, "GET", "/v1/slots/home_hero").json() == {"placement": "home_hero"}
    assert ask(APP, "GET", "/v1/slots/a%20b").json() == {"placement": "a b"}


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/v1/other", 200),
        ("GET", "/v1/nothing", 404),
        ("DELETE", "/v1/lists", 405),
        ("GET", "/v1/slots/", 404),
        ("GET", "/v1/slots/a/b", 404),
    ],
)
def test_everything_else_is_the_applications(method: str, address: str, status: int) -> None:
    assert ask(APP, method, address).status_code == status
    assert ask(application(), method, address).status_code == status


@pytest.mark.parametrize(
    ("fail", "status", "code"),
    [
        ("problem", 404, "list_unknown"),
        ("invalid", 422, "limit_invalid"),
        ("fault", 500, "internal_error"),
    ],
)
def test_what_an_endpoint_raises_becomes_a_problem(
    fail: str, status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        response = ask(APP, "GET", f"/v1/lists?fail={fail}", {"Origin": "https://shop.example"})
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["access-control-allow-origin"] == "https://shop.example", (
        "or the page could not read what is wrong"
    )
    assert response.headers.get("x-told") == ("1" if fail == "problem" else None)
    assert bool(caplog.records) is (fail == "fault")
    assert "inside" not in response.text


def test_only_who_asks_from_a_page_is_told_that_pages_may() -> None:
    assert "access-control-allow-origin" not in ask(APP, "GET", "/v1/lists").headers
    told = ask(APP, "GET", "/v1/lists", {"Origin": "https://a"}).headers
    assert (told["access-control-allow-origin"], told["access-control-allow-credentials"], told["vary"]) == (
        "https://a",
        "true",
        "Origin",
    )


def counted(route: str, tier: str, status: str) -> float:
    """How many requests were measured."""
    labels = {"route": route, "tier": tier, "status": status}
    return REGISTRY.get_sample_value("shopwindow_request_seconds_count", labels) or 0.0


def test_requests_are_measured_by_route_and_tier() -> None:
    before = counted("/v1/lists", "session", "200"), counted("/v1/slots/{placement}", "", "200")
    ask(APP, "GET", "/v1/lists")
    ask(APP, "GET", "/v1/slots/x")
    ask(APP, "GET", "/v1/slots/y")
    after = counted("/v1/lists", "session", "200"), counted("/v1/slots/{placement}", "", "200")
    assert (after[0] - before[0], after[1] - before[1]) == (1.0, 2.0)


def test_who_has_gone_is_sent_nothing() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/v1/lists", "query_string": b"fail=gone"}
    asyncio.run(APP({**scope, "headers": []}, receive, send))
    assert sent == []


def test_what_is_no_request_goes_to_the_application() -> None:
    seen: list[str] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    front = HotPath(FastAPI())
    front._app = inner

    async def nothing() -> Message:
        return {}

    async def ignore(_: Message) -> None:
        return None

    asyncio.run(front({"type": "lifespan"}, nothing, ignore))
    assert seen == ["lifespan"]
