"""Journal: who was sent what, when, why, and what came of it; written with the trigger states, read here."""

from collections.abc import Sequence
from typing import Final, NamedTuple, cast

from store import keys
from store.client import Client
from store.log.log import partition_of

_PORTION: Final = 200


class JournalRow(NamedTuple):
    """One entry: its fields as they were written, by name."""

    message_id: str
    at_s: float
    fields: dict[str, str]


class Filter(NamedTuple):
    """Which entries are asked for; empty asks for all. Times in epoch seconds, the end left out."""

    visitor_ids: tuple[str, ...] = ()
    trigger_id: str = ""
    status: str = ""
    from_s: float = 0.0
    to_s: float = float("inf")


class JournalStore:
    """Journals in Redis; blocking."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, site: str, partition: int, message_id: str) -> JournalRow | None:
        """Read one entry."""
        return next(iter(self._read(site, partition, [(message_id, 0.0)])), None)

    def find(self, site: str, partitions: int, wanted: Filter, limit: int, most_read: int) -> list[JournalRow]:
        """Give the newest entries that fit, newest first; looks at `most_read` of each list at most."""
        found: list[JournalRow] = []
        lists = [(partition, keys.journal(site, partition)) for partition in range(partitions)]
        if wanted.visitor_ids:
            homes = [(partition_of(site, visitor_id, partitions), visitor_id) for visitor_id in wanted.visitor_ids]
            lists = [(partition, keys.journal_of(site, partition, visitor_id)) for partition, visitor_id in homes]
        for partition, name in lists:
            fitting = read = 0
            while fitting < limit and read < most_read:
                raw = cast(
                    list[tuple[bytes, float]],
                    self._client.zrevrangebyscore(
                        name, _before(wanted.to_s), wanted.from_s, start=read, num=_PORTION, withscores=True
                    ),
                )
                read += len(raw)
                for entry in self._read(site, partition, [(member.decode(), at_s) for member, at_s in raw]):
                    if wanted.trigger_id and entry.fields.get("trigger_id") != wanted.trigger_id:
                        continue
                    if wanted.status and entry.fields.get("status") != wanted.status:
                        continue
                    found.append(entry)
                    fitting += 1
                if len(raw) < _PORTION:
                    break
        return sorted(found, key=_newest)[:limit]

    def _read(self, site: str, partition: int, some: Sequence[tuple[str, float]]) -> list[JournalRow]:
        if not some:
            return []
        with self._client.pipeline(transaction=False) as pipe:
            for message_id, _ in some:
                pipe.hgetall(keys.journal_entry(site, partition, message_id))
            raw = cast(list[dict[bytes, bytes]], pipe.execute())
        return [
            JournalRow(
                message_id,
                float(fields.get(b"at_s", at_s)),
                {name.decode(): value.decode() for name, value in fields.items()},
            )
            for (message_id, at_s), fields in zip(some, raw, strict=True)
            if fields
        ]


def _newest(entry: JournalRow) -> tuple[float, float]:
    """By the site's clock, and of the same moment as they were written."""
    return -entry.at_s, -float(entry.fields.get("written_s", "0"))


def _before(to_s: float) -> str:
    return "+inf" if to_s == float("inf") else f"({to_s!r}"
