"""Order spreading over HTTP: what anybody tells of an order reaches everybody who knows it, and only that."""

import time
import uuid
from random import Random
from typing import Any

import msgspec
import pytest

from api.intake.log_appender import Incoming
from api.intake.order_spreading import OrderSpreader
from models.events.events import Event, EventItem, decode_event, encode_event, order_id_of
from models.events.names import ORDER_TOLD, ORDERED_EVENTS
from models.visitor.order import new_order, settle, take_in_event
from models.visitor.order_value import sold_reduced
from models.visitor.profile import Profile
from shopwindow.embedded import EmbeddedRedis
from store.client import connect
from store.visitors.device_links import LinkStore
from store.visitors.order_tellers import OrderTellerStore
from tests.api.conftest import Api, event, new_visitor
from tests.models.makers import event as made_event
from tests.models.visitor.devices import learned

NOW_S = 1_770_000_000.0
PARTITIONS = 8


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


def test_what_a_bot_tells_of_an_order_reaches_nobody(api: Api) -> None:
    browser, crawler, order_id = new_visitor(), new_visitor(), uuid.uuid4().hex
    api.post(order("purchase", browser, order_id, {"item_id": "p1", "price": 40}, value=40))
    undone = order("order_cancelled", crawler, order_id, at_s=60)
    api.post({**undone, "context": {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}})
    assert orders_of(api, browser) == (1, 40.0)


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


LINES = ({"item_id": "p1", "price": 30, "quantity": 1}, {"item_id": "p2", "price": 20, "quantity": 2})


def late_tellers(api: Api, at_once: bool, *events: dict[str, Any]) -> None:
    """Send events in one batch, or each on its own."""
    for batch in [events] if at_once else [(told,) for told in events]:
        api.post(*batch)


@pytest.mark.parametrize("at_once", [False, True])
def test_who_tells_of_an_order_late_hears_what_was_told_before(api: Api, at_once: bool) -> None:
    browser, server, order_id = new_visitor(), new_visitor(), uuid.uuid4().hex
    late_tellers(
        api,
        at_once,
        order("order_paid", server, order_id, at_s=60),
        order("order_created", browser, order_id, *LINES, value=70),
    )
    assert orders_of(api, browser) == orders_of(api, server) == (1, 70.0)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("undo", ["order_cancelled", "refund"])
@pytest.mark.parametrize("again", ["order_paid", "purchase"])
def test_an_order_taken_back_before_it_is_told_of_elsewhere_is_none(
    api: Api, undo: str, again: str, at_once: bool
) -> None:
    browser, customer, order_id = new_visitor(), new_visitor(), uuid.uuid4().hex
    late_tellers(
        api,
        at_once,
        order("purchase", browser, order_id, *LINES, value=70),
        order(undo, browser, order_id, at_s=30),
        order(again, customer, order_id, *LINES, at_s=60, value=70),
    )
    assert orders_of(api, browser) == orders_of(api, customer) == (0, 0.0)


@pytest.mark.parametrize("at_once", [False, True])
def test_a_refund_told_first_by_the_help_desk_counts_once_the_purchase_is_told(api: Api, at_once: bool) -> None:
    browser, desk, order_id = new_visitor(), new_visitor(), uuid.uuid4().hex
    refund = order("refund", desk, order_id, {"item_id": "p1", "price": 30, "quantity": 1}, at_s=60, value=30)
    late_tellers(api, at_once, refund, order("purchase", browser, order_id, *LINES, value=70))
    assert orders_of(api, browser) == (1, 40.0)
    assert orders_of(api, desk) == (0, 0.0), "who gives money back has bought nothing"
    assert api.secret.get(f"/v1/visitors/{browser}").json()["events_seen"] == 1


def test_a_third_id_hears_all_that_two_have_told_and_goes_on_hearing(api: Api) -> None:
    browser, customer, account, order_id = new_visitor(), new_visitor(), new_visitor(), uuid.uuid4().hex
    api.post(order("order_created", browser, order_id, LINES[0], value=30))
    api.post(order("purchase", customer, order_id, LINES[1], at_s=9, value=40))
    api.post(order("order_paid", account, order_id, at_s=20))
    assert {orders_of(api, teller) for teller in (browser, customer, account)} == {(1, 70.0)}
    api.post(order("refund", browser, order_id, LINES[0], at_s=90, value=30))
    assert {orders_of(api, teller) for teller in (browser, customer, account)} == {(1, 40.0)}


def test_browser_and_server_that_give_their_events_one_id_know_one_order(api: Api) -> None:
    browser, server, order_id = new_visitor(), new_visitor(), uuid.uuid4().hex
    api.post({**order("order_paid", server, order_id, at_s=60), "event_id": order_id})
    api.post({**order("purchase", browser, order_id, *LINES, value=70), "event_id": order_id})
    assert orders_of(api, browser) == orders_of(api, server) == (1, 70.0)


