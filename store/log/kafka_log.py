"""The event log on Kafka.

A position is the Kafka offset plus 1, so a committed position n and the Kafka commit offset n are the same number. That
positions are dense holds because nobody writes to the topic in transactions and it is never compacted.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import confluent_kafka.admin
from confluent_kafka import (
    OFFSET_STORED,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from store.log.log import Batch, LogRecreatedError, LogUnavailableError, PartitionCountError, Record
from store.log.log_keys import valid_name

_LOGGER = logging.getLogger(__name__)

admin: Any = confluent_kafka.admin  # its type stubs leave out half of what it exports

_T = TypeVar("_T")

KAFKA_TIMEOUT_S = 10.0
MAX_RECORD_BYTES = 1_000_000

# The broker refused a commit because the group has moved on without us, or is just moving.
_MOVED = frozenset(
    {
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError.FENCED_INSTANCE_ID,
        KafkaError._ASSIGNMENT_LOST,
    }
)

# The broker is there but not yet done with what it was asked before, such as making the topic or electing a leader.
_NOT_YET = frozenset(
    {
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
    }
)


class KafkaLog:
    """A topic of `partitions` partitions, made if absent; an `EventLog`.

    Parameters
    ----------
    bootstrap_servers
        `host:port`, several with commas.
    name
        The topic: letters, digits, `.`, `_` and `-`.
    partitions
        At least 1; fixed by whoever opens the log first.
    retention_s
        Age in seconds beyond which Kafka may drop records. Set when the topic is made; later the broker's to change.
    session_timeout_s
        Silence in seconds after which a member of a group loses its partitions. A broker's own minimum (6 s unless
        `group.min.session.timeout.ms` says otherwise) goes before it.
    replication_factor
        Copies of each partition, when the topic is made.
    delivery_timeout_s
        Longest an append waits for the broker, in seconds.
    extra
        librdkafka settings for every connection, such as `security.protocol`; they win over ours.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        name: str,
        partitions: int,
        retention_s: float,
        session_timeout_s: float = 4.5,
        replication_factor: int = 1,
        delivery_timeout_s: float = 10.0,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        if partitions < 1:
            raise ValueError(f"partitions must be at least 1, got {partitions}")
        if retention_s <= 0:
            raise ValueError(f"retention_s must be above 0, got {retention_s}")
        if session_timeout_s <= 0:
            raise ValueError(f"session_timeout_s must be above 0, got {session_timeout_s}")
        self._name = valid_name(name)
        self._partitions = partitions
        self._session_timeout_ms = int(session_timeout_s * 1000)
        self._broker_minimum_ms: int | None = None
        self._delivery_timeout_s = delivery_timeout_s
        self._common: dict[str, Any] = {
            "bootstrap.servers": bootstrap_servers,
            "reconnect.backoff.ms": 50,
            "reconnect.backoff.max.ms": 1000,  # back within about a second of the broker
            "socket.timeout.ms": int(KAFKA_TIMEOUT_S * 1000),
            "socket.nagle.disable": True,
        }
        self._extra = dict(extra or {})
        self._admin = admin.AdminClient({**self._common, "log_level": 0, **self._extra})
        self._open_topic(retention_s, replication_factor)
        self._making = threading.Lock()
        self._outsiders: dict[str, Consumer] = {}
        self._producer = self._new_producer()
        self._closed = threading.Event()
        self._reports = threading.Thread(target=self._serve_reports, name=f"log-{name}", daemon=True)
        self._reports.start()

    @property
    def name(self) -> str:
        """The topic."""
        return self._name

    @property
    def partitions(self) -> int:
        """How many partitions; never changes."""
        return self._partitions

    def append(self, records: Sequence[tuple[int, bytes]]) -> list[int]:
        """Append `(partition, value)` pairs and wait until every replica in sync has them; see `EventLog`."""
        for partition, value in records:
            if not 0 <= partition < self._partitions:
                raise ValueError(f"partition {partition} of log {self._name!r}: it has {self._partitions}, from 0")
            if len(value) > MAX_RECORD_BYTES:
                raise ValueError(f"record of {len(value)} bytes: at most {MAX_RECORD_BYTES} fit")
        if not records:
            return []
        delivery = _Delivery(len(records))
        deadline_s = time.monotonic() + self._delivery_timeout_s
        producer = self._producer
        for index, (partition, value) in enumerate(records):
            report = partial(delivery.report, index)
            while True:
                try:
                    producer.produce(self._name, value, partition=partition, on_delivery=report)
                    break
                except BufferError as error:  # the broker is slower than we are
                    if time.monotonic() >= deadline_s:
                        raise LogUnavailableError(f"Kafka: the queue to the broker stays full: {error}") from error
                    time.sleep(0.005)
                except KafkaException as error:
                    self._replace_if_fatal(producer, error.args[0])
                    raise LogUnavailableError(f"Kafka: {error}") from error
        # The producer's own timeout reports every record; ours only guards against a missing report.
        if not delivery.done.wait(self._delivery_timeout_s + 5):
            raise LogUnavailableError(f"Kafka: no delivery report within {self._delivery_timeout_s + 5:g} s")
        if delivery.error is not None:
            self._replace_if_fatal(producer, delivery.error)
            raise LogUnavailableError(f"Kafka: {delivery.error.str()}") from KafkaException(delivery.error)
        return delivery.positions

    def consume(self, group: str) -> "KafkaGroupConsumer":
        """Join `group`; partitions arrive during the first polls."""
        timeout_ms = max(self._session_timeout_ms, self._least_session_timeout_ms())
        settings = {
            "session.timeout.ms": timeout_ms,
            "heartbeat.interval.ms": max(50, timeout_ms // 6),
            # Partitions that stay keep their place, and what was read from them, through a rebalance.
            "partition.assignment.strategy": "cooperative-sticky",
        }
        return KafkaGroupConsumer(self, self._new_consumer(self._group_id(group), settings))

    def read(self, after: Mapping[int, int]) -> "KafkaReader":
        """Follow partitions from just after given positions; see `EventLog`."""
        starts, ends = self.starts(), self.ends()
        offsets = {}
        for partition, position in after.items():
            if position > ends[partition]:
                raise LogRecreatedError(self._name, partition, position, ends[partition])
            offsets[partition] = max(position, starts[partition] - 1)
        return KafkaReader(self, self._new_consumer(self._group_id("readers"), {}), offsets)

    def ends(self) -> list[int]:
        """Position of the newest record of each partition; see `EventLog`."""
        return self._offsets(admin.OffsetSpec.latest())

    def starts(self) -> list[int]:
        """Position of the oldest record kept of each partition; see `EventLog`."""
        return [offset + 1 for offset in self._offsets(admin.OffsetSpec.earliest())]

    def committed(self, group: str) -> list[int]:
        """Position each partition is committed to by `group`, 0 where it never was."""
        asked = [TopicPartition(self._name, partition) for partition in range(self._partitions)]

        def ask() -> list[TopicPartition]:
            return _unless_refused(self._outsider(group).committed(asked, timeout=KAFKA_TIMEOUT_S))

        positions = [0] * self._partitions
        for entry in _answered(ask):
            positions[entry.partition] = max(0, entry.offset)
        return positions

    def commit(self, group: str, positions: Mapping[int, int]) -> None:
        """Commit for a group without members; a position never moves backwards."""
        now = self.committed(group)
        ahead = [TopicPartition(self._name, p, position) for p, position in positions.items() if position > now[p]]
        if ahead:
            _answered(lambda: _unless_refused(self._outsider(group).commit(offsets=ahead, asynchronous=False) or []))

    def truncate(self, before: Mapping[int, int]) -> None:
        """Drop the records of each partition older than the position given."""
        ends = self.ends()
        wanted = [TopicPartition(self._name, p, min(position - 1, ends[p])) for p, position in before.items()]

        def ask() -> None:
            for answer in self._admin.delete_records(wanted, request_timeout=KAFKA_TIMEOUT_S).values():
                _result(answer)

        _answered(ask)

    def close(self) -> None:
        """Send what is queued and release the producer. Consumers and readers made from it have their own."""
        if self._closed.is_set():
            return
        self._producer.flush(self._delivery_timeout_s)
        self._closed.set()
        self._reports.join()
        self._outsiders.clear()  # not closed: another thread may be asking still, and keeps its own alive

    def _open_topic(self, retention_s: float, replication_factor: int) -> None:
        deadline_s = time.monotonic() + KAFKA_TIMEOUT_S
        asked = False
        while True:
            with _translated():
                # All topics: asking for one by name would have some brokers create it.
                topic = self._admin.list_topics(timeout=KAFKA_TIMEOUT_S).topics.get(self._name)
            if topic is not None and topic.error is None and topic.partitions:
                if len(topic.partitions) != self._partitions:
                    raise PartitionCountError(self._name, len(topic.partitions), self._partitions)
                if all(partition.leader >= 0 for partition in topic.partitions.values()):
                    return
            elif not asked:
                settings = {"retention.ms": str(int(retention_s * 1000)), "cleanup.policy": "delete"}
                new = admin.NewTopic(
                    self._name,
                    num_partitions=self._partitions,
                    replication_factor=replication_factor,
                    config=settings,
                )
                [answer] = self._admin.create_topics([new], operation_timeout=KAFKA_TIMEOUT_S).values()
                with _translated():
                    try:
                        _result(answer)
                    except KafkaException as error:
                        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                            raise
                asked = True
            if time.monotonic() >= deadline_s:
                raise LogUnavailableError(f"Kafka: topic {self._name!r} has no leaders after {KAFKA_TIMEOUT_S:g} s")
            time.sleep(0.02)

    def _group_id(self, group: str) -> str:
        # Kafka's groups span topics: under one name, members that read another log would take part in our rebalances.
        return f"{self._name}.{group}"

    def _least_session_timeout_ms(self) -> int:
        if self._broker_minimum_ms is None:
            with _translated():
                broker = next(iter(self._admin.list_topics(timeout=KAFKA_TIMEOUT_S).brokers))
            asked = admin.ConfigResource(admin.ConfigResource.Type.BROKER, str(broker))
            [answer] = self._admin.describe_configs([asked], request_timeout=KAFKA_TIMEOUT_S).values()
            try:
                entry = _result(answer).get("group.min.session.timeout.ms")
            except KafkaException as error:  # not every principal may see a broker's settings
                _LOGGER.info("log %s: the broker keeps its session limits to itself: %s", self._name, error)
                entry = None
            self._broker_minimum_ms = int(entry.value) if entry is not None and entry.value else 0
        return self._broker_minimum_ms

    def _offsets(self, spec: object) -> list[int]:
        asked = {TopicPartition(self._name, partition): spec for partition in range(self._partitions)}

        def ask() -> dict[int, int]:
            answers = self._admin.list_offsets(asked, request_timeout=KAFKA_TIMEOUT_S)
            return {entry.partition: _result(answer).offset for entry, answer in answers.items()}

        offsets = _answered(ask)
        if min(offsets.values()) < 0:  # librdkafka's way to say that a partition's leader did not answer in time
            raise LogUnavailableError(f"Kafka: no answer on the offsets of {self._name!r}")
        return [offsets[partition] for partition in range(self._partitions)]

    def _outsider(self, group: str) -> Consumer:
        """A consumer that names the group and never joins it.

        An AdminClient could ask the same, but librdkafka up to 2.16 kills the process when a broker that has only just
        started answers it (docs/decisions/0005-kafka-client-version.md).
        """
        with self._making:
            if group not in self._outsiders:
                # Nobody polls it, so it must not queue log lines for us.
                settings = {**self._common, "group.id": self._group_id(group), "enable.auto.commit": False}
                self._outsiders[group] = Consumer({**settings, "log_level": 0, **self._extra})
            return self._outsiders[group]

    def _new_consumer(self, group: str, settings: Mapping[str, Any]) -> Consumer:
        return Consumer(
            {
                **self._common,
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "fetch.error.backoff.ms": 100,
                "queued.max.messages.kbytes": 16_384,
                **settings,
                **self._extra,
            },
            logger=_LOGGER,
        )

    def _new_producer(self) -> Producer:
        return Producer(
            {
                **self._common,
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": 1,
                "message.timeout.ms": int(self._delivery_timeout_s * 1000),
                "message.max.bytes": MAX_RECORD_BYTES + 1_000,
                **self._extra,
            },
            logger=_LOGGER,
        )

    def _replace_if_fatal(self, failed: Producer, error: KafkaError) -> None:
        # An idempotent producer that cannot tell what the broker has stops for good; the next one starts afresh.
        if not error.fatal() and error.code() != KafkaError._FATAL:
            return
        with self._making:
            if self._producer is failed:
                _LOGGER.warning("log %s: starting a new producer: %s", self._name, error.str())
                self._producer = self._new_producer()

    def _serve_reports(self) -> None:
        while not self._closed.is_set():
            self._producer.poll(0.1)


class _Delivery:
    """Reports of one append's records, as they come in on the thread that serves the producer."""

    def __init__(self, count: int) -> None:
        self.positions = [0] * count
        self.error: KafkaError | None = None
        self.done = threading.Event()
        self._left = count

    def report(self, index: int, error: KafkaError | None, message: "Message[Any, Any]") -> None:
        offset = message.offset()
        if error is not None:
            self.error = error
        elif offset is not None:
            self.positions[index] = offset + 1
        self._left -= 1
        if self._left == 0:
            self.done.set()


class _Fetcher:
    """What both readers share: batches from a consumer, in order, only of partitions that are still ours."""

    def __init__(self, log: KafkaLog, consumer: Consumer) -> None:
        self._log = log
        self._consumer = consumer
        self._next: dict[int, int] = {}  # partition to the offset that comes next, -1 where we cannot say
        self._moved: set[int] = set()  # partitions given or taken since the last look
        self._failure: LogRecreatedError | None = None
        self._closed = False

    def close(self) -> None:
        """Leave the group, if any, and release the connection."""
        if not self._closed:
            self._closed = True
            self._consumer.close()

    def _fetch(self, max_records: int, timeout_s: float) -> list[Batch]:
        if max_records < 1:
            raise ValueError(f"max_records must be at least 1, got {max_records}")
        if self._failure is not None:
            raise self._failure
        with _translated():
            # A wait for many would last until so many are there, or to the timeout; so wait for one, take the rest.
            messages = self._consumer.consume(1, max(0.0, timeout_s))
            if messages and max_records > 1:
                self._moved.clear()
                more = self._consumer.consume(max_records - 1, 0)
                messages = [message for message in messages if message.partition() not in self._moved] + more
        if self._failure is not None:
            raise self._failure
        found: dict[int, list[Record]] = {}
        for message in messages:
            error, partition, offset, value = message.error(), message.partition(), message.offset(), message.value()
            if error is not None:
                self._judge(error)
            elif partition in self._next and offset is not None and value is not None:
                if offset < self._next[partition]:
                    self._went_back(partition)
                    continue
                self._next[partition] = offset + 1
                found.setdefault(partition, []).append(Record(offset + 1, value))
        return [Batch(partition, records) for partition, records in found.items()]

    def _judge(self, error: KafkaError) -> None:
        if error.fatal() or error.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.TOPIC_AUTHORIZATION_FAILED):
            raise LogUnavailableError(f"Kafka: {error.str()}") from KafkaException(error)
        _LOGGER.warning("log %s: %s", self._log.name, error.str())

    def _went_back(self, partition: int) -> None:
        end = self._log.ends()[partition]
        if end < self._next[partition]:
            self._failure = LogRecreatedError(self._log.name, partition, self._next[partition], end)
            raise self._failure


