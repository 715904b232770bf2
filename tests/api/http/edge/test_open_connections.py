"""Open connections: counted by address and in all, and what is held of bodies is counted back to nothing."""

from random import Random

from api.http.edge.limits import Limits
from api.http.edge.open_connections import MAX_HELD_BYTES, OpenConnections


def test_an_address_has_a_share_and_a_trusted_proxy_has_none() -> None:
    connections = OpenConnections(Limits(connections=20, connections_per_address=3, trusted_proxies=("10.0.0.0/8",)))
    assert [bool(connections.open("192.0.2.1")) for _ in range(5)] == [False] * 3 + [True] * 2
    assert [bool(connections.open(f"2001:db8::{number}")) for number in range(5)] == [False] * 3 + [True] * 2
    assert not any(connections.open("10.1.2.3") for _ in range(10))
    assert [bool(connections.open("")) for _ in range(5)] == [False] * 4 + [True], "there are 20 in all"
    connections.close("192.0.2.1")
    assert connections.open("192.0.2.1") == ""


def test_no_limit_is_none() -> None:
    connections = OpenConnections(Limits(connections=0, connections_per_address=0))
    assert not any(connections.open("192.0.2.1") for _ in range(10_000))


def test_whatever_came_and_went_nothing_is_left() -> None:
    connections, random = OpenConnections(Limits()), Random(3)
    opened = [f"192.0.2.{random.randrange(9)}" for _ in range(500)]
    for address in opened:
        assert connections.open(address) == ""
        assert connections.admit(address, 100) == ""
    for address in sorted(opened):
        connections.release(address, 100)
        connections.close(address)
    assert (connections.total, connections.held_bytes) == (0, 0)
    assert not connections._by_sender
    assert not connections._held_by_sender


def test_bodies_that_are_still_coming_have_a_bound_and_an_address_a_quarter_of_it() -> None:
    connections = OpenConnections(Limits(trusted_proxies=("10.0.0.0/8",)))
    quarter = MAX_HELD_BYTES // 4
    assert connections.admit("192.0.2.1", quarter) == ""
    assert "192.0.2.1" in connections.admit("192.0.2.1", 1)
    assert connections.admit("10.0.0.1", 2 * quarter) == ""
    assert connections.admit("192.0.2.2", quarter - 1) == ""
    assert str(MAX_HELD_BYTES) in connections.admit("192.0.2.3", 1)
    connections.release("192.0.2.3", 1)
    connections.release("192.0.2.2", 1)
    assert connections.admit("192.0.2.3", 1) == ""
