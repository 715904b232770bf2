"""The event log: ordered partitions of bytes that several readers follow, each at its own position.

Two servers stand behind this one interface: Redis Streams (`store.log.redis_log`) and Kafka (`store.log.kafka_log`).
One contract suite holds both to it.

Positions are integers from 1, one count a partition; 0 stands before the first record. They are dense, and never come
twice: where a topic of Kafka is deleted and made again, they go on far past those of the older one. A group that has
committed position n has applied every record up to and including n.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol
from zlib import crc32


class LogUnavailableError(Exception):
    """The server behind the log did not answer; nothing was accepted, try again later."""


class PartitionCountError(Exception):
    """The log exists with another number of partitions.

    A visitor's events are ordered within one partition, and a profile names a position in it; with another count the
    same visitor would move to another partition and lose both.
    """

    def __init__(self, log: str, existing: int, asked: int) -> None:
        super().__init__(
            f"log {log!r} has {existing} partitions, asked for {asked}: the partition count of a log is fixed; "
            f"set log_partitions to {existing}, or start a new log under another log_name"
        )


class LogRecreatedError(Exception):
    """A position lies past the log's end: the log lost its newest records, or was made anew and nobody can tell."""

    def __init__(self, log: str, partition: int, position: int, end: int) -> None:
        super().__init__(
            f"log {log!r} partition {partition}: position {position} lies past its end {end}; the log was deleted and "
            f"made anew, so what was read from it belongs to other records"
        )


class Record(NamedTuple):
    """One entry of a partition."""

    position: int
    value: bytes


class Batch(NamedTuple):
    """Consecutive records of one partition, oldest first, never empty."""

    partition: int
    records: list[Record]

    @property
    def last_position(self) -> int:
        """Position of the newest record in the batch."""
        return self.records[-1].position


class LogReader(Protocol):
    """Follows partitions from given positions, on its own."""

    def poll(self, max_records: int, timeout_s: float) -> list[Batch]:
        """Return what has arrived, at most one batch a partition and `max_records` in all; empty at the timeout.

        Raises `LogUnavailableError` when the server does not answer; the reader stays usable and repeats nothing.
        """

    def close(self) -> None:
        """Release the connection."""


class GroupConsumer(LogReader, Protocol):
    """One member of a group that shares the partitions of a log."""

    @property
    def assignment(self) -> frozenset[int]:
        """Partitions this member reads now."""

    def commit(self, positions: Mapping[int, int]) -> None:
        """Record, durably, that the group has applied each partition up to the position given.

        Partitions that have moved to another member meanwhile are passed over.
        """


class EventLog(Protocol):
    """A named log with a fixed number of partitions."""

    @property
    def name(self) -> str:
        """The log's name on its server."""

    @property
    def partitions(self) -> int:
        """How many partitions; never changes."""

    def generation(self) -> str:
        """Name this counting of positions: a log whose positions begin anew has another. Empty where the server does
        not tell. Raises `LogUnavailableError`."""

    def append(self, records: Sequence[tuple[int, bytes]]) -> list[int]:
        """Append `(partition, value)` pairs; on return all are durable. Gives their positions, in the order given.

        Records of one partition keep their order. Raises `LogUnavailableError` when the server does not answer in
        time: some of the records may then have been appended. Thread-safe.
        """

    def consume(self, group: str) -> GroupConsumer:
        """Join a group: its live members share the partitions, and take over from a member that dies.

        A partition starts at the group's committed position, or at the oldest record kept where that is later.
        """

    def reader(self, after: Mapping[int, int]) -> LogReader:
        """Follow the partitions named from just after the positions given, in no group.

        Raises `LogRecreatedError` when a position lies past the end.
        """

    def ends(self) -> list[int]:
        """Position of the newest record of each partition; where there never was one, 0, or the one before the first of
        a topic that was made again. Length `partitions`."""

    def starts(self) -> list[int]:
        """Position of the oldest record still kept of each partition; end + 1 where none is. Length `partitions`."""

    def committed(self, group: str) -> list[int]:
        """Position each partition is committed to by `group`; where it never was, 0, or the one before the first of a
        topic that was made again. Length `partitions`."""

    def commit(self, group: str, positions: Mapping[int, int]) -> None:
        """Commit for a group whose only reader uses `read` (no members share it)."""

    def truncate(self, before: Mapping[int, int]) -> None:
        """Drop the records of each partition older than the position given, as retention would."""

    def close(self) -> None:
        """Release connections."""


def check_partition(log: str, partition: int, partitions: int) -> None:
    """Refuse a partition that a log does not have; raises `ValueError`."""
    if not 0 <= partition < partitions:
        raise ValueError(f"partition {partition} of log {log!r}: it has {partitions}, from 0")


def check_not_recreated(log: str, after: Mapping[int, int], ends: Sequence[int]) -> None:
    """Refuse positions that lie past their partition's end; raises `LogRecreatedError`."""
    for partition, position in after.items():
        if position > ends[partition]:
            raise LogRecreatedError(log, partition, position, ends[partition])


def partition_of(site: str, visitor_id: str, partitions: int) -> int:
    """Partition of a visitor's events: the same everywhere, for ever.

    >>> partition_of("demo", "visitor-1", 8)
    7
    """
    return crc32(f"{site}\x1f{visitor_id}".encode()) % partitions
