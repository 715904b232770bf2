"""Event ids: how our own events get theirs, and how a client's retry is told from a new event."""

from hashlib import blake2b
from typing import Final

LEAST_RECENT_IDS: Final = 2_000
"""A visitor's latest event ids that are remembered at least: twice as many as one request may bring, so that a client
which sends it again is known by every one of them, whatever it sent between."""
MAX_RECENT_IDS: Final = LEAST_RECENT_IDS + 1_000
"""Ids at which the oldest go, down to `LEAST_RECENT_IDS`. They go together: were one forgotten for each that is new,
the first of a request that is not known any more would push out the second before it comes, and so on to the last."""
DIGEST_BYTES: Final = 5
"""Of each id: among three thousand remembered, one new id in 10⁸ is mistaken for one of them."""


def event_id_of(*parts: str) -> str:
    """Give the id of an event of our own by what it tells of: the same however often it is told.

    >>> event_id_of("shop", "v1", "7") == event_id_of("shop", "v1", "7") != event_id_of("shop", "v17")
    True
    """
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def short_id_of(size: int, *parts: str) -> bytes:
    """Give the first bytes of such an id: enough to tell one of a few from the others."""
    return bytes.fromhex(event_id_of(*parts))[:size]


def is_recent(recent: bytes, event_id: str) -> bool:
    """Whether an id is among the latest; an event without one never is.

    >>> is_recent(with_id(b"", "a"), "a"), is_recent(with_id(b"", "a"), "b"), is_recent(with_id(b"", ""), "")
    (True, False, False)
    """
    if not event_id:
        return False
    digest, end = _digest(event_id), len(recent)
    at = recent.find(digest)
    while at >= 0 and (end - at) % DIGEST_BYTES:  # across two digests
        at = recent.find(digest, at + 1)
    return at >= 0


def with_id(recent: bytes, event_id: str) -> bytes:
    """Give the digests of the latest ids with one more; beyond `MAX_RECENT_IDS` the oldest are forgotten."""
    return latest_ids(recent + _digest(event_id)) if event_id else recent


def latest_ids(recent: bytes) -> bytes:
    """Give the latest of digests in order of arrival, such as those of two visitors put together."""
    return recent if len(recent) <= DIGEST_BYTES * MAX_RECENT_IDS else recent[-DIGEST_BYTES * LEAST_RECENT_IDS :]


def _digest(event_id: str) -> bytes:
    return blake2b(event_id.encode(), digest_size=DIGEST_BYTES).digest()
