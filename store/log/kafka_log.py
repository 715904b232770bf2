"""The event log on Kafka.

A position is the Kafka offset plus 1, and plus the base of the topic's life where it was deleted and made again
(`store.log.kafka_lives`). So but for the base a committed position n and the Kafka commit offset n are the same number.
That positions of a life are dense holds because nobody writes to the topic in transactions and it is never compacted.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from confluent_kafka import Consumer

from store.log.kafka_client import KafkaBroker
from store.log.kafka_lives import Life, Lives
from store.log.kafka_producer import MAX_RECORD_BYTES, KafkaProducer
from store.log.kafka_readers import KafkaGroupConsumer, KafkaReader
from store.log.kafka_topic import KafkaTopic
from store.log.log import LogUnavailableError, check_not_recreated, check_partition
from store.log.log_keys import valid_name


class KafkaLog:
    """A topic of `partitions` partitions, made if absent; an `EventLog`.

    Parameters
    ----------
    broker
        Where it is.
    name
        The topic: letters, digits, `.`, `_` and `-`.
    lives
        From where positions count; closed with the log.
    partitions
        At least 1; fixed by whoever opens the log first.
    retention_s
        Age in seconds beyond which Kafka may drop records. Set when the topic is made; later the broker's to change.
    session_timeout_s
        Silence in seconds after which a member of a group loses its partitions. A broker's own minimum (6 s unless
        `group.min.session.timeout.ms` says otherwise) goes before it.
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
        session_timeout_s: float = 4.5,
        replication_factor: int = 1,
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
        self._topic = KafkaTopic(broker, self._name, lives, partitions, retention_s, replication_factor)
        self._producer = KafkaProducer(broker, self._name)

    @property
    def name(self) -> str:
        """Name of the topic that holds the log's records."""
        return self._name

    @property
    def partitions(self) -> int:
        """How many partitions; never changes."""
        return self._partitions

    def generation(self) -> str:
        """Name this counting of positions: the id of the first topic that it began with; see `EventLog`."""
        return self._topic.life_now().counting

    def append(self, records: Sequence[tuple[int, bytes]]) -> list[int]:
        """Append `(partition, value)` pairs and wait until every replica in sync has them; see `EventLog`.

        Where the topic was made again less than a second before, the positions may be of its life before.
        """
        for partition, value in records:
            check_partition(self._name, partition, self._partitions)
            if len(value) > MAX_RECORD_BYTES:
                raise ValueError(f"record of {len(value)} bytes: at most {MAX_RECORD_BYTES} fit")
        offsets = self._producer.append(records)
        newest = {partition: offset for (partition, _), offset in zip(records, offsets, strict=True)}
        if not self._topic.note_newest(newest):
            with suppress(LogUnavailableError):  # the records are in it all the same
                self._topic.life_now()
        base = self._topic.life.base
        return [base + offset for offset in offsets]

    def consume(self, group: str) -> KafkaGroupConsumer:
        """Join `group`; partitions arrive during the first polls."""
        timeout_ms = max(self._session_timeout_ms, self._topic.least_session_timeout_ms())
        settings = {
            "session.timeout.ms": timeout_ms,
            "heartbeat.interval.ms": max(50, timeout_ms // 6),
            # Partitions that stay keep their place, and what was read from them, through a rebalance.
            "partition.assignment.strategy": "cooperative-sticky",
        }

        def join(life: Life) -> Consumer:
            return self._topic.new_consumer(group, life, settings)

        return KafkaGroupConsumer(self._topic, group, join)

    def reader(self, after: Mapping[int, int]) -> KafkaReader:
        """Follow partitions from just after given positions; see `EventLog`."""
        life, oldest, coming = self._topic.bounds()
        check_not_recreated(self._name, after, [life.base + offset for offset in coming])
        offsets = {partition: max(position - life.base, oldest[partition]) for partition, position in after.items()}
        return KafkaReader(self._topic, life, offsets)

    def ends(self) -> list[int]:
        """Position of the newest record of each partition; see `EventLog`."""
        life, _, coming = self._topic.bounds()
        return [life.base + offset for offset in coming]

    def starts(self) -> list[int]:
        """Position of the oldest record kept of each partition; see `EventLog`."""
        life, oldest, _ = self._topic.bounds()
        return [life.base + offset + 1 for offset in oldest]

    def committed(self, group: str) -> list[int]:
        """Position each partition is committed to by `group`; see `EventLog`."""
        life = self._topic.life
        return [life.base + offset for offset in self._topic.committed(life, group)]

    def commit(self, group: str, positions: Mapping[int, int]) -> None:
        """Commit for a group without members; a position never moves backwards."""
        self._topic.commit(group, positions)

    def truncate(self, before: Mapping[int, int]) -> None:
        """Drop the records of each partition older than the position given."""
        self._topic.truncate(before)

    def close(self) -> None:
        """Send what is queued and release the producer. Consumers and readers made from it have their own."""
        self._producer.close()
        self._topic.close()
