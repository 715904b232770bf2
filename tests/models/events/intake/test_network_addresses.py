"""Network addresses: cut wherever they stand, in any form; nothing else is touched."""

import copy

import pytest

from models.events.intake.network_addresses import cut_addresses, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("203.000.113.077", "203.000.113.0"),
        ("203.0.113.77:443", "203.0.113.0:443"),
        ("203.0.113.77,10.0.0.9 , 192.0.2.1", "203.0.113.0,10.0.0.0 , 192.0.2.0"),
        ("2001:db8:85a3:8d3:1319:8a2e:370:7348", "2001:db8:85a3::"),
        ("[2001:DB8::1]:443", "[2001:db8::]:443"),
        ("fe80::1%eth0", "fe80::%eth0"),
        ("::ffff:203.0.113.77", "::ffff:203.0.113.0"),
        ("::1", "::"),
        ("", ""),
        ("unknown", "unknown"),
        ("0f3a77aa", "0f3a77aa"),
    ],
)
def test_an_address_is_cut_to_its_network(address: str, network: str) -> None:
    assert network_of(address) == network
    assert network_of(network) == network


@pytest.mark.parametrize("name", ["ip", "IP", "ip_address", "ipAddress", "ip_override", "X-Forwarded-For", "user.ip"])
def test_it_is_cut_wherever_it_stands(name: str) -> None:
    held = {name: "203.0.113.77"}
    event = {"event": "page_view", **held, "params": held.copy(), "context": {"network": [[held.copy()]]}, "items": [1]}
    cut_addresses(event)
    cut = {name: "203.0.113.0"}
    assert event == {"event": "page_view", **cut, "params": cut, "context": {"network": [[cut]]}, "items": [1]}
    several = {name: ["203.0.113.77", None, 7, "2001:db8:1:2:3::4"]}
    cut_addresses(several)
    assert several == {name: ["203.0.113.0", None, 7, "2001:db8:1::"]}


@pytest.mark.parametrize(
    "other",
    [
        {"version": "1.2.3.4", "userAgent": "Mozilla/5.0 Chrome/120.0.6099.71", "time": "10:20:30", "tip": "1.2.3.4"},
        {"ip": None, "x": [1, "203.0.113.77"], "description": "203.0.113.77", "zip": "10.0.0.1"},
        [],
        "203.0.113.77",
        None,
        {"ip" * 50: "203.0.113.77"},
    ],
)
def test_nothing_else_is_touched(other: object) -> None:
    before = copy.deepcopy(other)
    cut_addresses(other)
    assert other == before


def test_no_nesting_and_no_length_is_too_much() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    cut_addresses({"ip": deep})
    assert len(network_of(":" * 500_000)) <= 500
    assert len(network_of("1." * 250_000)) <= 500