def test_what_becomes_of_an_order_is_told_to_who_held_the_device_then(api: Api) -> None:
    device, user, desk, order_id = new_visitor(), new_visitor(), new_visitor(), uuid.uuid4().hex
    api.post(order("purchase", device, order_id, *LINES, value=70))
    api.post(event("login", device, user_id=user, timestamp=NOW_S + 30))
    api.post(event("logout", device, timestamp=NOW_S + 40))
    api.post(order("refund", desk, order_id, LINES[0], at_s=60, value=30))
    until = time.monotonic() + 20
    while orders_of(api, user) != (1, 40.0) and time.monotonic() < until:
        time.sleep(0.1)
    assert orders_of(api, user) == (1, 40.0)


@pytest.mark.parametrize("at_once", [False, True])
def test_an_order_told_with_its_payments_id_is_one_under_either(api: Api, at_once: bool) -> None:
    browser, order_id, payment = new_visitor(), uuid.uuid4().hex, f"pay_{uuid.uuid4().hex}"
    bought = order("purchase", browser, payment, {"item_id": "p1", "price": 30, "quantity": 3}, value=90)
    bought["params"]["order_id"] = order_id
    late_tellers(
        api,
        at_once,
        bought,
        order("order_paid", browser, order_id, at_s=30),
        order("refund", browser, payment, {"item_id": "p1", "price": 30, "quantity": 1}, at_s=60),
    )
    assert orders_of(api, browser) == (1, 60.0)


def test_an_erased_visitors_word_reaches_nobody_who_comes_later(api: Api) -> None:
    browser, server, order_id = new_visitor(), new_visitor(), uuid.uuid4().hex
    api.post(order("purchase", browser, order_id, *LINES, value=70))
    api.wait_until_learned()
    assert api.secret.delete(f"/v1/visitors/{browser}").status_code == 204
    api.post(order("order_paid", server, order_id, at_s=60))
    assert orders_of(api, server) == (1, 0.0)


def told_events(site: str, seed: int) -> list[Event]:
    """What four ids tell of three orders: in parts, late, taken back, some of it with an id."""
    random = Random(seed)
    made: list[Event] = []
    for number in range(30):
        name = random.choice(["order_created", "order_paid", "purchase", "purchase", "refund", "order_returned"])
        items = [
            EventItem(item_id=item_id, price=random.choice([None, 5.0, 30.0]), quantity=random.choice([1, 2]))
            for item_id in random.sample(["a", "b", "c"], random.randrange(4))
        ]
        told = made_event(
            "order_cancelled" if random.random() < 0.05 else name,
            visitor=f"teller {random.randrange(4)}",
            at_s=float(random.randrange(1_000)),
            items=tuple(items),
            event_id=f"e{number}" if random.random() < 0.5 else "",
            params={"order_id": f"o{random.randrange(3)}", **({"value": 40} if random.random() < 0.4 else {})},
        )
        made.append(msgspec.structs.replace(told, site=site))
    return made


@pytest.mark.parametrize("seed", range(12))
def test_everybody_who_told_that_an_order_was_made_knows_all_of_it(redis_server: EmbeddedRedis, seed: int) -> None:
    client, site, random = connect(redis_server.url), f"s-{uuid.uuid4().hex[:8]}", Random(seed)
    spreader = OrderSpreader(OrderTellerStore(client, PARTITIONS, 60.0), LinkStore(client, 60.0), PARTITIONS)
    told, log = told_events(site, seed), list[Event]()
    while told:
        size = random.randrange(1, 6)
        batch, told = told[:size], told[size:]
        records = [Incoming(site, 0, record_event.visitor_id, encode_event(record_event)) for record_event in batch]
        if random.random() < 0.3:
            spreader.prepare(records)  # the log did not take it, or the process ended before: it is sent again
        records = spreader.prepare(records)
        log += [decode_event(record.value) for record in records]
        if random.random() < 0.7:  # else the process ended behind the append
            spreader.remember(records)
    client.close()
    orders = {f"o{number}": new_order(f"o{number}", NOW_S) for number in range(3)}
    made: set[tuple[str, str]] = set()
    for event_told in (record_event for record_event in log if record_event.event != ORDER_TOLD):
        take_in_event(orders[order_id_of(event_told)], event_told, sold_reduced)
        if event_told.event in ORDERED_EVENTS:
            made.add((event_told.visitor_id, order_id_of(event_told)))
    for teller in sorted({teller for teller, _ in made}):
        profile = learned(Profile(), *(record_event for record_event in log if record_event.visitor_id == teller))
        known = {order.order_id: order for order in profile.history.orders}
        for order_id in (order_id for who, order_id in made if who == teller):
            left = settle(orders[order_id])
            assert (order_id not in known) == left.void
            if not left.void:
                mine = known[order_id]
                assert (mine.units, mine.paid) == (sum(left.units.values()), orders[order_id].paid)
                assert mine.cents == pytest.approx(left.cents, abs=2)
