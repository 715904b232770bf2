"""Webhook transport: what a name leads to is judged when the connection is made."""

import socket
from typing import Any

import httpx
import pytest

from stream.messages.webhook_transport import AddressRefusedError, is_public, open_transport
from tests.webhooks import receiving

LIMITS = httpx.Limits(max_connections=2)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.2", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("0.0.0.0", False),  # noqa: S104 - judged, not bound
        ("::", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
    ],
)
def test_only_addresses_of_the_internet_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_a_name_that_leads_home_is_refused_whatever_else_it_leads_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_: Any, **__: Any) -> list[Any]:
        return [(2, 1, 6, "", ("93.184.216.34", 80)), (2, 1, 6, "", ("127.0.0.1", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    client = httpx.Client(transport=open_transport(LIMITS, private=False))
    with client, pytest.raises(httpx.ConnectError) as found:
        client.post("http://rebinding.example/")
    assert isinstance(found.value.__cause__, AddressRefusedError)


@pytest.mark.parametrize("port", [22, 25, 53, 445])
def test_ports_of_other_services_are_no_webhooks(port: int) -> None:
    client = httpx.Client(transport=open_transport(LIMITS, private=False))
    with client, pytest.raises(httpx.ConnectError) as found:
        client.post(f"http://93.184.216.34:{port}/")
    assert isinstance(found.value.__cause__, AddressRefusedError)


def test_where_the_settings_allow_it_a_webhook_may_be_here() -> None:
    with receiving() as receiver, httpx.Client(transport=open_transport(LIMITS, private=True)) as client:
        assert client.post(receiver.url, content=b"{}").is_success
    assert len(receiver.calls) == 1
