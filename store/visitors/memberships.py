"""Memberships: which visitors are to be looked at again, and what is to be told of those that moved."""

from collections.abc import Sequence
from typing import Final, cast

from models.segments.membership import Membership, decode_membership
from store import keys
from store.client import Client
from store.lua import read_script
from store.unreadable import OnUnreadable, log_unreadable, read_or_tell

_MAX_NOTICES: Final = 1_000


class MembershipStore:
    """Memberships in Redis; blocking. They are written with the profiles, by `store.visitors.profiles`."""

    def __init__(self, client: Client, on_unreadable: OnUnreadable = log_unreadable) -> None:
        self._client = client
        self._on_unreadable = on_unreadable
        self._told = client.register_script(read_script("forget_notices"))

    def due(self, site: str, partition: int, now_s: float, most: int) -> list[str]:
        """Give visitors whose time has come, the longest overdue first."""
        name = keys.due(site, partition)
        found = cast(list[bytes], self._client.zrangebyscore(name, "-inf", now_s, start=0, num=most))
        return [visitor_id.decode() for visitor_id in found]

    def postpone(self, site: str, partition: int, visitor_id: str, until_s: float) -> None:
        """Look at a visitor again at a time (epoch seconds of the site's clock), and not before."""
        name = keys.due(site, partition)
        self._client.zadd(name, {visitor_id: until_s})
        self._client.expire(name, keys.MEMBERSHIPS_LIFETIME_S)

    def scan(self, site: str, partition: int, cursor: int, count: int) -> tuple[int, list[tuple[str, Membership]]]:
        """Give about `count` visitors and where to go on; 0 begins, and comes back when all were given.

        One whose membership cannot be read is in nothing.
        """
        raw = self._client.hscan(keys.memberships(site, partition), cursor, count=count)
        cursor, found = cast(tuple[int, dict[bytes, bytes]], raw)
        return cursor, [
            (visitor_id.decode(), self._read(site, visitor_id.decode(), value) or Membership())
            for visitor_id, value in found.items()
        ]

    def _read(self, site: str, visitor_id: str, value: bytes) -> Membership | None:
        return read_or_tell(decode_membership, value, "membership", site, visitor_id, self._on_unreadable)

    def get(self, site: str, partition: int, visitor_id: str) -> Membership | None:
        """Read one visitor's membership."""
        value = cast(bytes | None, self._client.hget(keys.memberships(site, partition), visitor_id))
        return self._read(site, visitor_id, value or b"")

    def notices(self, site: str, partition: int) -> list[bytes]:
        """Give events that are not in the log yet, oldest first."""
        return cast(list[bytes], self._client.lrange(keys.notices(site, partition), 0, _MAX_NOTICES - 1))

    def told(self, site: str, partition: int, notices: Sequence[bytes]) -> int:
        """Forget events that are in the log now; gives how many are left."""
        left: int = self._told(keys=[keys.notices(site, partition)], args=list(notices))
        return left
