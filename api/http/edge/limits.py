"""Limits: how much of the API one sender may take, of all that a process has to give."""

from dataclasses import dataclass
from typing import Final

MAX_URL_BYTES: Final = 16 * 1024
"""Of a request line's address: longer lists of ids go in a body."""
MAX_HEAD_BYTES: Final = 32 * 1024
"""Of address and headers together: browsers send all cookies of a shop's domain along."""
MAX_HEADERS: Final = 100
MAX_PIPELINED: Final = 16
"""Requests that one connection may send ahead of their answers."""
BURST_S: Final = 2.0
"""A sender who was silent may send so many seconds' worth at once."""
VISITOR_BURST_S: Final = 60.0
"""A page that was away sends what it kept."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process allows; 0 is no limit, times are in seconds, rates in requests or events a second.

    Parameters
    ----------
    connections, connections_per_address
        Open at once.
    request_timeout_s
        A request's head has to be here within it, and of its body in each such time `least_body_rate` bytes a second.
    streams_per_address, streams_per_key, streams_per_visitor
        Pages that wait for messages at once.
    rate_per_address, rate_per_public_key, rate_per_secret_key
        Requests.
    events_per_visitor
        Events a second that pages may tell of one visitor.
    trusted_proxies
        Addresses and networks of proxies that say whom they speak for.
    """

    connections: int = 4_096
    connections_per_address: int = 1_024
    request_timeout_s: float = 15.0
    least_body_rate: int = 500
    streams_per_address: int = 512
    streams_per_key: int = 2_048
    streams_per_visitor: int = 20
    rate_per_address: float = 2_000.0
    rate_per_public_key: float = 5_000.0
    rate_per_secret_key: float = 20_000.0
    events_per_visitor: float = 20.0
    trusted_proxies: tuple[str, ...] = ()
