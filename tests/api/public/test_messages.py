"""On-site messages over HTTP: asked for or pushed, after the last one seen, and shown until they were."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest

from tests.api.conftest import Api, event, new_visitor

HELLO = {
    "when": {"event": {"name": "generate_lead", "after": "0s"}},
    "purpose": "service",
    "actions": ["on_site"],
    "message": {"headline": "Hello"},
    "recommend": {"limit": 0},
}


@pytest.fixture
def shop(other_api: Api) -> Iterator[Api]:
    """A site where a lead is greeted on the page."""
    assert other_api.secret.put("/v1/triggers/hello", json=HELLO).status_code == 200
    time.sleep(0.6)  # the trigger flow reads it with its next tick
    yield other_api
    assert other_api.secret.delete("/v1/triggers/hello").status_code == 204


def shown(shop: Api, visitor: str, **parameters: Any) -> list[dict[str, Any]]:
    """What a visitor is shown now."""
    body = shop.public.get(f"/v1/visitors/{visitor}/messages", params=parameters).json()
    assert body["visitor_id"] == visitor
    found: list[dict[str, Any]] = body["messages"]
    return found


def greeted(shop: Api, visitor: str, count: int = 1) -> list[dict[str, Any]]:
    """Wait until a visitor, whose page is open, is shown so many messages."""
    deadline_s = time.monotonic() + 15
    while len(found := shown(shop, visitor)) < count:
        assert time.monotonic() < deadline_s, found
        time.sleep(0.05)
    return found


def test_a_message_is_shown_until_it_was_dismissed(shop: Api) -> None:
    visitor = new_visitor()
    assert shown(shop, visitor) == []
    shop.post(event("generate_lead", visitor))
    (message,) = greeted(shop, visitor)
    assert (message["trigger_id"], message["message"]["headline"]) == ("hello", "Hello")
    assert shown(shop, visitor) == [message], "asking is not seeing"
    assert shown(shop, visitor, after=message["event_id"]) == []
    shop.post(event("message_dismissed", visitor, params={"message_id": message["message_id"]}))
    deadline_s = time.monotonic() + 15
    while shown(shop, visitor):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_a_device_shows_what_its_visitor_is_sent(shop: Api) -> None:
    phone, user = new_visitor(), f"user-{new_visitor()}"
    shop.post(event("login", phone, user_id=user))
    shown(shop, user)
    shop.post(event("generate_lead", phone))
    (message,) = greeted(shop, user)
    body = shop.public.get(f"/v1/visitors/{phone}/messages").json()
    assert [found["message_id"] for found in body["messages"]] == [message["message_id"]]


def test_an_open_page_is_pushed_what_comes_and_goes_on_where_it_was(shop: Api) -> None:
    visitor, pushed, opened = new_visitor(), list[dict[str, Any]](), threading.Event()
    headers = {"Accept": "text/event-stream"}

    def listen() -> None:
        with shop.public.stream("GET", f"/v1/visitors/{visitor}/messages", headers=headers, timeout=30) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            lines = response.iter_lines()
            assert next(lines).startswith("retry: ")
            opened.set()
            for line in lines:
                if line.startswith("data: "):
                    pushed.append(orjson.loads(line.removeprefix("data: ")))
                if len(pushed) == 2:
                    return

    page = threading.Thread(target=listen, daemon=True)
    page.start()
    assert opened.wait(10)
    shop.post(event("generate_lead", visitor))
    greeted(shop, visitor)
    shop.post(event("generate_lead", visitor))
    page.join(20)
    assert [message["event_id"] for message in pushed] == [message["event_id"] for message in greeted(shop, visitor, 2)]
    assert pushed[0]["event_id"] < pushed[1]["event_id"]
    resumed = {**headers, "Last-Event-ID": pushed[0]["event_id"]}
    with shop.public.stream("GET", f"/v1/visitors/{visitor}/messages", headers=resumed, timeout=30) as response:
        first = next(line for line in response.iter_lines() if line.startswith("data: "))
    assert orjson.loads(first.removeprefix("data: "))["event_id"] == pushed[1]["event_id"]


@pytest.mark.parametrize("after", ["x", "1-", "1-2-3", "-1"])
def test_what_is_no_event_id_is_refused(shop: Api, after: str) -> None:
    response = shop.public.get("/v1/visitors/v/messages", params={"after": after})
    assert (response.status_code, response.json()["code"]) == (422, "parameter_invalid")
    assert repr(after) in response.json()["detail"]


def test_a_key_is_needed(shop: Api) -> None:
    assert httpx.get(f"{shop.url}/v1/visitors/v/messages").status_code == 401
