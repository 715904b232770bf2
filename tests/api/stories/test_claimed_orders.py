"""Claimed orders, over HTTP: what browsers make up moves nothing; what the shop's server confirms counts whole."""

import uuid
from typing import Any

from tests.api.conftest import Api, event, new_visitor


def purchase(visitor: str, order_id: str, item_id: str, price: float, **fields: Any) -> dict[str, Any]:
    """A purchase of one item."""
    params = {"transaction_id": order_id, "value": price, "currency": "EUR"}
    return event("purchase", visitor, {"item_id": item_id, "price": price}, params=params, **fields)


def tell(client: Any, *events: dict[str, Any]) -> None:
    """Have events taken, all of them."""
    response = client.post("/v1/events", json={"events": list(events)})
    assert (response.status_code, response.json()["rejected"]) == (202, []), response.text


def value_of(api: Api, visitor: str) -> tuple[int, float, int]:
    """Orders, revenue and claims of a visitor."""
    value = api.secret.get(f"/v1/visitors/{visitor}").json()["value"]
    return value["orders"], value["lifetime_value"], value["orders_claimed"]


def revenue(api: Api) -> float:
    """What the orders of all days come to."""
    told = {"from": "2020-01-01", "to": "2100-01-01"}
    rows = api.secret.get("/v1/reports/channels", params=told).raise_for_status().json()["rows"]
    return next(float(row["revenue"]) for row in rows if row["channel"] == "total")


def listed(api: Api, strategy: str) -> list[str]:
    """The first items of a list."""
    asked = api.public.get(
        "/v1/recommendations", params={"visitor_id": new_visitor(), "strategy": strategy, "limit": 5}
    )
    return [item["item_id"] for item in asked.raise_for_status().json()["items"]]


def test_what_browsers_make_up_moves_nothing_and_what_a_server_confirms_counts(confirming_api: Api) -> None:
    api, crook, buyer = confirming_api, new_visitor(), new_visitor()
    tag = uuid.uuid4().hex
    tell(api.public, *(event("view_item", new_visitor(), "p1") for _ in range(5)))
    tell(api.public, *(purchase(crook, f"x{n}-{tag}", "p5", 999_999_999.0) for n in range(300)))
    tell(api.public, purchase(buyer, f"o-{tag}", "p2", 40.0, event_id=f"both-{tag}"))
    tell(api.public, purchase(buyer, f"bare-{tag}", "p3", 25.0))
    assert (value_of(api, crook), value_of(api, buyer)) == ((0, 0.0, 16), (0, 0.0, 2))
    api.wait_until_learned()
    assert (value_of(api, crook), value_of(api, buyer)) == ((0, 0.0, 16), (0, 0.0, 2))
    assert revenue(api) == 0.0
    assert "p5" not in listed(api, "bestsellers")[:1]

    customer = f"c-{tag}"
    tell(api.secret, purchase(buyer, f"o-{tag}", "p2", 30.0, event_id=f"both-{tag}"))
    tell(api.secret, event("order_paid", customer, params={"order_id": f"bare-{tag}"}))
    tell(api.public, purchase(crook, f"o-{tag}", "p5", 999_999_999.0))
    tell(api.public, purchase(buyer, f"o-{tag}", "p5", 999_999_999.0))
    api.wait_until_learned()
    assert value_of(api, buyer) == (1, 30.0, 1), "the other order is the customer's, whoever claimed it"
    assert value_of(api, customer) == (1, 25.0, 0)
    assert value_of(api, crook) == (0, 0.0, 16)
    for order_event in ("refund", "order_cancelled"):
        tell(api.secret, event(order_event, customer, params={"order_id": f"bare-{tag}"}))
    assert value_of(api, customer) == (0, 0.0, 0)
    assert revenue(api) == 30.0
    assert listed(api, "bestsellers")[0] == "p2"
    assert "p5" not in listed(api, "bestsellers")[:2]


def test_a_shop_without_a_server_counts_what_browsers_tell(api: Api) -> None:
    buyer = new_visitor()
    tell(api.public, purchase(buyer, uuid.uuid4().hex, "p2", 40.0))
    assert value_of(api, buyer) == (1, 40.0, 0)
