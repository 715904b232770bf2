"""Reading a log on Kafka: partitions followed from given positions, alone or as a member of a group."""

import logging
from collections.abc import Mapping
from typing import Final

from confluent_kafka import OFFSET_STORED, Consumer, KafkaError, KafkaException, TopicPartition

from store.log.kafka_client import KAFKA_TIMEOUT_S, kafka_errors_translated, unless_refused
from store.log.kafka_topic import KafkaTopic
from store.log.log import Batch, LogRecreatedError, LogUnavailableError, Record

_LOGGER = logging.getLogger(__name__)

# The broker refused a commit because the group has moved on without us, or is just moving.
_MOVED: Final = frozenset(
    {
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError.FENCED_INSTANCE_ID,
        KafkaError._ASSIGNMENT_LOST,  # noqa: SLF001 - the library's own name for it
    }
)


class _Fetcher:
    """What both readers share: batches from a consumer, in order, only of partitions that are still ours."""

    def __init__(self, topic: KafkaTopic, consumer: Consumer) -> None:
        self._topic = topic
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
        with kafka_errors_translated():
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
        _LOGGER.warning("log %s: %s", self._topic.name, error.str())

    def _went_back(self, partition: int) -> None:
        end = self._topic.ends()[partition]
        if end < self._next[partition]:
            self._failure = LogRecreatedError(self._topic.name, partition, self._next[partition], end)
            raise self._failure


class KafkaReader(_Fetcher):
    """Follows partitions on its own; made by `KafkaLog.read`."""

    def __init__(self, topic: KafkaTopic, consumer: Consumer, offsets: Mapping[int, int]) -> None:
        super().__init__(topic, consumer)
        self._next.update(offsets)
        consumer.assign([TopicPartition(topic.name, partition, offset) for partition, offset in offsets.items()])

    def poll(self, max_records: int, timeout_s: float) -> list[Batch]:
        """Return what has arrived; see `LogReader`. Empty, too, while the broker is away."""
        return self._fetch(max_records, timeout_s)


class KafkaGroupConsumer(_Fetcher):
    """One member of a group; made by `KafkaLog.consume`.

    librdkafka keeps the membership alive on a thread of its own; partitions come and go during `poll` alone.
    """

    def __init__(self, topic: KafkaTopic, consumer: Consumer) -> None:
        super().__init__(topic, consumer)
        self._committed: dict[int, int] = {}
        self._open_commits: dict[int, int] = {}  # refused while the group was moving; ours if the partition stays
        self._member = ""
        consumer.subscribe([topic.name], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost)

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
        entries = [TopicPartition(self._topic.name, partition, position) for partition, position in ahead.items()]
        try:
            unless_refused(self._consumer.commit(offsets=entries, asynchronous=False) or [])
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
            with kafka_errors_translated():
                committed = unless_refused(consumer.committed(entries, timeout=KAFKA_TIMEOUT_S))
            starts, ends = self._topic.starts(), self._topic.ends()
        except LogUnavailableError as error:
            _LOGGER.warning("log %s: starting where the broker says, unchecked: %s", self._topic.name, error)
            offsets = {entry.partition: OFFSET_STORED for entry in entries}
        else:
            offsets = {}
            for entry in committed:
                position = max(0, entry.offset)
                if position > ends[entry.partition]:
                    self._failure = LogRecreatedError(
                        self._topic.name, entry.partition, position, ends[entry.partition]
                    )
                self._committed[entry.partition] = position
                offsets[entry.partition] = max(position, starts[entry.partition] - 1)
        for partition, offset in offsets.items():
            self._next[partition] = offset if offset >= 0 else -1
            self._moved.add(partition)
        consumer.incremental_assign(
            [TopicPartition(self._topic.name, partition, offset) for partition, offset in offsets.items()]
        )

    def _on_revoke(self, consumer: Consumer, entries: list[TopicPartition]) -> None:
        # The last chance for a commit that came while the group was moving: without it the next owner repeats work.
        leaving = {entry.partition for entry in entries}
        late = {partition: position for partition, position in self._open_commits.items() if partition in leaving}
        try:
            self._commit(late)
        except LogUnavailableError as error:
            _LOGGER.warning("log %s: left partitions %s uncommitted: %s", self._topic.name, sorted(late), error)
        self._on_lost(consumer, entries)

    def _on_lost(self, consumer: Consumer, entries: list[TopicPartition]) -> None:
        for entry in entries:
            self._moved.add(entry.partition)
            for places in (self._next, self._committed, self._open_commits):
                places.pop(entry.partition, None)
