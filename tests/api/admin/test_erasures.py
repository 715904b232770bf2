"""An erasure is whole: of a customer with many devices nothing is left anywhere, and a receipt says so."""

import time
from typing import Any

from shopwindow.embedded_stack import EmbeddedStack
from store.client import Client
from tests.api.conftest import Api, event, new_visitor
from tests.api.traces import LOG, keys_with, rows_with

DEVICES = 45


def left(client: Client, names: list[str]) -> list[tuple[bytes, str]]:
    """Keys, but for those of the log, that name or hold one of some texts."""
    return [(key, name) for key, name in keys_with(client, names) if not key.startswith(LOG)]


def finished(api: Api, erasure_id: str) -> dict[str, Any]:
    """The receipt, once all is done."""
    deadline_s = time.monotonic() + 30
    while True:
        receipt: dict[str, Any] = api.secret.get(f"/v1/erasures/{erasure_id}").json()
        if receipt["finished_at"]:
            return receipt
        assert time.monotonic() < deadline_s, receipt
        time.sleep(0.05)


def test_of_a_customer_with_45_devices_nothing_is_left(api: Api, stack: EmbeddedStack, client: Client) -> None:
    mail, tag = f"{new_visitor()}@shop.example", new_visitor()
    devices = [f"{tag}-{number:02}" for number in range(DEVICES)]
    for number, device in enumerate(devices):
        at = f"2026-01-01T10:{number:02}:00Z"
        looked = [event("view_item", device, f"p{number}", timestamp=at), event("add_to_cart", device, f"p{number}")]
        api.post(*looked)
        api.post(event("login", device, user_id=mail, timestamp=at))
        api.post(event("view_item", device, f"p{number}", user_id=mail))
    api.post(event("purchase", mail, "p1", params={"transaction_id": f"o-{tag}", "value": 9.0, "currency": "EUR"}))
    api.public.post("/v1/events", json={"events": [event("search", devices[3], user_id=mail)]})
    api.wait_until_learned()
    assert rows_with(stack, [mail, tag]) >= 3 * DEVICES
    assert left(client, [mail, tag])

    response = api.secret.delete(f"/v1/visitors/{mail}")
    assert response.status_code == 204
    assert response.headers["location"] == f"/v1/erasures/{response.headers['erasure-id']}"
    receipt = finished(api, response.headers["erasure-id"])
    assert receipt["visitor_ids"] == DEVICES + 1
    assert all(receipt["erased"].values())
    assert receipt["removed"]["archive rows"] >= 3 * DEVICES
    assert receipt["removed"]["devices"] == DEVICES
    assert receipt["removed"]["dead letters"] == 1
    api.wait_until_learned()
    assert left(client, [mail, tag]) == []
    assert rows_with(stack, [mail, tag]) == 0
    assert mail not in str(receipt)


def test_a_receipt_of_another_site_or_none_is_unknown(api: Api, other_api: Api) -> None:
    erasure_id = api.secret.delete(f"/v1/visitors/{new_visitor()}").headers["erasure-id"]
    assert finished(api, erasure_id)["removed"]["archive rows"] == 0
    for asked in (other_api.secret.get(f"/v1/erasures/{erasure_id}"), api.secret.get("/v1/erasures/none")):
        assert (asked.status_code, asked.json()["code"]) == (404, "erasure_unknown")
    assert api.public.get(f"/v1/erasures/{erasure_id}").status_code == 403
