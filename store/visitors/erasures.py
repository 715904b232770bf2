"""Erasures: receipts that say what was asked to be erased when, what went, and how far the flows have come with it.

A receipt names nobody: it says how many ids were erased, and at which positions of the log.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, cast

import msgspec

from models.base.errors import InvalidError
from store import keys
from store.client import Client
from store.log.groups import ARCHIVE_GROUP, PROFILE_GROUP, TRIGGER_GROUP
from store.log.log import EventLog

ERASURE_PARAM: Final = "erasure_id"
"""Parameter of an erasure's events that names its receipt."""
ERASING_FLOWS: Final[Mapping[str, tuple[str, ...]]] = {
    PROFILE_GROUP: ("profiles", "timelines", "pending", "links", "memberships"),
    TRIGGER_GROUP: ("trigger states", "journal", "outbox", "messages on site"),
    ARCHIVE_GROUP: ("archive rows", "dead letters"),
}
"""What each flow has erased once it has come past the erasure's events."""


_REMOVED: Final = "removed:"


class Erasure(msgspec.Struct):
    """A receipt; times are epoch seconds, None where it has not come to that yet."""

    asked_at_s: float
    ids: int
    positions: dict[int, int]
    removed: dict[str, int] = {}
    done: dict[str, bool] = {}
    finished_at_s: float | None = None


class OpenErasure(msgspec.Struct):
    """An erasure that flows have not all come past: whom it is of, each with the partition; the visitor among them; and
    how far the flows are to come. What they tell each other meanwhile is waited for in `rounds`."""

    ids: list[tuple[int, str]]
    user_id: str
    targets: dict[int, int]
    rounds: int = 0

    def is_passed(self, come: Mapping[str, Sequence[int]]) -> bool:
        """Whether every flow has come so far, by how far each has."""
        places = self.targets.items()
        return all(positions[partition] >= place for positions in come.values() for partition, place in places)


class ErasureStore:
    """Receipts in Redis; blocking.

    Parameters
    ----------
    client
        Blocking client.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def note_begun(self, site: str, erasure_id: str, opened: OpenErasure, at_s: float) -> None:
        """Note that ids are to be erased up to a position of each partition."""
        told = {"asked_at_s": repr(at_s), "ids": str(len(opened.ids)), "positions": _text(opened.targets)}
        self._put(site, erasure_id, told, {})
        self.keep_open(site, erasure_id, opened)

    def add_removed(self, site: str, erasure_id: str, removed: Mapping[str, int]) -> None:
        """Add to what went. A flow may be there before the receipt is: it has what went then as soon as it is begun."""
        self._put(site, erasure_id, {}, removed)

    def open_of(self, site: str) -> dict[str, OpenErasure]:
        """Give the site's open erasures by id; one that cannot be read is passed over."""
        found: dict[str, OpenErasure] = {}
        for erasure_id, value in cast(dict[bytes, bytes], self._client.hgetall(keys.open_erasures(site))).items():
            with suppress(msgspec.DecodeError):
                found[erasure_id.decode()] = msgspec.json.decode(value, type=OpenErasure)
        return found

    def keep_open(self, site: str, erasure_id: str, opened: OpenErasure) -> None:
        """Note how far an open erasure has come."""
        name = keys.open_erasures(site)
        self._client.hset(name, erasure_id, _text(opened))
        self._client.expire(name, keys.ERASURES_LIFETIME_S)

    def finish(self, site: str, erasure_id: str, at_s: float) -> None:
        """Note that nothing is left, and forget whom it was of."""
        self._put(site, erasure_id, {"finished_at_s": repr(at_s)}, {})
        self._client.hdel(keys.open_erasures(site), erasure_id)

    def read(self, site: str, erasure_id: str, log: EventLog) -> Erasure | None:
        """Give a receipt with how far the flows have come; None where there is none. Raises what the log raises."""
        stored = cast(dict[bytes, bytes], self._client.hgetall(keys.erasure(site, erasure_id)))
        if b"asked_at_s" not in stored:
            return None
        finished = stored.get(b"finished_at_s")
        try:
            erasure = Erasure(
                asked_at_s=float(stored[b"asked_at_s"]),
                ids=int(stored[b"ids"]),
                positions=msgspec.json.decode(stored[b"positions"], type=dict[int, int]),
                removed={
                    name.decode()[len(_REMOVED) :]: int(count)
                    for name, count in sorted(stored.items())
                    if name.startswith(_REMOVED.encode())
                },
                finished_at_s=float(finished) if finished else None,
            )
        except (KeyError, ValueError, msgspec.DecodeError) as error:
            raise InvalidError("erasure_unreadable", f"the receipt {erasure_id} cannot be read: {error}") from error
        places = erasure.positions.items()
        for flow in ERASING_FLOWS:
            come = log.committed(flow)
            erasure.done[flow] = finished is not None or all(come[partition] >= place for partition, place in places)
        return erasure

    def _put(self, site: str, erasure_id: str, told: Mapping[str, str], removed: Mapping[str, int]) -> None:
        name = keys.erasure(site, erasure_id)
        with self._client.pipeline() as pipe:
            for field, value in told.items():
                pipe.hset(name, field, value)
            for field, count in removed.items():
                pipe.hincrby(name, _REMOVED + field, count)
            pipe.expire(name, keys.ERASURES_LIFETIME_S)
            pipe.execute()


def _text(told: object) -> str:
    return msgspec.json.encode(told).decode()
