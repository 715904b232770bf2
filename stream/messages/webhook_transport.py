"""Webhook transport: posts to public addresses alone, as they are found when the connection is made.

A name is looked up once, each address it has is judged, and one that was judged is connected to: what the name says a
moment later changes nothing.
"""

import contextlib
import ipaddress
import socket
from collections.abc import Iterable
from typing import Any, Final

import httpcore
import httpx

_PORTS: Final = frozenset({80, 443})
"""Below 1024; further up anything may be a webhook."""
_FIRST_FREE_PORT: Final = 1024
_MAPPED: Final = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses that stand for IPv4 ones (RFC 6052)."""


class AddressRefusedError(httpcore.ConnectError):
    """A webhook's address is none that may be posted to."""


def is_public(address: str) -> bool:
    """Whether an address is one of the internet's, and none of a machine's own, its network's or its cloud's.

    >>> [is_public(address) for address in ("8.8.8.8", "169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::a00:1")]
    [True, False, False, False]
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in _MAPPED:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            found = inner
    return found.is_global and not found.is_multicast


class _PublicNetwork(httpcore.NetworkBackend):
    """Connects to addresses that are public."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Look a name up, and connect to one of its addresses, if all are public."""
        if port < _FIRST_FREE_PORT and port not in _PORTS:
            raise AddressRefusedError(f"port {port} is no webhook's")
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the name is not known") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not addresses or not all(is_public(address) for address in addresses):
            raise AddressRefusedError(f"{host} is no public address")
        for address in addresses[:-1]:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
        return self._inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    def connect_unix_socket(self, *_: object, **__: object) -> httpcore.NetworkStream:
        """No webhook is a socket of this machine."""
        raise AddressRefusedError("a webhook is no socket")


def open_transport(limits: httpx.Limits, *, private: bool) -> httpx.HTTPTransport:
    """Give the transport of webhooks; `private` addresses too where the settings allow them."""
    transport = httpx.HTTPTransport(limits=limits, trust_env=False)
    if not private:
        transport._pool = httpcore.ConnectionPool(  # noqa: SLF001 - it takes no backend of ours otherwise
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_PublicNetwork(),
        )
    return transport
