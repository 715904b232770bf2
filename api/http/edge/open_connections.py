"""Open connections: how many a process has, in all and of each address, and what it holds of unfinished requests."""

from collections import Counter
from typing import Final

from api.http.edge.client_address import ClientAddress, sender_of
from api.http.edge.limits import Limits

MAX_HELD_BYTES: Final = 128 * 1024 * 1024
"""Of all bodies that are still coming in; a quarter of it for one address."""
_SHARE: Final = 4


class OpenConnections:
    """Counts the open connections of one process.

    Parameters
    ----------
    limits
        How many there may be. A trusted proxy speaks for many, and has no share of its own.

    >>> connections = OpenConnections(Limits(connections=1))
    >>> connections.open("192.0.2.7"), connections.open("192.0.2.8")
    ('', '1 connections are open, at most 1')
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.total = 0
        self.held_bytes = 0
        self._by_sender: Counter[str] = Counter()
        self._held_by_sender: Counter[str] = Counter()
        self._addresses = ClientAddress(limits.trusted_proxies)

    def open(self, address: str) -> str:
        """Count a connection; where there are too many, counts none and says why."""
        most, most_each = self.limits.connections, self.limits.connections_per_address
        if most and self.total >= most:
            return f"{self.total} connections are open, at most {most}"
        sender = sender_of(address)
        if most_each and self._by_sender[sender] >= most_each and self._has_share(address):
            return f"{self._by_sender[sender]} connections of {sender} are open, at most {most_each}"
        self.total += 1
        self._by_sender[sender] += 1
        return ""

    def close(self, address: str) -> None:
        """Count a connection off that was counted."""
        self.total -= 1
        _less(self._by_sender, sender_of(address), 1)

    def admit(self, address: str, size: int) -> str:
        """Count bytes of a body that is not whole yet, in any case; says why where that is too much."""
        sender = sender_of(address)
        self.held_bytes += size
        self._held_by_sender[sender] += size
        if self.held_bytes > MAX_HELD_BYTES:
            return f"bodies of {self.held_bytes} bytes are coming in, at most {MAX_HELD_BYTES}"
        if self._held_by_sender[sender] > MAX_HELD_BYTES // _SHARE and self._has_share(address):
            return (
                f"bodies of {self._held_by_sender[sender]} bytes are coming in from {sender}, "
                f"at most {MAX_HELD_BYTES // _SHARE}"
            )
        return ""

    def release(self, address: str, size: int) -> None:
        """Count bytes off that were held."""
        self.held_bytes -= size
        _less(self._held_by_sender, sender_of(address), size)

    def _has_share(self, address: str) -> bool:
        """Whether an address speaks for itself; one that the server does not tell is none."""
        return bool(address) and not self._addresses.is_trusted(address)


def _less(counts: Counter[str], sender: str, number: int) -> None:
    counts[sender] -= number
    if not counts[sender]:
        del counts[sender]
