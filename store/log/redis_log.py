"""The event log on Redis Streams (Redis 6.2 or newer).

Stream ids are `<position>-0`, given by the script that appends, so positions stay dense whoever writes.
"""

import time
from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import NamedTuple

import redis

from models.base.durations import DAY_S
from store.log import log_keys
from store.log.log import PartitionCountError, check_not_recreated, check_partition
from store.log.redis_group import RedisGroupConsumer, commit_call
from store.log.redis_reader import RedisReader, bounds_call
from store.log.redis_server import RedisServer, ScriptCall, redis_errors_translated
from store.lua import read_script


class _AppendArguments(NamedTuple):
    """The first of ARGV of `append_records.lua`, in its order; the records follow."""

    retention_ms: int
    lifetime_s: int


class RedisLog:
    """A log of `partitions` Redis streams; an `EventLog`.

    Appends and reads run on connections of its own, made from the client's settings but without its retries: a repeated
    append would store its records twice.

    Parameters
    ----------
    client
        Names the server. Stays the caller's to close.
    name
        Letters, digits, `.`, `_` and `-`.
    partitions
        At least 1; fixed by whoever opens the log first.
    retention_s
        Age in seconds, by the server's clock, beyond which records are dropped as new ones arrive.
    session_timeout_s
        Silence in seconds after which a member of a group loses its partitions.
    """

    def __init__(
        self,
        client: redis.Redis,
        name: str,
        partitions: int,
        retention_s: float,
        session_timeout_s: float = 3.0,
    ) -> None:
        if partitions < 1:
            raise ValueError(f"partitions must be at least 1, got {partitions}")
        if retention_s <= 0:
            raise ValueError(f"retention_s must be above 0, got {retention_s}")
        if session_timeout_s <= 0:
            raise ValueError(f"session_timeout_s must be above 0, got {session_timeout_s}")
        self._name = log_keys.valid_name(name)
        self._partitions = partitions
        self._retention_ms = int(retention_s * 1000)
        self._session_timeout_s = session_timeout_s
        self._source = client
        self._server = RedisServer(client)
        self._count_renewed_at_s = time.monotonic()
        key = log_keys.partition_count(self._name)
        try:
            with redis_errors_translated():
                self._begin()
                existing = self._server.client.getex(key, ex=log_keys.KEPT_S)
            if existing is not None and int(existing) != partitions:
                raise PartitionCountError(self._name, int(existing), partitions)
        except BaseException:
            self._server.close()
            raise

    @property
    def name(self) -> str:
        """The log's name, part of each of its keys."""
        return self._name

    @property
    def partitions(self) -> int:
        """How many partitions; never changes."""
        return self._partitions

    def generation(self) -> str:
        """Name this life of the log; see `EventLog`."""
        with redis_errors_translated():
            return self._begin()

    def append(self, records: Sequence[tuple[int, bytes]]) -> list[int]:
        """Append `(partition, value)` pairs, the records of one partition all or none; see `EventLog`."""
        indexes: dict[int, list[int]] = {}
        for index, (partition, _) in enumerate(records):
            check_partition(self._name, partition, self._partitions)
            indexes.setdefault(partition, []).append(index)
        calls = [
            ScriptCall(
                read_script("last_position", "append_records"),
                [log_keys.records(self._name, partition)],
                [*_AppendArguments(self._retention_ms, log_keys.KEPT_S), *(records[index][1] for index in group)],
            )
            for partition, group in indexes.items()
        ]
        positions = [0] * len(records)
        for group, last in zip(indexes.values(), self._server.execute(calls), strict=True):
            for position, index in enumerate(group, start=last - len(group) + 1):
                positions[index] = position
        self._renew_partition_count()
        return positions

    def consume(self, group: str) -> RedisGroupConsumer:
        """Join `group`; partitions arrive during the first polls."""
        server = RedisServer(self._source)
        return RedisGroupConsumer(server, self._name, self._partitions, group, self._session_timeout_s)

    def reader(self, after: Mapping[int, int]) -> RedisReader:
        """Follow partitions from just after given positions; see `EventLog`."""
        check_not_recreated(self._name, after, self.ends())
        return RedisReader(RedisServer(self._source), self._name, after)

    def ends(self) -> list[int]:
        """Position of the newest record of each partition; see `EventLog`."""
        return [end for _, end in self._bounds()]

    def starts(self) -> list[int]:
        """Position of the oldest record kept of each partition; see `EventLog`."""
        return [start for start, _ in self._bounds()]

    def committed(self, group: str) -> list[int]:
        """Position each partition is committed to by `group`, 0 where it never was."""
        with redis_errors_translated(), self._server.client.pipeline(transaction=False) as pipe:
            for partition in range(self._partitions):
                pipe.hget(log_keys.groups(self._name, partition), group)
            return [int(position or 0) for position in pipe.execute()]

    def commit(self, group: str, positions: Mapping[int, int]) -> None:
        """Commit for a group without members; a position never moves backwards."""
        self._server.execute([commit_call(self._name, group, partition, at) for partition, at in positions.items()])

    def truncate(self, before: Mapping[int, int]) -> None:
        """Drop the records of each partition older than the position given."""
        with redis_errors_translated(), self._server.client.pipeline(transaction=False) as pipe:
            for partition, position in before.items():
                pipe.xtrim(log_keys.records(self._name, partition), minid=f"{position}-0", approximate=False)
            pipe.execute()

    def close(self) -> None:
        """Close this log's connections. Consumers and readers made from it have their own."""
        self._server.close()

    def _bounds(self) -> list[tuple[int, int]]:
        calls = [bounds_call(self._name, partition) for partition in range(self._partitions)]
        return [(start, end) for start, end in self._server.execute(calls)]

    def _begin(self) -> str:
        """Give the name of this life; where the keys have gone, and the records with them, another begins."""
        with self._server.client.pipeline(transaction=True) as pipe:
            pipe.set(log_keys.partition_count(self._name), self._partitions, nx=True, ex=log_keys.KEPT_S)
            pipe.set(log_keys.generation(self._name), token_hex(8), nx=True, ex=log_keys.KEPT_S)
            pipe.getex(log_keys.generation(self._name), ex=log_keys.KEPT_S)
            return bytes(pipe.execute()[-1]).decode()

    def _renew_partition_count(self) -> None:
        # Once a day is plenty for a key that lives 400; it sits in another slot than the streams.
        if time.monotonic() - self._count_renewed_at_s > DAY_S:
            self._count_renewed_at_s = time.monotonic()
            with redis_errors_translated():
                self._server.client.set(log_keys.partition_count(self._name), self._partitions, ex=log_keys.KEPT_S)
                self._begin()
