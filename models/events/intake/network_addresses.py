"""Network addresses: what an event says of where its sender's line ends is cut to the network before it is kept.

The last 8 bits of an IPv4 address and the last 80 of an IPv6 address go, as analytics that mask addresses do: a region
can still be told, a household cannot.
"""

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address, IPv6Network
from typing import Any, Final

_NAMES: Final = frozenset(
    {
        "ip", "ips", "ipv4", "ipv6", "ipaddr", "ipaddress", "ipoverride", "clientip", "clientipaddress", "clientaddr",
        "customerip", "userip", "useripaddress", "visitorip", "browserip", "deviceip", "originip", "sourceip", "hostip",
        "publicip", "localip", "lastip", "trueclientip", "cfconnectingip", "connectingip", "realip", "xrealip",
        "remoteip", "remoteaddr", "remoteaddress", "forwardedfor", "xforwardedfor", "networkip", "requestip",
        "senderip", "orderip",
    }
)  # fmt: skip
"""Names of members that hold addresses, of letters and digits alone."""
_NO_LETTERS: Final = re.compile(r"[^a-z0-9]+")
_IPV4: Final = re.compile(r"(?<![\d.])(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}(?![\d.])")
_IPV6: Final = re.compile(r"(?<![\w:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:.])")
_LONGEST_NAME: Final = 64
_LONGEST_TEXT: Final = 500
_CONTAINERS: Final = frozenset({dict, list})


def cut_addresses(raw: Any) -> None:
    """Cut the addresses in a decoded event, wherever they stand in it, where they stand; takes no deep call itself.

    >>> told = {"event": "page_view", "context": {"ip": "203.0.113.77", "app": {"version": "1.2.3.4"}}}
    >>> cut_addresses(told)
    >>> told["context"]
    {'ip': '203.0.113.0', 'app': {'version': '1.2.3.4'}}
    """
    waiting = [raw] if type(raw) in _CONTAINERS else []
    while waiting:
        holder = waiting.pop()
        if type(holder) is list:
            waiting.extend(inner for inner in holder if type(inner) in _CONTAINERS)
            continue
        for name, value in holder.items():
            kind = type(value)
            if kind is str:
                if _holds_addresses(name):
                    holder[name] = network_of(value)
            elif kind in _CONTAINERS:
                if kind is list and _holds_addresses(name):
                    value[:] = [network_of(inner) if type(inner) is str else inner for inner in value]
                waiting.append(value)


def network_of(text: str) -> str:
    """Give a text with the addresses in it cut to their networks.

    >>> network_of("203.0.113.77, 2001:db8:85a3:8d3:1319:8a2e:370:7348"), network_of("unknown")
    ('203.0.113.0, 2001:db8:85a3::', 'unknown')
    """
    return _IPV4.sub(r"\1.0", _IPV6.sub(_network_of_six, text[:_LONGEST_TEXT]))


def _network_of_six(found: re.Match[str]) -> str:
    try:
        return str(IPv6Network((IPv6Address(found[0]), 48), strict=False).network_address)
    except AddressValueError:
        return found[0]


def _holds_addresses(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and _is_address_name(name)


@lru_cache(maxsize=4_096)
def _is_address_name(name: str) -> bool:
    return _NO_LETTERS.sub("", name.lower()) in _NAMES
