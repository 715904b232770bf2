"""A topic of Kafka: made if absent, its offsets, and what groups have committed."""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any, Final

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


class KafkaTopic:
    """A topic of `partitions` partitions.

    Parameters
    ----------
    broker, name
        Where it is.
    partitions
        At least 1; another number of a topic that exists raises `PartitionCountError`.
    retention_s
        Age in seconds beyond which Kafka may drop records. Set when the topic is made.
    replication_factor
        Copies of each partition, when the topic is made.
    """

    def __init__(
        self, broker: KafkaBroker, name: str, partitions: int, retention_s: float, replication_factor: int
    ) -> None:
        self._broker = broker
        self._name = name
        self._partitions = partitions
        self._broker_minimum_ms: int | None = None
        self._making = threading.Lock()
        self._outsiders: dict[str, Consumer] = {}
        self._admin = admin.AdminClient(broker.client_settings({"log_level": 0}))
        self._open(retention_s, replication_factor)

    @property
    def name(self) -> str:
        """Name of the topic that holds the log's records."""
        return self._name

    def ends(self) -> list[int]:
        """Position of the newest record of each partition; see `EventLog`."""
        return self._offsets(admin.OffsetSpec.latest())

    def starts(self) -> list[int]:
        """Position of the oldest record kept of each partition; see `EventLog`."""
        return [offset + 1 for offset in self._offsets(admin.OffsetSpec.earliest())]

    def generation(self) -> str:
        """The topic's id; empty where the broker does not tell it."""

        def ask() -> str:
            asked = TopicCollection([self._name])
            [answer] = self._admin.describe_topics(asked, request_timeout=KAFKA_TIMEOUT_S).values()
            return str(result_of(answer).topic_id)

        try:
            found = answered(ask, self._refresh)
        except LogUnavailableError as error:
            cause = error.__cause__
            if isinstance(cause, KafkaException) and cause.args[0].code() in _CANNOT_TELL:
                return ""
            raise
        return "" if found in _NO_IDS else found

    def committed(self, group: str) -> list[int]:
        """Position each partition is committed to by `group`, 0 where it never was."""
        asked = [TopicPartition(self._name, partition) for partition in range(self._partitions)]

        def ask() -> list[TopicPartition]:
            return unless_refused(self._outsider(group).committed(asked, timeout=KAFKA_TIMEOUT_S))

        positions = [0] * self._partitions
        for entry in answered(ask, self._refresh):
            positions[entry.partition] = max(0, entry.offset)
        return positions

    def commit(self, group: str, positions: Mapping[int, int]) -> None:
        """Commit for a group without members; a position never moves backwards."""
        now = self.committed(group)
        ahead = [TopicPartition(self._name, p, position) for p, position in positions.items() if position > now[p]]
        if ahead:
            answered(
                lambda: unless_refused(self._outsider(group).commit(offsets=ahead, asynchronous=False) or []),
                self._refresh,
            )

    def truncate(self, before: Mapping[int, int]) -> None:
        """Drop the records of each partition older than the position given."""
        ends = self.ends()
        wanted = [TopicPartition(self._name, p, min(position - 1, ends[p])) for p, position in before.items()]

        def ask() -> None:
            for answer in self._admin.delete_records(wanted, request_timeout=KAFKA_TIMEOUT_S).values():
                result_of(answer)

        answered(ask, self._refresh)

    def forget_outsiders(self) -> None:
        """Let go of the consumers that were asked; another thread may be asking still, and keeps its own alive."""
        self._outsiders.clear()

    def new_consumer(self, group: str, settings: Mapping[str, Any]) -> Consumer:
        """Make a consumer of a group, with settings of its own."""
        return Consumer(
            self._broker.client_settings(
                {
                    "group.id": self._group_id(group),
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

    def _group_id(self, group: str) -> str:
        # Kafka's groups span topics: under one name, members that read another log would take part in our rebalances.
        return f"{self._name}.{group}"

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

    def _outsider(self, group: str) -> Consumer:
        """A consumer that names the group and never joins it.

        An AdminClient could ask the same, but librdkafka up to 2.16 kills the process when a broker that has only just
        started answers it (docs/decisions/0005-kafka-client-version.md).
        """
        with self._making:
            if group not in self._outsiders:
                # Nobody polls it, so it must not queue log lines for us.
                settings = {"group.id": self._group_id(group), "enable.auto.commit": False, "log_level": 0}
                self._outsiders[group] = Consumer(self._broker.client_settings(settings))
            return self._outsiders[group]
