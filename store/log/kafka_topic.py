"""A topic of Kafka: made if absent, which life it is in, how far it goes, and what groups have committed.

Positions are counted on from life to life: an offset's is the offset plus 1 and the base of its life. Groups are of one
life alone, so that nobody goes on from where another topic of the same name was left.
"""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection, TopicPartition

from store.log.kafka_client import (
    KAFKA_TIMEOUT_S,
    KafkaBroker,
    admin,
    answered,
    kafka_errors_translated,
    result_of,
    unless_refused,
)
from store.log.kafka_lives import NO_LIFE, Life, Lives
from store.log.log import LogUnavailableError, PartitionCountError

_LOGGER = logging.getLogger(__name__)
_CANNOT_TELL: Final = frozenset(
    {
        *(KafkaError.UNSUPPORTED_VERSION, KafkaError._UNSUPPORTED_FEATURE),  # noqa: SLF001 - the library's name for it
        *(KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED),
    }
)
_NO_IDS: Final = frozenset({"", "None", "AAAAAAAAAAAAAAAAAAAAAA", "00000000-0000-0000-0000-000000000000"})
"""What stands for a topic's id where a broker gives topics none."""
_LOOK_EVERY_S: Final = 1.0
_LOOK_TIMEOUT_S: Final = 1.0


class Bounds(NamedTuple):
    """How far a topic goes in one life: the offsets of the oldest record kept and of the next one to come, each of
    length `partitions`."""

    life: Life
    oldest: list[int]
    coming: list[int]


