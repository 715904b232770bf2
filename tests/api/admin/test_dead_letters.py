"""Dead letters over HTTP: a site's own, in pages; tried again once, and what was stored put back where it can be."""

import time
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from models.events.dead_letter import DeadLetter
from shopwindow.embedded_stack import EmbeddedStack
from store import keys
from store.client import Client, connect
from store.dead_letters import INTAKE, DeadLetterStore
from tests.api.conftest import Api, event, new_visitor


@pytest.fixture
def client(stack: EmbeddedStack) -> Iterator[Client]:
    """The stack's Redis."""
    opened = connect(stack.settings.redis_url)
    yield opened
    opened.close()


def letters(api: Api, **parameters: Any) -> dict[str, Any]:
    """A page."""
    body: dict[str, Any] = api.secret.get("/v1/dead-letters", params=parameters).json()
    return body


def awaited(api: Api, name: str, count: int = 1) -> list[dict[str, Any]]:
    """A visitor's letters, once there are so many."""
    deadline_s = time.monotonic() + 30
    while True:
        found = [letter for letter in letters(api, limit=1000)["dead_letters"] if letter["visitor_id"] == name]
        if len(found) >= count:
            return found
        assert time.monotonic() < deadline_s, found
        time.sleep(0.05)


def paged(api: Api, name: str) -> list[str]:
    """Where a visitor's letters stand, page by page."""
    seen: list[str] = []
    before = ""
    while True:
        page = letters(api, limit=300, before=before)
        seen += [letter["position"] for letter in page["dead_letters"] if letter["visitor_id"] == name]
        before = page["next_before"]
        if before is None:
            return seen


def test_a_site_that_floods_hides_nothing_of_another_and_pages_lead_through_all(api: Api, other_api: Api) -> None:
    visitor, flood = new_visitor(), new_visitor()
    api.public.post("/v1/events", json={"events": [event("search", visitor)]})
    for _ in range(3):
        other_api.public.post("/v1/events", json={"events": [event("search", flood) for _ in range(400)]})
    assert [letter["code"] for letter in awaited(api, visitor)] == ["search_term_missing"]
    deadline_s = time.monotonic() + 30
    while len(seen := paged(other_api, flood)) < 1_200:
        assert time.monotonic() < deadline_s, len(seen)
        time.sleep(0.1)
    assert len(seen) == len(set(seen)) == 1_200
    assert all(letter["visitor_id"] != flood for letter in letters(api, limit=1000)["dead_letters"])
    refused = other_api.secret.get("/v1/dead-letters", params={"before": "yesterday"})
    assert (refused.status_code, refused.json()["code"]) == (422, "parameter_invalid")


def test_a_profile_that_cannot_be_read_is_set_aside_and_put_back_once_it_can_be(api: Api, client: Client) -> None:
    visitor, other = new_visitor(), new_visitor()
    for name in (visitor, other):
        api.post(event("view_item", name, "p1"))
    api.wait_until_learned()
    places = {}
    for name in (visitor, other):
        partition = next(p for p in range(64) if client.exists(keys.profile(api.keys.site, p, name)))
        places[name] = keys.profile(api.keys.site, partition, name)
    for name, place in places.items():
        client.set(place, b"broken" if name == visitor else b"12345678 also broken")
    assert api.recommend(visitor_id=visitor, strategy="for_you")["items"], "a request goes on without it"
    (letter,) = awaited(api, visitor)
    assert letter["code"] == "profile_unreadable"
    assert "shopwindow dead-letters replay" in letter["message"]
    assert letter["value"] == "broken"
    api.post(event("view_item", other, "p2"))
    assert awaited(api, other)[0]["source"] in ("profile", "api")
    api.wait_until_learned()
    assert api.secret.get(f"/v1/visitors/{other}").json()["events_seen"] == 1
    answer = api.secret.post("/v1/dead-letters/replay").json()
    told = {rejection["code"] for rejection in answer["rejected"]}
    assert answer["restored"] == 0
    assert "profile_unreadable" in told


def test_what_a_browser_told_is_tried_again_with_a_browsers_rights(known_api: Api, client: Client) -> None:
    api, page, user = known_api, new_visitor(), f"user-{new_visitor()}"
    api.secret.post("/v1/events", json={"events": [event("view_item", user, "p1", user_id=user)]}).raise_for_status()
    told = [
        event("view_item", page, "p1", user_id=user),
        event("view_item", user, "p2", user_id=user),
        event("order_paid", page, params={"order_id": "x"}),
    ]
    store = DeadLetterStore(client)
    for value in told:
        store.set_aside(
            [
                DeadLetter(
                    source=INTAKE,
                    code="once_refused",
                    message="it could not be read then",
                    value=orjson.dumps(value),
                    at_s=time.time(),
                    site=api.keys.site,
                    name=page,
                    told_from="home",
                )
            ]
        )
    answer = api.secret.post("/v1/dead-letters/replay").json()
    assert answer["accepted"] == 1
    assert sorted(rejection["code"] for rejection in answer["rejected"]) == ["key_public", "visitor_token_missing"]
    api.wait_until_learned()
    assert api.secret.get(f"/v1/visitors/{page}").json()["user_id"] is None
    assert api.secret.get(f"/v1/visitors/{user}").json()["events_seen"] == 1


def test_a_lost_profile_comes_back_with_what_the_visitor_did_since(api: Api, client: Client) -> None:
    visitor = new_visitor()
    api.post(*(event("view_item", visitor, f"p{number}") for number in range(3)))
    api.wait_until_learned()
    partition = next(p for p in range(64) if client.exists(keys.profile(api.keys.site, p, visitor)))
    place = keys.profile(api.keys.site, partition, visitor)
    lost = client.get(place)
    assert isinstance(lost, bytes)
    client.delete(place)
    api.post(event("view_item", visitor, "p4"))
    api.wait_until_learned()
    assert api.secret.get(f"/v1/visitors/{visitor}").json()["events_seen"] == 1
    letter = DeadLetter(
        source="profile",
        code="profile_unreadable",
        message="not yet",
        value=lost,
        at_s=time.time(),
        site=api.keys.site,
        name=visitor,
    )
    DeadLetterStore(client).set_aside([letter])
    answer = api.secret.post("/v1/dead-letters/replay").json()
    assert answer["restored"] == 1, answer
    seen = api.secret.get(f"/v1/visitors/{visitor}").json()
    assert (seen["events_seen"], seen["sessions"], seen["counts"]["view_item"]) == (4, 1, 4)
    assert [item["item_id"] for item in seen["recent_items"]] == ["p4", "p2", "p1", "p0"]
