"""Order tellers: everybody who told of an order, and what, bounded, on one node and on a cluster."""

import uuid
from collections.abc import Iterator

import pytest

from models.events.events import EventItem
from models.events.order_copy import order_copy
from store.client import connect
from store.visitors.order_tellers import (
    MAX_TELLERS,
    MAX_TOLD,
    KnownOrder,
    OrderNames,
    OrderTellerStore,
    ToldEvent,
    ToldOrder,
)
from tests.models.makers import event


@pytest.fixture(params=["node", "cluster"])
def tellers(request: pytest.FixtureRequest) -> Iterator[OrderTellerStore]:
    """Tellers on one node and on a cluster."""
    kind = request.param
    url = request.getfixturevalue("cluster_url") if kind == "cluster" else request.getfixturevalue("redis_server").url
    client = connect(url, cluster=kind == "cluster")
    yield OrderTellerStore(client, 8, 60.0)
    client.close()


def site_of_its_own() -> str:
    return f"s-{uuid.uuid4().hex[:8]}"


def told_of(
    site: str, order_id: str, visitor: str, name: str = "purchase", event_id: str = "", at_s: float = 0
) -> ToldEvent:
    told = event(
        name,
        visitor=visitor,
        at_s=at_s,
        event_id=event_id,
        params={"order_id": order_id},
        items=(EventItem(item_id="a"),),
    )
    return ToldEvent(ToldOrder(site, order_id, visitor), order_copy(told, visitor))


def summed_up(known: KnownOrder) -> tuple[list[str], list[str], bool]:
    """Tellers, who told what before, and whether that is news."""
    return known.tellers, [f"{copy.visitor_id} {copy.params['event']}" for copy in known.told], known.unheard


def test_each_is_told_who_told_before_and_a_site_has_its_own_orders(tellers: OrderTellerStore) -> None:
    shop, others = site_of_its_own(), site_of_its_own()
    told = [told_of(shop, "o1", "browser"), told_of(shop, "o2", "x"), told_of(shop, "o1", "customer", "order_paid")]
    assert [summed_up(known) for known in tellers.note(told)] == [
        (["browser"], [], False),
        (["x"], [], False),
        (["browser", "customer"], ["browser purchase"], True),
    ]
    assert [summed_up(known) for known in tellers.note([told_of(others, "o1", "browser 2")])] == [
        (["browser 2"], [], False)
    ]
    assert tellers.note([]) == []


def test_who_comes_late_hears_what_was_told_until_it_is_noted_that_they_have(tellers: OrderTellerStore) -> None:
    site = site_of_its_own()
    first, late = told_of(site, "o", "browser", event_id="e1"), told_of(site, "o", "customer", "order_paid", "e2")
    tellers.note([first])
    [known], [again] = tellers.note([late]), tellers.note([late])
    assert known.unheard, "the log may not have taken what it was to hear"
    assert again.unheard
    tellers.heard([late.order])
    [known] = tellers.note([late])
    assert summed_up(known) == (["browser", "customer"], ["browser purchase", "customer order_paid"], False)


def test_what_is_told_again_is_kept_once(tellers: OrderTellerStore) -> None:
    site = site_of_its_own()
    for again in range(3):
        tellers.note([told_of(site, "o", "browser", event_id="e1", at_s=again), told_of(site, "o", "browser")])
    [known] = tellers.note([told_of(site, "o", "customer")])
    assert len(known.told) == 2


def test_an_order_is_known_under_so_many_ids_and_by_so_many_events(tellers: OrderTellerStore) -> None:
    site = site_of_its_own()
    for number in range(MAX_TELLERS + 3):
        [found] = tellers.note([told_of(site, "o", f"v{number}")])
    assert found.tellers == [f"v{number}" for number in range(MAX_TELLERS)]
    assert found.unheard, "who is one too many hears each time what was told"
    tellers.note([told_of(site, "p", "v", event_id=f"e{number}", at_s=number) for number in range(MAX_TOLD + 9)])
    [known] = tellers.note([told_of(site, "p", "w")])
    moments = [copy.at_s - known.told[0].at_s for copy in known.told]
    assert moments == [0, *range(10, MAX_TOLD + 9)], "the first mostly says what the order is of"


def test_nothing_is_left_of_what_an_erased_visitor_told(tellers: OrderTellerStore) -> None:
    site = site_of_its_own()
    tellers.note([told_of(site, "o", "browser"), told_of(site, "o", "customer"), told_of(site, "o", "desk", "refund")])
    tellers.forget(site, ["o", "unknown"], ["customer", "browser"])
    [known] = tellers.note([told_of(site, "o", "another")])
    assert summed_up(known) == (["another", "desk"], ["desk refund"], True)


def test_a_payments_id_leads_to_the_order_it_was_told_with(tellers: OrderTellerStore) -> None:
    site, other = site_of_its_own(), site_of_its_own()
    both, payment = OrderNames(site, "pay_9", "1002"), OrderNames(site, "pay_9", "")
    assert tellers.order_ids([payment]) == ["pay_9"]
    assert tellers.order_ids([both, payment, OrderNames(site, "", "1002"), OrderNames(site, "same", "same")]) == [
        "1002",
        "1002",
        "1002",
        "same",
    ]
    assert tellers.order_ids([payment, OrderNames(other, "pay_9", "")]) == ["1002", "pay_9"]
    told = told_of(site, "1002", "browser")
    told.copy.params["transaction_id"] = "pay_9"
    tellers.note([told])
    tellers.forget(site, ["1002"], ["browser"])
    assert tellers.order_ids([payment]) == ["pay_9"]