class KafkaTopic:
    """A topic of `partitions` partitions; a thread looks every second whether it has been made again.

    Parameters
    ----------
    broker, name
        Where it is.
    lives
        The lives it has had.
    partitions
        At least 1; another number of a topic that exists raises `PartitionCountError`.
    retention_s
        Age in seconds beyond which Kafka may drop records. Set when the topic is made.
    replication_factor
        Copies of each partition, when the topic is made.
    """

    def __init__(
        self,
        broker: KafkaBroker,
        name: str,
        lives: Lives,
        partitions: int,
        retention_s: float,
        replication_factor: int,
    ) -> None:
        self._broker = broker
        self._name = name
        self._lives = lives
        self._partitions = partitions
        self._broker_minimum_ms: int | None = None
        self._making = threading.Lock()
        self._outsiders: dict[str, Consumer] = {}
        self._older_commits: dict[str, list[int]] = {}
        self._admin = admin.AdminClient(broker.client_settings({"log_level": 0}))
        self._open(retention_s, replication_factor)
        self._following = threading.Lock()  # one change of lives at a time; taken before the next
        self._changing = threading.Lock()  # guards the three below, and is never held while a server is asked
        self._failure: PartitionCountError | None = None
        self._newest = [0] * partitions  # offsets of this life that are known to have been reached
        self._life = lives.life_of(name, answered(self._asked_id, self._refresh), NO_LIFE, 0)
        self._newest = self.bounds().coming
        self._closed = threading.Event()
        self._watching = threading.Thread(target=self._watch, name=f"log-life-{name}", daemon=True)
        self._watching.start()

    @property
    def name(self) -> str:
        """Name of the topic that holds the log's records."""
        return self._name

    @property
    def life(self) -> Life:
        """The life the topic is in, as it was last looked at. Raises `PartitionCountError` where it was made again with
        another number of partitions."""
        if self._failure is not None:
            raise self._failure
        return self._life

    def life_now(self) -> Life:
        """Ask the broker which life the topic is in. Raises `LogUnavailableError`, also while there is no topic, and
        `PartitionCountError`."""
        with kafka_errors_translated():
            topic_id = self._asked_id(_LOOK_TIMEOUT_S)
        if topic_id and topic_id != self._life.topic_id:
            self._follow(topic_id)
        return self.life

    def note_newest(self, offsets: Mapping[int, int]) -> bool:
        """Note that partitions have come to offsets; False where one was further already."""
        with self._changing:
            onward = all(offset >= self._newest[partition] for partition, offset in offsets.items())
            for partition, offset in offsets.items():
                self._newest[partition] = max(self._newest[partition], offset)
        return onward

    def tell_lost(self, group: str, records: int) -> None:
        """Say that a group goes on with the topic made again, and how much at least it had not read of the older."""
        self._lives.tell_lost(self._name, group, records)

    def bounds(self) -> Bounds:
        """How far the topic goes. Raises `LogUnavailableError`."""
        while True:
            life = self.life
            oldest = self._offsets(admin.OffsetSpec.earliest())
            coming = self._offsets(admin.OffsetSpec.latest())
            if not life.topic_id:
                return Bounds(life, oldest, coming)
            found = answered(self._asked_id, self._refresh)
            if found == life.topic_id:  # as before and after, so meanwhile too
                return Bounds(life, oldest, coming)
            self._follow(found)

    def committed(self, life: Life, group: str) -> list[int]:
        """Offset each partition is committed to by `group` in a life, 0 where it never was."""
        asked = [TopicPartition(self._name, partition) for partition in range(self._partitions)]

        def ask() -> list[TopicPartition]:
            outsider = self._outsider(self._group_id(group, life))
            return unless_refused(outsider.committed(asked, timeout=KAFKA_TIMEOUT_S))

        offsets = [0] * self._partitions
        for entry in answered(ask, self._refresh):
            offsets[entry.partition] = max(0, entry.offset)
        if life.topic_id and not life.base and not all(offsets):
            offsets = [max(pair) for pair in zip(offsets, self._committed_before(group), strict=True)]
        return offsets

    def commit(self, group: str, positions: Mapping[int, int]) -> None:
        """Commit for a group without members; a position never moves backwards."""
        life = self.life
        now = self.committed(life, group)
        offsets = {partition: position - life.base for partition, position in positions.items()}
        ahead = [TopicPartition(self._name, p, offset) for p, offset in offsets.items() if offset > now[p]]
        if ahead:
            outsider = self._outsider(self._group_id(group, life))
            answered(
                lambda: unless_refused(outsider.commit(offsets=ahead, asynchronous=False) or []),
                self._refresh,
            )

    def truncate(self, before: Mapping[int, int]) -> None:
        """Drop the records of each partition older than the position given."""
        life, _, coming = self.bounds()
        offsets = {partition: max(0, position - 1 - life.base) for partition, position in before.items()}
        wanted = [TopicPartition(self._name, p, min(offset, coming[p])) for p, offset in offsets.items()]

        def ask() -> None:
            for answer in self._admin.delete_records(wanted, request_timeout=KAFKA_TIMEOUT_S).values():
                result_of(answer)

        answered(ask, self._refresh)

    def close(self) -> None:
        """End the thread, and let go of the consumers that were asked; another thread may be asking still, and keeps
        its own alive."""
        self._closed.set()
        self._watching.join()
        self._outsiders.clear()
        self._lives.close()

    def new_consumer(self, group: str, life: Life, settings: Mapping[str, Any]) -> Consumer:
        """Make a consumer of a group of one life, with settings of its own."""
        return Consumer(
            self._broker.client_settings(
                {
                    "group.id": self._group_id(group, life),
                    "enable.auto.commit": False,
                    "auto.offset.reset": "earliest",
                    "fetch.error.backoff.ms": 100,
                    "queued.max.messages.kbytes": 16_384,
                },
                settings,
            ),
            logger=_LOGGER,
        )

    def least_session_timeout_ms(self) -> int:
        """Give the broker's own minimum; 0 where it does not tell."""
        if self._broker_minimum_ms is None:
            with kafka_errors_translated():
                broker = next(iter(self._admin.list_topics(timeout=KAFKA_TIMEOUT_S).brokers))
            asked = admin.ConfigResource(admin.ConfigResource.Type.BROKER, str(broker))
            [answer] = self._admin.describe_configs([asked], request_timeout=KAFKA_TIMEOUT_S).values()
            try:
                entry = result_of(answer).get("group.min.session.timeout.ms")
            except KafkaException as error:  # not every principal may see a broker's settings
                _LOGGER.info("log %s: the broker keeps its session limits to itself: %s", self._name, error)
                entry = None
            self._broker_minimum_ms = int(entry.value) if entry is not None and entry.value else 0
        return self._broker_minimum_ms

    def _open(self, retention_s: float, replication_factor: int) -> None:
        deadline_s = time.monotonic() + KAFKA_TIMEOUT_S
        asked = False
        while True:
            with kafka_errors_translated():
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
                with kafka_errors_translated():
                    try:
                        result_of(answer)
                    except KafkaException as error:
                        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                            raise
                asked = True
            if time.monotonic() >= deadline_s:
                raise LogUnavailableError(f"Kafka: topic {self._name!r} has no leaders after {KAFKA_TIMEOUT_S:g} s")
            time.sleep(0.02)

    def _group_id(self, group: str, life: Life) -> str:
        # Kafka's groups span topics: under one name, members that read another log would take part in our rebalances.
        return f"{self._name}.{group}.{life.topic_id}" if life.topic_id else f"{self._name}.{group}"

    def _committed_before(self, group: str) -> list[int]:
        """What a group committed under its older name, when groups were not of one life alone; asked once."""
        if group not in self._older_commits:
            self._older_commits[group] = self.committed(NO_LIFE, group)
            self._outsiders.pop(self._group_id(group, NO_LIFE), None)
        return self._older_commits[group]

    def _asked_id(self, timeout_s: float = KAFKA_TIMEOUT_S) -> str:
        """Ask for the topic's id; empty where the broker does not tell it."""
        [answer] = self._admin.describe_topics(TopicCollection([self._name]), request_timeout=timeout_s).values()
        try:
            told = result_of(answer)
        except KafkaException as error:
            if error.args[0].code() in _CANNOT_TELL:
                return ""
            raise
        found = str(told.topic_id)
        if found in _NO_IDS:
            return ""
        if told.partitions and len(told.partitions) != self._partitions:
            self._failure = PartitionCountError(self._name, len(told.partitions), self._partitions)
            raise self._failure
        return found

    def _follow(self, topic_id: str) -> None:
        """Take the topic for the one of another id, or in another counting."""
        with self._following:
            before = self._life
            begun = self._lives.life_of(self._name, topic_id, before, max(self._newest))
            if begun.counting == before.counting and begun.base < before.base:
                return  # a broker that lags behind tells of the topic that was
            with self._changing:
                if begun != before:
                    self._life = begun
                    self._newest = [0] * self._partitions

    def _watch(self) -> None:
        while not self._closed.wait(_LOOK_EVERY_S):
            try:
                life = self.life_now()
                if life.topic_id:  # notes how far it has come
                    self._follow(life.topic_id)
            except (LogUnavailableError, PartitionCountError) as error:
                _LOGGER.debug("log %s: cannot look whether its topic was made again: %s", self._name, error)

    def _offsets(self, spec: object) -> list[int]:
        asked = {TopicPartition(self._name, partition): spec for partition in range(self._partitions)}

        def ask() -> dict[int, int]:
            answers = self._admin.list_offsets(asked, request_timeout=KAFKA_TIMEOUT_S)
            return {entry.partition: result_of(answer).offset for entry, answer in answers.items()}

        offsets = answered(ask, self._refresh)
        if min(offsets.values()) < 0:  # librdkafka's way to say that a partition's leader did not answer in time
            raise LogUnavailableError(f"Kafka: no answer on the offsets of {self._name!r}")
        return [offsets[partition] for partition in range(self._partitions)]

    def _refresh(self) -> None:
        """Have the client learn again who leads the topic's partitions."""
        self._admin.list_topics(timeout=KAFKA_TIMEOUT_S)

    def _outsider(self, group_id: str) -> Consumer:
        """A consumer that names the group and never joins it.

        An AdminClient could ask the same, but librdkafka up to 2.16 kills the process when a broker that has only just
        started answers it (docs/decisions/0005-kafka-client-version.md).
        """
        with self._making:
            if group_id not in self._outsiders:
                # Nobody polls it, so it must not queue log lines for us.
                settings = {"group.id": group_id, "enable.auto.commit": False, "log_level": 0}
                self._outsiders[group_id] = Consumer(self._broker.client_settings(settings))
            return self._outsiders[group_id]
