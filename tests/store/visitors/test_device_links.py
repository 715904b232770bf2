"""Links: whose a device is, kept bounded, in order, on one node and on a cluster."""

import uuid
from collections.abc import Iterator

import pytest

from models.visitor.identity import MAX_LINKS, Link
from store.client import Client, connect
from store.visitors.device_links import DeviceId, LinkStore


@pytest.fixture(params=["node", "cluster"])
def store(request: pytest.FixtureRequest) -> Iterator[tuple[LinkStore, Client]]:
    """Links on one node and on a cluster."""
    kind = request.param
    url = request.getfixturevalue("cluster_url") if kind == "cluster" else request.getfixturevalue("redis_server").url
    client = connect(url, cluster=kind == "cluster")
    yield LinkStore(client, 60.0), client
    client.close()


def device(partition: int = 3) -> DeviceId:
    """A device nobody used."""
    return "shop", partition, f"d-{uuid.uuid4().hex[:8]}"


def test_links_come_back_sorted_and_once(store: tuple[LinkStore, Client]) -> None:
    links, _ = store
    one, other, nobody = device(1), device(2), device(5)
    links.add([(one, Link(20.5, "")), (one, Link(10.25, "ann")), (other, Link(5.0, "bob\u2028x"))])
    links.add([(one, Link(10.25, "ann"))])
    assert links.read([one, other, nobody]) == {
        one: [Link(10.25, "ann"), Link(20.5, "")],
        other: [Link(5.0, "bob\u2028x")],
    }
    links.forget(one)
    assert links.read([one]) == {}
    assert links.read([]) == {}


def test_the_newest_told_are_kept_and_live_on_when_read(store: tuple[LinkStore, Client]) -> None:
    links, client = store
    one = device()
    links.add((one, Link(float(number), f"u{number}")) for number in range(MAX_LINKS + 5))
    assert [link.user_id for link in links.read([one])[one]] == [f"u{number}" for number in range(5, MAX_LINKS + 5)]
    name = f"{one[0]}:{{{one[1]}}}:links:{one[2]}"
    client.expire(name, 5)
    links.read([one])
    assert 5 < client.ttl(name) <= 60


def test_every_device_a_user_held_is_known_however_many_and_lives_on_with_them(
    store: tuple[LinkStore, Client],
) -> None:
    links, client = store
    user, partitions = f"u-{uuid.uuid4().hex[:8]}", 8
    devices = [device(number % partitions) for number in range(100)]
    links.add((held, Link(float(number), user)) for number, held in enumerate(devices))
    links.add([(devices[0], Link(500.0, "")), (devices[1], Link(501.0, "other"))])
    assert links.devices_of("shop", user, partitions) == sorted(device_id for _, _, device_id in devices)
    name = f"shop:{{{devices[5][1]}}}:devices-of:{user}"
    client.expire(name, 5)
    LinkStore(client, 60.0).read([devices[5]])
    assert 5 < client.ttl(name) <= 60
    links.forget_devices_of("shop", user, partitions)
    assert links.devices_of("shop", user, partitions) == []
