"""Mailings: who was in a segment when a mailing began, kept so that every page of it has its own visitors."""

from collections.abc import Sequence
from secrets import token_hex
from typing import Final, cast

from store import keys
from store.client import Client
from store.visitors.memberships import MembershipStore

_SCANNED: Final = 1_000
_WRITTEN: Final = 1_000


def members_of(memberships: MembershipStore, site: str, partitions: int, segment_id: str) -> list[str]:
    """Give the visitors of a segment, as the stream last told, by id and each once."""
    found: set[str] = set()
    for partition in range(partitions):
        cursor = 0
        while True:
            cursor, visitors = memberships.scan(site, partition, cursor, _SCANNED)
            found.update(
                visitor_id
                for visitor_id, membership in visitors
                if any(member.segment_id == segment_id for member in membership.members)
            )
            if cursor == 0:
                break
    return sorted(found)


class MailingStore:
    """Lists of visitors in Redis; blocking."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def begin(self, site: str, segment_id: str, visitor_ids: Sequence[str]) -> str:
        """Keep the visitors, one at least, for `keys.MAILING_LIFETIME_S`; gives the name they are found by."""
        name = token_hex(8)
        key = keys.mailing(site, segment_id, name)
        with self._client.pipeline() as pipe:
            for start in range(0, len(visitor_ids), _WRITTEN):
                pipe.rpush(key, *visitor_ids[start : start + _WRITTEN])
            pipe.expire(key, keys.MAILING_LIFETIME_S)
            pipe.execute()
        return name

    def page(self, site: str, segment_id: str, name: str, start: int, count: int) -> tuple[list[str], int]:
        """Give some of the visitors, from 0, and how many there are in all; 0 where there is no such mailing."""
        key = keys.mailing(site, segment_id, name)
        with self._client.pipeline() as pipe:
            pipe.lrange(key, start, start + count - 1)
            pipe.llen(key)
            found, whole = cast(tuple[list[bytes], int], pipe.execute())
        return [member.decode() for member in found], whole
