"""Reading a log on Kafka: partitions followed from given positions, alone or as a member of a group.

Records are given away once the broker has said, after they came, that the topic is the one they were asked of: its ids
never return. Else a topic that was deleted, made again and overtook the older one would go on in the middle, unseen. A
reader whose topic was made again begins with the new one's first record.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from confluent_kafka import OFFSET_STORED, Consumer, KafkaError, KafkaException, Message, TopicPartition

from store.log.kafka_client import kafka_errors_translated, unless_refused
from store.log.kafka_lives import Life
from store.log.kafka_topic import KafkaTopic
from store.log.log import Batch, LogRecreatedError, LogUnavailableError, Record

_LOGGER = logging.getLogger(__name__)
_READERS: Final = "readers"

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

    def __init__(self, topic: KafkaTopic, group: str, life: Life, consumer: Consumer) -> None:
        self._topic = topic
        self._group = group
        self._life = life
        self._consumer = consumer
        self._held: list[Message[Any, Any]] = []  # came, and nobody has said yet that the topic is still the same
        self._next: dict[int, int] = {}  # partition to the offset that comes next, -1 where we cannot say
        self._high: dict[int, int] = {}  # partition to the offset up to which it is known to hold records
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
        if self._topic.life != self._life:
            self._begin_again()
        self._held = self._held or self._consumed(max_records, timeout_s)
        if self._failure is not None:
            raise self._failure
        if not self._is_confirmed():
            time.sleep(max(0.0, timeout_s) if self._held else 0.0)
            return []
        messages, self._held = self._held, []
        found: dict[int, list[Record]] = {}
        for message in messages:
            partition, offset, value = message.partition(), message.offset(), message.value()
            if partition in self._next and offset is not None and value is not None:
                if offset < self._next[partition]:
                    self._went_back(partition)
                    continue
                self._next[partition] = offset + 1
                found.setdefault(partition, []).append(Record(self._life.base + offset + 1, value))
        for partition in found:
            asked = TopicPartition(self._topic.name, partition)
            _, self._high[partition] = self._consumer.get_watermark_offsets(asked, cached=True)
        return [Batch(partition, records) for partition, records in found.items()]

    def _is_confirmed(self) -> bool:
        """Whether what came is of the topic it was asked of; where it is not, the reader begins again."""
        if not self._held or not self._life.topic_id:
            return True
        try:
            life = self._topic.life_now()
        except LogUnavailableError as error:
            _LOGGER.debug("log %s: cannot tell yet whether its topic was made again: %s", self._topic.name, error)
            return False
        if life == self._life:
            return True
        self._begin_again()
        return False

    def _consumed(self, max_records: int, timeout_s: float) -> "list[Message[Any, Any]]":
        with kafka_errors_translated():
            # A wait for many would last until so many are there, or to the timeout; so wait for one, take the rest.
            messages = self._consumer.consume(1, max(0.0, timeout_s))
            if messages and max_records > 1:
                self._moved.clear()
                more = self._consumer.consume(max_records - 1, 0)
                messages = [message for message in messages if message.partition() not in self._moved] + more
        errors = [error for message in messages if (error := message.error()) is not None]
        if errors and len(errors) == len(messages):  # with records, those go first: it will come again
            self._judge(errors[0])
        return [message for message in messages if message.error() is None]

    def _begin_again(self) -> None:
        """Go on with the first record of the life the topic is in now."""
        life = self._topic.life
        if life.counting == self._life.counting:  # else profiles went, too, and what they knew of is no loss of theirs
            unread = sum(max(0, self._high.get(p, 0) - offset) for p, offset in self._next.items() if offset >= 0)
            self._topic.tell_lost(self._group, unread)
        self._life = life
        self._held = []
        self._high = {}
        self._follow()

    def _follow(self) -> None:
        """Read the topic from where a new life of it begins."""
        raise NotImplementedError

    def _judge(self, error: KafkaError) -> None:
        if error.fatal() or error.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.TOPIC_AUTHORIZATION_FAILED):
            raise LogUnavailableError(f"Kafka: {error.str()}") from KafkaException(error)
        _LOGGER.warning("log %s: %s", self._topic.name, error.str())

    def _went_back(self, partition: int) -> None:
        life, _, coming = self._topic.bounds()
        if life == self._life and coming[partition] < self._next[partition]:
            place, end = life.base + self._next[partition], life.base + coming[partition]
            self._failure = LogRecreatedError(self._topic.name, partition, place, end)
            raise self._failure


class KafkaReader(_Fetcher):
    """Follows partitions on its own; made by `KafkaLog.read`."""

    def __init__(self, topic: KafkaTopic, life: Life, offsets: Mapping[int, int]) -> None:
        super().__init__(topic, _READERS, life, topic.new_consumer(_READERS, life, {}))
        self._next.update(offsets)
        self._assign()

    def poll(self, max_records: int, timeout_s: float) -> list[Batch]:
        """Return what has arrived; see `LogReader`. Empty, too, while the broker is away."""
        return self._fetch(max_records, timeout_s)

    def _follow(self) -> None:
        self._next = dict.fromkeys(self._next, 0)
        self._assign()

    def _assign(self) -> None:
        entries = [TopicPartition(self._topic.name, partition, offset) for partition, offset in self._next.items()]
        with kafka_errors_translated():
            self._consumer.assign(entries)


class KafkaGroupConsumer(_Fetcher):
    """One member of a group; made by `KafkaLog.consume`.

    librdkafka keeps the membership alive on a thread of its own; partitions come and go during `poll` alone.
    """

    def __init__(self, topic: KafkaTopic, group: str, join: Callable[[Life], Consumer]) -> None:
        life = topic.life
        super().__init__(topic, group, life, join(life))
        self._join = join
        self._committed: dict[int, int] = {}
        self._open_commits: dict[int, int] = {}  # refused while the group was moving; ours if the partition stays
        self._member = ""
        self._subscribe()

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
        self._commit({partition: position - self._life.base for partition, position in positions.items()})

    def _commit(self, offsets: Mapping[int, int]) -> None:
        ahead = {
            partition: offset
            for partition, offset in offsets.items()
            if partition in self._next and offset > self._committed.get(partition, 0)
        }
        if not ahead:
            return
        # Woken after a long stop we may be out of the group, and in an empty group the broker takes any commit.
        if self._consumer.memberid() != self._member:
            self._open_commits.update(ahead)
            return
        entries = [TopicPartition(self._topic.name, partition, offset) for partition, offset in ahead.items()]
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
            committed = self._topic.committed(self._life, self._group)
            life, oldest, coming = self._topic.bounds()
        except LogUnavailableError as error:
            _LOGGER.warning("log %s: starting where the broker says, unchecked: %s", self._topic.name, error)
            offsets = {entry.partition: OFFSET_STORED for entry in entries}
        else:
            offsets = {}
            for partition in (entry.partition for entry in entries):
                offset = committed[partition]
                if life == self._life and offset > coming[partition]:
                    place, end = life.base + offset, life.base + coming[partition]
                    self._failure = LogRecreatedError(self._topic.name, partition, place, end)
                self._committed[partition] = offset
                offsets[partition] = max(offset, oldest[partition])
        for partition, offset in offsets.items():
            self._next[partition] = offset if offset >= 0 else -1
            self._moved.add(partition)
        consumer.incremental_assign(
            [TopicPartition(self._topic.name, partition, offset) for partition, offset in offsets.items()]
        )

    def _on_revoke(self, consumer: Consumer, entries: list[TopicPartition]) -> None:
        # The last chance for a commit that came while the group was moving: without it the next owner repeats work.
        leaving = {entry.partition for entry in entries}
        late = {partition: offset for partition, offset in self._open_commits.items() if partition in leaving}
        try:
            self._commit(late)
        except LogUnavailableError as error:
            _LOGGER.warning("log %s: left partitions %s uncommitted: %s", self._topic.name, sorted(late), error)
        self._on_lost(consumer, entries)

    def _on_lost(self, consumer: Consumer, entries: list[TopicPartition]) -> None:
        for entry in entries:
            self._moved.add(entry.partition)
            for places in (self._next, self._high, self._committed, self._open_commits):
                places.pop(entry.partition, None)
        self._held = [message for message in self._held if message.partition() in self._next]

    def _follow(self) -> None:
        self._open_commits.clear()  # of the topic that is gone
        self._consumer.close()
        for places in (self._next, self._committed, self._open_commits):
            places.clear()
        self._consumer = self._join(self._life)
        self._subscribe()

    def _subscribe(self) -> None:
        self._consumer.subscribe(
            [self._topic.name], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )
