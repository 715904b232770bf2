"""Client address: whose request it is, also behind proxies that are trusted to say so."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from starlette.types import Scope

_MOST_HOPS: Final = 20
"""Proxies looked through, from the nearest: a header may name thousands that were never there."""
_LONGEST: Final = 64
_FORWARDED_FOR: Final = b"x-forwarded-for"
_FORWARDED: Final = b"forwarded"

Network = IPv4Network | IPv6Network


def parse_networks(written: Sequence[str]) -> tuple[Network, ...]:
    """Read addresses and networks; raises `ValueError`, which names the one that is none.

    >>> [str(network) for network in parse_networks(["10.0.0.0/8", "::1"])]
    ['10.0.0.0/8', '::1/128']
    """
    return tuple(ip_network(text, strict=False) for text in written)


@lru_cache(maxsize=8_192)
def sender_of(address: str) -> str:
    """Give what stands for everybody behind an address: an IPv4 address itself, of an IPv6 address its /64.

    >>> sender_of("192.0.2.7"), sender_of("2001:db8:1:2:3::4"), sender_of("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8:1:2::/64', '192.0.2.7')
    """
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed) >> 64 << 64, 64)))
    return address if parsed is None else str(parsed)


@lru_cache(maxsize=8_192)
def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address, with a port or in brackets or not; None for what is none."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed


class ClientAddress:
    """Tells whose a request is.

    Parameters
    ----------
    trusted
        Proxies whose `X-Forwarded-For` or `Forwarded` is believed; of anybody else's neither is read.
    """

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        self._trusted = parse_networks(trusted)

    def sender(self, scope: Scope) -> str:
        """Give the sender of a request, as `sender_of` has it; empty where the server tells no address.

        Behind trusted proxies that is the last hop that none of them is. Where the two headers tell of different
        senders, one of them came through from outside: the proxy itself is the sender then.
        """
        client = scope.get("client")
        if client is None:
            return ""
        peer: str = client[0]
        if not self._trusted or not self.is_trusted(peer):
            return sender_of(peer)
        told = {hop for name, hops in _told(scope) if (hop := self._last_untrusted(name, hops))}
        return told.pop() if len(told) == 1 else sender_of(peer)

    def unknown_proxy(self, scope: Scope) -> str:
        """Give the address of a proxy that seems to be the shop's own and is not trusted; empty for none."""
        client = scope.get("client")
        peer = _parsed(client[0]) if client is not None else None
        if peer is None or not peer.is_private or _within(peer, self._trusted) or not _told(scope):
            return ""
        return str(peer)

    def is_trusted(self, address: str) -> bool:
        """Whether an address is one of the proxies'."""
        return _within(_parsed(address), self._trusted)

    def _last_untrusted(self, name: bytes, hops: str) -> str:
        """Give the last hop that is no trusted proxy, else the furthest; empty for none that can be read."""
        last = ""
        for part in reversed(hops.rsplit(",", _MOST_HOPS)[-_MOST_HOPS:]):
            text = part if name == _FORWARDED_FOR else _for_of(part)
            address = _parsed(text) if len(text) <= _LONGEST else None
            if address is None:
                break
            last = sender_of(str(address))
            if not _within(address, self._trusted):
                break
        return last


def _told(scope: Scope) -> list[tuple[bytes, str]]:
    """Give what each of the two headers says, all its lines as one."""
    lines: dict[bytes, list[str]] = {}
    for name, value in scope["headers"]:
        if name in (_FORWARDED_FOR, _FORWARDED):
            lines.setdefault(name, []).append(value.decode("latin-1"))
    return [(name, ",".join(values)) for name, values in lines.items()]


def _for_of(element: str) -> str:
    """Give whom an element of `Forwarded` speaks for.

    >>> _for_of('proto=https; For="[2001:db8::1]:4711"')
    '"[2001:db8::1]:4711"'
    """
    for pair in element.split(";"):
        name, _, value = pair.partition("=")
        if name.strip().lower() == "for":
            return value.strip()
    return ""


def _within(address: IPv4Address | IPv6Address | None, networks: tuple[Network, ...]) -> bool:
    return address is not None and any(address in network for network in networks)