class KafkaReader(_Fetcher):
    """Follows partitions on its own; made by `KafkaLog.read`."""

    def __init__(self, log: KafkaLog, consumer: Consumer, offsets: Mapping[int, int]) -> None:
        super().__init__(log, consumer)
        self._next.update(offsets)
        consumer.assign([TopicPartition(log.name, partition, offset) for partition, offset in offsets.items()])

    def poll(self, max_records: int, timeout_s: float) -> list[Batch]:
        """Return what has arrived; see `LogReader`. Empty, too, while the broker is away."""
        return self._fetch(max_records, timeout_s)


class KafkaGroupConsumer(_Fetcher):
    """One member of a group; made by `KafkaLog.consume`.

    librdkafka keeps the membership alive on a thread of its own; partitions come and go during `poll` alone.
    """

    def __init__(self, log: KafkaLog, consumer: Consumer) -> None:
        super().__init__(log, consumer)
        self._committed: dict[int, int] = {}
        self._open_commits: dict[int, int] = {}  # refused while the group was moving; ours if the partition stays
        self._member = ""
        consumer.subscribe([log.name], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost)

    @property
    def assignment(self) -> frozenset[int]:
        """Partitions given to this member, as of the last poll."""
        return frozenset(self._next)

    def poll(self, max_records: int, timeout_s: float) -> list[Batch]:
        """Return what has arrived; see `LogReader`. Empty, too, while the broker is away."""
        batches = self._fetch(max_records, timeout_s)
        if self._open_commits:
            self._commit(dict(self._open_commits))
        return batches

    def commit(self, positions: Mapping[int, int]) -> None:
        """Record positions for the partitions still held; see `GroupConsumer`."""
        self._commit(positions)

    def _commit(self, positions: Mapping[int, int]) -> None:
        ahead = {
            partition: position
            for partition, position in positions.items()
            if partition in self._next and position > self._committed.get(partition, 0)
        }
        if not ahead:
            return
        # Woken after a long stop we may be out of the group, and in an empty group the broker takes any commit.
        if self._consumer.memberid() != self._member:
            self._open_commits.update(ahead)
            return
        entries = [TopicPartition(self._log.name, partition, position) for partition, position in ahead.items()]
        try:
            _unless_refused(self._consumer.commit(offsets=entries, asynchronous=False) or [])
        except KafkaException as error:
            if error.args[0].code() not in _MOVED:
                raise LogUnavailableError(f"Kafka: {error.args[0].str()}") from error
            self._open_commits.update(ahead)
            return
        self._committed.update(ahead)
        for partition in ahead:
            self._open_commits.pop(partition, None)

    def _on_assign(self, consumer: Consumer, entries: list[TopicPartition]) -> None:
        self._member = consumer.memberid()
        try:
            with _translated():
                committed = _unless_refused(consumer.committed(entries, timeout=KAFKA_TIMEOUT_S))
            starts, ends = self._log.starts(), self._log.ends()
        except LogUnavailableError as error:
            _LOGGER.warning("log %s: starting where the broker says, unchecked: %s", self._log.name, error)
            offsets = {entry.partition: OFFSET_STORED for entry in entries}
        else:
            offsets = {}
            for entry in committed:
                position = max(0, entry.offset)
                if position > ends[entry.partition]:
                    self._failure = LogRecreatedError(self._log.name, entry.partition, position, ends[entry.partition])
                self._committed[entry.partition] = position
                offsets[entry.partition] = max(position, starts[entry.partition] - 1)
        for partition, offset in offsets.items():
            self._next[partition] = offset if offset >= 0 else -1
            self._moved.add(partition)
        consumer.incremental_assign(
            [TopicPartition(self._log.name, partition, offset) for partition, offset in offsets.items()]
        )

    def _on_revoke(self, consumer: Consumer, entries: list[TopicPartition]) -> None:
        # The last chance for a commit that came while the group was moving: without it the next owner repeats work.
        leaving = {entry.partition for entry in entries}
        late = {partition: position for partition, position in self._open_commits.items() if partition in leaving}
        try:
            self._commit(late)
        except LogUnavailableError as error:
            _LOGGER.warning("log %s: left partitions %s uncommitted: %s", self._log.name, sorted(late), error)
        self._on_lost(consumer, entries)

    def _on_lost(self, consumer: Consumer, entries: list[TopicPartition]) -> None:
        for entry in entries:
            self._moved.add(entry.partition)
            for places in (self._next, self._committed, self._open_commits):
                places.pop(entry.partition, None)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except KafkaException as error:
        raise LogUnavailableError(f"Kafka: {error.args[0]}") from error


def _answered(ask: Callable[[], _T]) -> _T:
    """Ask the broker, again while it says "not yet"."""
    deadline_s = time.monotonic() + KAFKA_TIMEOUT_S
    while True:
        try:
            with _translated():
                return ask()
        except LogUnavailableError as error:
            cause = error.__cause__
            code = cause.args[0].code() if isinstance(cause, KafkaException) else None
            if code not in _NOT_YET or time.monotonic() >= deadline_s:
                raise
        time.sleep(0.02)


def _unless_refused(entries: list[TopicPartition]) -> list[TopicPartition]:
    for entry in entries:
        if entry.error is not None:
            raise KafkaException(entry.error)
    return entries


def _result(answer: "Future[Any]") -> Any:
    return answer.result(KAFKA_TIMEOUT_S + 5)
