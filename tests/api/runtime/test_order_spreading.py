"""Order spreading over HTTP: what anybody tells of an order reaches everybody who knows it, and only that."""

import time
import uuid
from typing import Any

from tests.api.conftest import Api, event, new_visitor

NOW_S = 1_770_000_000.0


def order(
    name: str, visitor: str, order_id: str, *lines: dict[str, Any], at_s: float = 0, **params: Any
) -> dict[str, Any]:
    field = "transaction_id" if name in ("purchase", "refund") else "order_id"
    return event(name, visitor, *lines, timestamp=NOW_S + at_s, params={field: order_id, "currency": "EUR", **params})


def orders_of(api: Api, visitor: str) -> tuple[int, float]:
    """How many orders a visitor is known for, and what they come to."""
    value = api.secret.get(f"/v1/visitors/{visitor}").raise_for_status().json()["value"]
    return value["orders"], value["lifetime_value"]


def test_a_refund_told_by_the_help_desk_reaches_the_visitor_who_bought(api: Api) -> None:
    browser, desk, order_id = new_visitor(), new_visitor(), uuid.uuid4().hex
    api.post(order("purchase", browser, order_id, {"item_id": "p1", "price": 40, "quantity": 2}, value=80))
    assert orders_of(api, browser) == (1, 80.0)
    api.post(order("refund", desk, order_id, {"item_id": "p1", "price": 40, "quantity": 1}, at_s=60, value=40))
    assert orders_of(api, browser) == (1, 40.0)
    api.post(order("refund", desk, order_id, at_s=90))
    assert orders_of(api, browser) == (0, 0.0)


def test_server_and_browser_know_one_order_of_what_was_said_last(api: Api) -> None:
    browser, customer, order_id = new_visitor(), new_visitor(), uuid.uuid4().hex
    line = {"item_id": "p2", "price": 50}
    api.post(
        order("purchase", browser, order_id, line, value=50),
        order("purchase", customer, order_id, line, at_s=30, value=54.9),
    )
    assert orders_of(api, browser) == orders_of(api, customer) == (1, 54.9)
    seen = api.secret.get(f"/v1/visitors/{browser}").json()
    assert seen["events_seen"] == 1, "a copy is no event of theirs"


def test_what_a_device_told_of_is_its_visitors_once_they_are_known(api: Api) -> None:
    device, user, desk, order_id = new_visitor(), new_visitor(), new_visitor(), uuid.uuid4().hex
    api.post(order("purchase", device, order_id, {"item_id": "p3", "price": 20}, value=20))
    api.post(event("login", device, user_id=user, timestamp=NOW_S + 30))
    api.post(order("refund", desk, order_id, {"item_id": "p3", "price": 20}, at_s=60, value=5))
    until = time.monotonic() + 20
    while orders_of(api, user) != (1, 15.0) and time.monotonic() < until:
        time.sleep(0.1)
    assert orders_of(api, user) == (1, 15.0)
