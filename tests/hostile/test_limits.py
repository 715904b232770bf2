"""Limits of a running API, as its settings say: whoever does too much is told so, and nobody else."""

import contextlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from shopwindow.embedded_stack import EmbeddedStack
from shopwindow.settings import Settings, SiteKeys

KEYS = SiteKeys("limited", "public-key-of-the-limited", "secret-key-of-the-limited")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """Everything, with little room; proxies on this machine say whom they speak for."""
    settings = Settings(
        port=0,
        data_dir=str(tmp_path_factory.mktemp("limited")),
        sites=(KEYS,),
        trusted_proxies="127.0.0.1",
        rate_per_address=5,
        events_per_visitor=0.5,
        max_streams_per_visitor=2,
        max_streams_per_address=3,
        request_timeout_s=1,
    )
    with EmbeddedStack(settings, "limited") as running:
        yield running


@pytest.fixture
def client(stack: EmbeddedStack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.url, timeout=30) as opened:
        yield opened


def of(sender: str, key: str = KEYS.public_key) -> dict[str, str]:
    return {"X-Forwarded-For": sender, "Authorization": f"Bearer {key}", "Origin": "https://shop.example"}


def problem(answer: httpx.Response) -> tuple[int, str]:
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "https://shop.example", "or a page could not read it"
    assert answer.headers["access-control-expose-headers"] == "Retry-After"
    assert int(answer.headers["retry-after"]) >= 1
    assert told["status"] == answer.status_code
    return answer.status_code, told["code"]


@pytest.mark.parametrize("path", ["/v1/recommendations", "/v1/status", "/healthz", "/v1/nowhere"])
def test_an_address_that_asks_too_often_waits_and_its_neighbour_does_not(client: httpx.Client, path: str) -> None:
    sender = f"192.0.2.{len(path)}"
    answers = [client.get(path, headers=of(sender)) for _ in range(40)]
    late = [answer for answer in answers if answer.status_code == 429]
    assert len(late) > 10
    assert {problem(answer) for answer in late} == {(429, "address_rate_exceeded")}
    assert client.get(path, headers=of("192.0.2.99")).status_code != 429


def test_pages_tell_of_a_visitor_so_often_and_servers_as_they_like(client: httpx.Client) -> None:
    def post(visitor: str, number: int, key: str) -> httpx.Response:
        events = [{"event": "page_view", "visitor_id": visitor} for _ in range(number)]
        events.append({"event": "page_view", "visitor_id": f"beside-{visitor}"})
        return client.post("/v1/events", json={"events": events}, headers=of("192.0.2.60", key))

    told: dict[str, Any] = post("busy", 40, KEYS.public_key).json()
    assert told["accepted"] == 31, "a minute's worth, and the one beside"
    assert [rejection["index"] for rejection in told["rejected"]] == list(range(30, 40))
    assert {rejection["code"] for rejection in told["rejected"]} == {"visitor_rate_exceeded"}
    alone = [{"event": "page_view", "visitor_id": "busy"}]
    late = client.post("/v1/events", json={"events": alone}, headers=of("192.0.2.61"))
    assert problem(late) == (429, "visitor_rate_exceeded")
    assert post("server", 200, KEYS.secret_key).json()["accepted"] == 201


def test_wrong_keys_wait_and_the_right_one_of_the_same_address_does_not(client: httpx.Client) -> None:
    answers = [client.get("/v1/recommendations", headers=of("192.0.2.70", f"wrong-{number}")) for number in range(8)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 3
    assert [answer.headers["retry-after"] for answer in answers[5:]] == ["1", "2", "4"]
    assert {problem(answer) for answer in answers[5:]} == {(429, "keys_tried")}
    assert client.get("/v1/recommendations", headers=of("192.0.2.70")).status_code == 200
    assert client.get("/v1/recommendations", headers=of("192.0.2.71", "wrong")).status_code == 401


def test_so_many_pages_wait_and_who_leaves_makes_room(stack: EmbeddedStack, client: httpx.Client) -> None:
    def waiting(visitor: str) -> Any:
        headers = {**of("192.0.2.80"), "Accept": "text/event-stream"}
        return client.stream("GET", f"/v1/visitors/{visitor}/messages", headers=headers)

    with contextlib.ExitStack() as held:
        for _ in range(2):
            assert held.enter_context(waiting("v1")).status_code == 200
        with waiting("v1") as third:
            third.read()
            assert problem(third) == (429, "streams_too_many")
            assert "visitor 'v1'" in third.json()["detail"]
        assert held.enter_context(waiting("v2")).status_code == 200
        with waiting("v3") as fourth:
            fourth.read()
            assert "address '192.0.2.80'" in fourth.json()["detail"]
        polled = client.get("/v1/visitors/v1/messages", headers=of("192.0.2.81"))
        assert problem(polled) == (429, "streams_too_many")
    for _ in range(100):
        with waiting("v1") as again:
            if again.status_code == 200:
                break
    assert again.status_code == 200
