"""An erasure is whole: of a customer with many devices nothing is left anywhere, and a receipt says so."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from shopwindow.embedded_stack import EmbeddedStack
from store.client import Client, connect
from tests.api.conftest import Api, event, new_visitor

DEVICES = 45


@pytest.fixture
def client(stack: EmbeddedStack) -> Iterator[Client]:
    """The stack's Redis."""
    opened = connect(stack.settings.redis_url)
    yield opened
    opened.close()


def pieces(value: Any) -> Iterator[bytes]:
    """Every text in what Redis answered."""
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        yield from pieces(list(value.items()))
    elif isinstance(value, list | tuple | set):
        for part in value:
            yield from pieces(part)


def stored(client: Client, name: bytes) -> Any:
    """What a key holds, whole."""
    readers: dict[bytes, Any] = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"set": client.smembers,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"zset": lambda key: client.zrange(key, 0, -1),
        b"stream": lambda key: client.xrange(key),
    }
    return readers[client.type(name)](name) if client.exists(name) else []  # type: ignore[index]


def left(client: Client, names: list[str]) -> list[tuple[bytes, str]]:
    """Keys, but for those of the log, that name or hold one of some texts."""
    found = []
    for key in client.scan_iter():
        if key.startswith(b"log:"):
            continue
        held = list(pieces(stored(client, key)))
        for name in names:
            sought = name.encode()
            if sought in key or any(sought in piece for piece in held):
                found.append((key, name))
    return found


def rows_of(stack: EmbeddedStack, names: list[str]) -> int:
    """Rows of the archive's files in which one of the texts stands, in any column."""
    count = 0
    for file in Path(stack.settings.data_dir).rglob("*.parquet*"):
        for row in pq.read_table(file).to_pylist():
            count += any(name in str(row) for name in names)
    return count


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
    assert rows_of(stack, [mail, tag]) >= 3 * DEVICES
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
    assert rows_of(stack, [mail, tag]) == 0
    assert mail not in str(receipt)


def test_a_receipt_of_another_site_or_none_is_unknown(api: Api, other_api: Api) -> None:
    erasure_id = api.secret.delete(f"/v1/visitors/{new_visitor()}").headers["erasure-id"]
    assert finished(api, erasure_id)["removed"]["archive rows"] == 0
    for asked in (other_api.secret.get(f"/v1/erasures/{erasure_id}"), api.secret.get("/v1/erasures/none")):
        assert (asked.status_code, asked.json()["code"]) == (404, "erasure_unknown")
    assert api.public.get(f"/v1/erasures/{erasure_id}").status_code == 403
