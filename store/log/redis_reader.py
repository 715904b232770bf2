"""Reading a log on Redis: records after given positions, waited for on the server."""

import time
from collections.abc import Mapping
from typing import Final

from store.log import log_keys
from store.log.log import Batch, LogRecreatedError, LogUnavailableError, Record
from store.log.redis_server import RedisServer, ScriptCall, redis_errors_translated
from store.lua import read_script

BLOCK_S: Final = 0.25  # longest single wait on the server: how soon a poll notices that its partitions changed
_CHECK_EVERY_S: Final = 1.0  # how often a reader asks whether what it has read is still there


class RedisReader:
    """Follows partitions on its own; made by `RedisLog.read`."""

    def __init__(self, server: RedisServer, name: str, after: Mapping[int, int]) -> None:
        self._server = server
        self._name = name
        self._positions = dict(after)
        self._turn = 0
        self._check_at_s = 0.0

    def poll(self, max_records: int, timeout_s: float) -> list[Batch]:
        """Return what has arrived; see `LogReader`."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            try:
                if time.monotonic() >= self._check_at_s:
                    self._check()
                left_s = deadline_s - time.monotonic()
                self._turn += 1
                batches = read_records(self._server, self._name, self._positions, max_records, left_s, self._turn)
            except LogUnavailableError:
                self._check_at_s = 0.0  # it may come back without what we have read
                raise
            for batch in batches:
                self._positions[batch.partition] = batch.last_position
            if batches or time.monotonic() >= deadline_s:
                return batches
            if not self._positions:
                time.sleep(max(0.0, deadline_s - time.monotonic()))

    def close(self) -> None:
        """Release the connection."""
        self._server.close()

    def _check(self) -> None:
        calls = [bounds_call(self._name, partition) for partition in self._positions]
        for (partition, position), (_, end) in zip(self._positions.items(), self._server.execute(calls), strict=True):
            if position > end:
                raise LogRecreatedError(self._name, partition, position, end)
        self._check_at_s = time.monotonic() + _CHECK_EVERY_S


def bounds_call(log: str, partition: int) -> ScriptCall:
    """Ask for the positions of a partition's oldest and newest record."""
    return ScriptCall(read_script("last_position", "partition_bounds"), [log_keys.records(log, partition)], [])


def read_records(
    server: RedisServer, log: str, positions: Mapping[int, int], max_records: int, timeout_s: float, turn: int
) -> list[Batch]:
    """Wait up to `timeout_s`, at most `BLOCK_S`, for records after `positions`.

    `turn` rotates who comes first when there are more partitions than records asked for.
    """
    if max_records < 1:
        raise ValueError(f"max_records must be at least 1, got {max_records}")
    if not positions:
        return []
    order = sorted(positions)
    first = turn % len(order)
    order = (order[first:] + order[:first])[:max_records]
    partition_of_key = {log_keys.records(log, partition).encode(): partition for partition in order}
    count = max_records // len(order)
    command: list[str | bytes | int] = ["XREAD", "COUNT", count]
    if timeout_s > 0:
        command += ["BLOCK", max(1, int(min(timeout_s, BLOCK_S) * 1000))]
    command += ["STREAMS", *partition_of_key, *(f"{positions[partition]}-0" for partition in order)]
    with redis_errors_translated():
        found = server.command(*command)
    return [
        Batch(partition_of_key[key], [Record(int(entry_id[:-2]), fields[1]) for entry_id, fields in entries])
        for key, entries in found or ()
    ]
