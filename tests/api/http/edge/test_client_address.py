"""Client address: only proxies that are trusted say whom they speak for, and only the last hop that none of them is."""

from typing import Any

import pytest
from starlette.types import Scope

from api.http.edge.client_address import ClientAddress, parse_networks, sender_of

PROXIES = ("10.0.0.0/8", "fd00::/8")


def scope(peer: str | None, *headers: tuple[str, str]) -> dict[str, Any]:
    named = [(name.encode(), value.encode()) for name, value in headers]
    return {"type": "http", "client": (peer, 5) if peer else None, "headers": named}


@pytest.mark.parametrize(
    ("peer", "headers", "sender"),
    [
        ("203.0.113.9", [("x-forwarded-for", "192.0.2.1")], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [("x-forwarded-for", "192.0.2.1")], "192.0.2.1"),
        ("10.0.0.1", [("x-forwarded-for", "1.1.1.1, 192.0.2.1")], "192.0.2.1"),
        ("10.0.0.1", [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "192.0.2.1, 10.3.3.3")], "192.0.2.1"),
        ("10.0.0.1", [("x-forwarded-for", "10.2.2.2, 10.3.3.3")], "10.2.2.2"),
        ("10.0.0.1", [("x-forwarded-for", "192.0.2.1, nonsense, 10.3.3.3")], "10.3.3.3"),
        ("10.0.0.1", [("x-forwarded-for", "nonsense")], "10.0.0.1"),
        ("10.0.0.1", [("x-forwarded-for", "x" * 30_000)], "10.0.0.1"),
        ("10.0.0.1", [("x-forwarded-for", ", " * 9_000 + "192.0.2.1")], "192.0.2.1"),
        ("10.0.0.1", [("x-forwarded-for", "10.1.1.1," * 3_000 + "10.1.1.1")], "10.1.1.1"),
        ("10.0.0.1", [("x-forwarded-for", "192.0.2.1:4711")], "192.0.2.1"),
        ("10.0.0.1", [("x-forwarded-for", "[2001:db8::7]:4711")], "2001:db8::/64"),
        ("10.0.0.1", [("forwarded", 'for=1.1.1.1, For="[2001:db8::7]";proto=https')], "2001:db8::/64"),
        ("10.0.0.1", [("forwarded", "proto=https")], "10.0.0.1"),
        ("fd00::1", [("x-forwarded-for", "192.0.2.1")], "192.0.2.1"),
        ("::ffff:10.0.0.1", [("x-forwarded-for", "192.0.2.1")], "192.0.2.1"),
        # The proxy writes one of them, and the sender the other.
        ("10.0.0.1", [("x-forwarded-for", "1.1.1.1"), ("forwarded", "for=192.0.2.1")], "10.0.0.1"),
        ("10.0.0.1", [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.1")], "192.0.2.1"),
        (None, [("x-forwarded-for", "192.0.2.1")], ""),
    ],
)
def test_who_sends(peer: str | None, headers: list[tuple[str, str]], sender: str) -> None:
    assert ClientAddress(PROXIES).sender(scope(peer, *headers)) == sender


def test_without_trusted_proxies_no_header_is_read() -> None:
    assert ClientAddress().sender(scope("127.0.0.1", ("x-forwarded-for", "192.0.2.1"))) == "127.0.0.1"


def test_a_network_of_ipv6_is_one_sender() -> None:
    assert len({sender_of(f"2001:db8:0:1::{number:x}") for number in range(1, 99)}) == 1
    assert sender_of("2001:db8:0:2::1") != sender_of("2001:db8:0:1::1")
    assert sender_of("fe80::1%eth0") == "fe80::/64"


def test_what_is_no_network_is_named() -> None:
    with pytest.raises(ValueError, match="everybody"):
        parse_networks(["10.0.0.0/8", "everybody"])


def test_a_proxy_of_ones_own_that_nobody_trusts_is_found() -> None:
    def asked(peer: str, *headers: tuple[bytes, bytes]) -> Scope:
        return {"type": "http", "client": (peer, 1), "headers": list(headers)}

    told = (b"x-forwarded-for", b"203.0.113.7")
    nobody, some = ClientAddress(), ClientAddress(["10.0.0.0/8"])
    assert nobody.unknown_proxy(asked("127.0.0.1", told)) == "127.0.0.1"
    assert some.unknown_proxy(asked("192.168.0.7", told)) == "192.168.0.7"
    assert not any(
        (some.unknown_proxy(asked("10.1.2.3", told)), nobody.unknown_proxy(asked("8.8.4.4", told))),
    ), "it is trusted, or no one's own"
    assert not nobody.unknown_proxy(asked("127.0.0.1"))
