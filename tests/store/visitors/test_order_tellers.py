"""Order tellers: everybody who told of an order, bounded, on one node and on a cluster."""

import uuid
from collections.abc import Iterator

import pytest

from store.client import connect
from store.visitors.order_tellers import MAX_TELLERS, OrderTellerStore, ToldOrder


@pytest.fixture(params=["node", "cluster"])
def tellers(request: pytest.FixtureRequest) -> Iterator[OrderTellerStore]:
    """Tellers on one node and on a cluster."""
    kind = request.param
    url = request.getfixturevalue("cluster_url") if kind == "cluster" else request.getfixturevalue("redis_server").url
    client = connect(url, cluster=kind == "cluster")
    yield OrderTellerStore(client, 8, 60.0)
    client.close()


def test_each_is_told_who_told_before_and_a_site_has_its_own_orders(tellers: OrderTellerStore) -> None:
    shop, others = f"s-{uuid.uuid4().hex[:8]}", f"s-{uuid.uuid4().hex[:8]}"
    told = [ToldOrder(shop, "o1", "browser"), ToldOrder(shop, "o2", "x"), ToldOrder(shop, "o1", "customer")]
    assert tellers.note(told) == [["browser"], ["x"], ["browser", "customer"]]
    assert tellers.note([ToldOrder(others, "o1", "browser 2")]) == [["browser 2"]]
    assert tellers.note([]) == []
    tellers.forget([ToldOrder(shop, "o1", "browser")])
    assert tellers.note([ToldOrder(shop, "o1", "customer")]) == [["customer"]]


def test_an_order_is_known_under_so_many_ids(tellers: OrderTellerStore) -> None:
    site = f"s-{uuid.uuid4().hex[:8]}"
    for number in range(MAX_TELLERS + 3):
        found = tellers.note([ToldOrder(site, "o", f"v{number}")])
    assert found == [[f"v{number}" for number in range(MAX_TELLERS)]]
