"""Erasures: a receipt names nobody, counts what went, and is finished once every flow has come past it."""

from collections.abc import Iterator

import pytest

from shopwindow.embedded import EmbeddedRedis
from store import keys
from store.client import Client
from store.log.log import EventLog
from store.visitors.erasures import ERASING_FLOWS, ErasureStore, OpenErasure
from tests.store.log.logs import Server, new_name, numbers


@pytest.fixture
def log(redis_server: EmbeddedRedis) -> Iterator[EventLog]:
    """A log of two partitions."""
    made = Server("redis", redis_server.url).open(new_name(), partitions=2)
    yield made
    made.close()


def test_a_receipt_tells_how_far_flows_have_come_and_names_nobody(client: Client, site: str, log: EventLog) -> None:
    store = ErasureStore(client)
    log.append([*numbers(0, 1, 3), *numbers(1, 1, 3)])
    store.note_begun(site, "x", OpenErasure([(0, "ann"), (1, "d")], "ann", {0: 2, 1: 3}), 5.0)
    store.add_removed(site, "x", {"orders": 2})
    store.add_removed(site, "x", {"orders": 1, "devices": 1})
    receipt = store.read(site, "x", log)
    assert receipt is not None
    assert (receipt.asked_at_s, receipt.ids, receipt.removed) == (5.0, 2, {"devices": 1, "orders": 3})
    assert not any(receipt.done.values())
    log.commit("profile", {0: 2, 1: 3})
    again = store.read(site, "x", log)
    assert again is not None
    assert {flow for flow, done in again.done.items() if done} == {"profile"}
    assert b"ann" not in b"".join(client.hgetall(keys.erasure(site, "x")).values())  # type: ignore[arg-type]


def test_whom_an_erasure_is_of_is_known_until_it_is_finished(client: Client, site: str, log: EventLog) -> None:
    store = ErasureStore(client)
    store.note_begun(site, "x", OpenErasure([(0, "ann")], "ann", {0: 2}), 5.0)
    client.hset(keys.open_erasures(site), "broken", "{")
    assert [opened.user_id for opened in store.open_of(site).values()] == ["ann"]
    store.finish(site, "x", 9.0)
    assert store.open_of(site) == {}
    receipt = store.read(site, "x", log)
    assert receipt is not None
    assert receipt.finished_at_s == 9.0


def test_nothing_is_counted_on_a_receipt_that_is_not_there(client: Client, site: str, log: EventLog) -> None:
    store = ErasureStore(client)
    store.add_removed(site, "none", {"orders": 1})
    assert store.read(site, "none", log) is None


@pytest.mark.parametrize(("come", "passed"), [(2, True), (1, False)])
def test_it_is_passed_once_every_flow_has_come_so_far(come: int, passed: bool) -> None:
    opened = OpenErasure([(0, "ann")], "ann", {0: 2})
    assert opened.is_passed({flow: [2, 0] for flow in ERASING_FLOWS})
    assert opened.is_passed({"profile": [9, 0], "archive": [come, 0]}) is passed
