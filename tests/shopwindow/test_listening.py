"""Listening: IPv4 and IPv6 alike, and what cannot be had is named as what it is."""

import socket

import pytest

from shopwindow.listening import bare_host, local_url, why_not_listening


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::1", "[::1]", "::"])  # noqa: S104
def test_a_free_address_can_be_listened_on_whatever_its_kind(host: str) -> None:
    if ":" in host and not _has_ipv6():
        assert "IPv6 is not served here" in why_not_listening(host, 0)
    else:
        assert why_not_listening(host, 0) == ""


@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])
def test_a_port_that_is_taken_is_said_to_be(host: str, family: socket.AddressFamily) -> None:
    if family == socket.AF_INET6 and not _has_ipv6():
        pytest.skip("no IPv6 here")
    with socket.socket(family) as other:
        other.bind((host, 0))
        other.listen()
        port = other.getsockname()[1]
        assert why_not_listening(host, port) == f"port {port} on {host} is taken; choose another with --port"


@pytest.mark.parametrize("host", ["203.0.113.7", "2001:db8::7", "no such host"])
def test_an_address_of_another_machine_is_not_said_to_be_taken(host: str) -> None:
    told = why_not_listening(host, 8080)
    assert host in told
    assert "taken" not in told


def test_urls_have_brackets_around_ipv6() -> None:
    assert [local_url(host, 8080) for host in ("::1", "[::1]", "::", "localhost", "")] == [
        "http://[::1]:8080",
        "http://[::1]:8080",
        "http://[::1]:8080",
        "http://localhost:8080",
        "http://127.0.0.1:8080",
    ]
    assert bare_host("[fe80::1]") == "fe80::1"
