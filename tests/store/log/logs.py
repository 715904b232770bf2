"""Opening the logs under test, here or in a process of its own that can be stopped and killed.

`python -m tests.store.log.logs <server> <name> <group> <greedy|obedient>` joins a group and writes what it reads to its
output, a line a batch: partition, first position, last position. A greedy member commits each batch. An obedient one
waits for a line on its input before each step: `poll`, or `commit` of what its first poll returned.
"""

import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson
import redis

from store.client import connect
from store.log.kafka_client import KafkaBroker
from store.log.kafka_lives import Lives
from store.log.kafka_log import KafkaLog
from store.log.log import Batch, EventLog, LogReader
from store.log.redis_log import RedisLog

PARTITIONS = 4
SESSION_TIMEOUT_S = 1.5


@dataclass(frozen=True)
class Server:
    """A server that can hold logs."""

    kind: str  # "redis" or "kafka"
    address: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    redis_url: str = ""  # beside a Kafka

    def open(
        self,
        name: str,
        partitions: int = PARTITIONS,
        retention_s: float = 3600,
        delivery_timeout_s: float = 10,
    ) -> EventLog:
        """Open a log on it."""
        if self.kind == "redis":
            client = redis.Redis.from_url(self.address)
            try:
                return RedisLog(client, name, partitions, retention_s, SESSION_TIMEOUT_S)
            finally:
                client.close()
        return KafkaLog(
            KafkaBroker(self.address, self.extra, delivery_timeout_s),
            name,
            Lives(connect(self.redis_url)),
            partitions,
            retention_s,
            SESSION_TIMEOUT_S,
        )

    def to_json(self) -> str:
        """For the command line of a member."""
        return orjson.dumps(asdict(self)).decode()


def new_name() -> str:
    """A name no log has."""
    return f"test-{uuid.uuid4().hex[:12]}"


def drain(reader: LogReader, count: int, within_s: float = 20.0) -> dict[int, list[tuple[int, bytes]]]:
    """Poll until `count` records have come; position and value by partition."""
    got: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
    deadline_s = time.monotonic() + within_s
    while sum(map(len, got.values())) < count and time.monotonic() < deadline_s:
        for batch in poll(reader):
            got[batch.partition] += batch.records
    assert sum(map(len, got.values())) == count, f"{dict(got)} after {within_s} s"
    return dict(got)


def poll(reader: LogReader, max_records: int = 1000) -> list[Batch]:
    """Poll once; what comes is as a reader promises."""
    batches = reader.poll(max_records, 0.2)
    assert len({batch.partition for batch in batches}) == len(batches)
    assert all(batch.records for batch in batches)
    assert sum(len(batch.records) for batch in batches) <= max_records
    return batches


def until(true: Callable[[], object], within_s: float = 20.0) -> None:
    """Wait until something holds."""
    deadline_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline_s, f"not within {within_s} s"


def numbers(partition: int, first: int, last: int) -> list[tuple[int, bytes]]:
    """Records `first` to `last` of a partition, each its own number."""
    return [(partition, b"%d" % number) for number in range(first, last + 1)]


def main(server: str, name: str, group: str, manner: str) -> None:
    """Be a member until killed."""
    log = Server(**orjson.loads(server)).open(name)
    consumer = log.consume(group)
    first: dict[int, int] = {}
    while True:
        order = sys.stdin.readline().strip() if manner == "obedient" else "poll"
        if order == "commit":
            consumer.commit(first)
            sys.stdout.write("committed\n")
        batches = [] if order == "commit" else consumer.poll(100, 0.2)
        for batch in batches:
            sys.stdout.write(f"{batch.partition} {batch.records[0].position} {batch.last_position}\n")
        if manner == "greedy":
            consumer.commit({batch.partition: batch.last_position for batch in batches})
        elif order == "poll":
            sys.stdout.write("polled\n")
            first = first or {batch.partition: batch.last_position for batch in batches}
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
