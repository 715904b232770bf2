"""The journal over HTTP: what was sent, why, and all that came of it; what was not delivered, tried again."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.api.conftest import Api, event, new_visitor

CALLBACK = {
    "when": {"event": {"name": "generate_lead", "after": "0s"}},
    "purpose": "service",
    "recommend": {"limit": 0},
}
START = "2026-01-02T03:04:05.000Z"


@pytest.fixture
def shop(other_api: Api) -> Iterator[Api]:
    """A site where a lead is answered at once, on the topic."""
    assert other_api.secret.put("/v1/triggers/callback", json=CALLBACK).status_code == 200
    time.sleep(0.6)  # the trigger flow reads it with its next tick
    yield other_api
    assert other_api.secret.delete("/v1/triggers/callback").status_code == 204


def entries(shop: Api, **asked: Any) -> list[dict[str, Any]]:
    """Entries, newest first."""
    response = shop.secret.get("/v1/journal", params=asked)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["entries"]
    return found


def lead(shop: Api, visitor: str) -> dict[str, Any]:
    """Have a visitor become a lead; gives what was sent for it."""
    shop.post(event("generate_lead", visitor))
    deadline_s = time.monotonic() + 15
    while not (found := entries(shop, visitor_id=visitor)):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    (entry,) = found
    return entry


def wait_for(shop: Api, message_id: str, part: str, what: str) -> dict[str, Any]:
    """Wait until something of an entry is told, and give that part of it."""
    deadline_s = time.monotonic() + 15
    while True:
        found: dict[str, Any] = shop.secret.get(f"/v1/journal/{message_id}").json()[part]
        if found.get(what):
            return found
        assert time.monotonic() < deadline_s, found
        time.sleep(0.05)


def test_an_entry_says_what_was_sent_when_and_why(shop: Api) -> None:
    visitor = new_visitor()
    entry = lead(shop, visitor)
    assert (entry["visitor_id"], entry["trigger_id"], entry["status"]) == (visitor, "callback", "sent")
    assert (entry["kind"], entry["purpose"], entry["reason"]) == ("event", "service", None)
    assert entry["due_at"] <= entry["at"]
    assert entry["recommended"] == []
    assert wait_for(shop, entry["message_id"], "delivery", "topic")["topic"]["status"] in ("waiting", "delivered")
    assert entry["outcome"] == {"delivered": None, "opened": None, "clicked": None, "dismissed": None, "orders": []}
    one = shop.secret.get(f"/v1/journal/{entry['message_id']}").json()
    assert {**one, "delivery": {}} == {**entry, "delivery": {}}


def test_entries_are_found_by_trigger_status_and_time(shop: Api) -> None:
    visitor = new_visitor()
    entry = lead(shop, visitor)
    at_s = datetime.fromisoformat(entry["at"]).timestamp()
    fits: tuple[dict[str, Any], ...] = ({"trigger": "callback"}, {"status": "sent"}, {"from": at_s - 1, "to": at_s + 1})
    for asked in fits:
        assert [found["message_id"] for found in entries(shop, visitor_id=visitor, **asked)] == [entry["message_id"]]
    others: tuple[dict[str, Any], ...] = ({"trigger": "cart-left"}, {"status": "expired"}, {"to": at_s - 1})
    for other in (*others, {"from": at_s + 1}):
        assert entries(shop, visitor_id=visitor, **other) == []
    assert entry["message_id"] in [found["message_id"] for found in entries(shop)]


def test_what_came_of_a_message_is_told_and_an_order_taken_back_is_marked_so(shop: Api) -> None:
    visitor = new_visitor()
    message_id = lead(shop, visitor)["message_id"]
    told = {"message_id": message_id}
    kept, gone = ({"transaction_id": f"{visitor}-{name}", "value": 40} for name in ("kept", "gone"))
    shop.post(
        event("message_opened", visitor, params=told),
        event("purchase", visitor, "p1", params=kept),
        event("purchase", visitor, "p2", params=gone),
        event("refund", visitor, params=gone),
        event("message_clicked", visitor, params=told),
    )
    outcome = wait_for(shop, message_id, "outcome", "clicked")
    assert outcome["opened"] <= outcome["clicked"]
    assert (outcome["delivered"], outcome["dismissed"]) == (None, None)
    orders = {order["order_id"]: (order["value"], order["taken_back"]) for order in outcome["orders"]}
    assert orders == {f"{visitor}-kept": (40.0, False), f"{visitor}-gone": (40.0, True)}


def test_what_does_not_fit_is_refused_by_name(shop: Api) -> None:
    assert shop.public.get("/v1/journal").status_code == 403
    assert shop.secret.get("/v1/journal", params={"from": "yesterday"}).json()["code"] == "parameter_invalid"
    assert shop.secret.get("/v1/journal/nothing").json()["code"] == "message_unknown"
    for message_id in ("0-" + "0" * 24, "99-" + "0" * 24):
        assert shop.secret.get(f"/v1/journal/{message_id}").status_code == 404
    assert shop.secret.get("/v1/journal", params={"status": "lost"}).status_code == 422
    assert shop.secret.get("/v1/undelivered", params={"limit": 0}).status_code == 422


def test_nothing_was_set_aside_and_no_message_of_another_kind_can_be_tried_again(shop: Api) -> None:
    assert shop.secret.get("/v1/undelivered").json() == {"undelivered": []}
    assert shop.secret.post("/v1/undelivered/replay").json() == {"replayed": 0}
    unknown = {"message_id": "0-" + "0" * 24}
    assert shop.secret.post("/v1/undelivered/replay", json=unknown).json() == {"replayed": 0}
    for wrong in ({"message_id": 5}, {"message_id": "x"}):
        refused = shop.secret.post("/v1/undelivered/replay", json=wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "message_id_invalid")
    assert shop.secret.post("/v1/undelivered/replay", json={"id": "x"}).status_code == 422
