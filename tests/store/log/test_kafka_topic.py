"""A topic of Kafka: made as it was asked for, once, and its groups are its own."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from shopwindow.embedded import EmbeddedRedis, free_port
from store.client import connect
from store.log import kafka_topic
from store.log.kafka_client import KafkaBroker
from store.log.kafka_lives import LIFE_GAP, Lives
from store.log.kafka_log import KafkaLog
from store.log.kafka_topic import KafkaTopic
from store.log.log import LogUnavailableError, PartitionCountError
from tests.servers import Broker, MissingComponentError, fetch_kafka, make_again, missing, restartable_kafka
from tests.store.log.logs import new_name, until


@pytest.fixture
def opened(kafka_broker: Broker, redis_server: EmbeddedRedis) -> Iterator[Callable[..., KafkaTopic]]:
    """Open a topic, made if absent."""
    topics: list[KafkaTopic] = []

    def open_topic(name: str, partitions: int = 2) -> KafkaTopic:
        broker = KafkaBroker(kafka_broker.bootstrap, kafka_broker.extra)
        topics.append(KafkaTopic(broker, name, Lives(connect(redis_server.url)), partitions, 3600.0, 1))
        return topics[-1]

    yield open_topic
    for topic in topics:
        topic.close()


@pytest.mark.kafka
def test_a_topic_is_made_once_and_keeps_its_partitions(opened: Callable[..., KafkaTopic]) -> None:
    name = new_name()
    topic = opened(name)
    assert (topic.name, topic.bounds()) == (name, (topic.life, [0, 0], [0, 0]))
    assert topic.life == (topic.life.topic_id, topic.life.topic_id, 0)
    assert opened(name).bounds() == topic.bounds()
    with pytest.raises(PartitionCountError, match="has 2 partitions, asked for 3"):
        opened(name, partitions=3)


@pytest.mark.kafka
def test_a_group_is_one_topics_own_and_never_moves_back(opened: Callable[..., KafkaTopic]) -> None:
    topic, other = opened(new_name()), opened(new_name())
    assert topic.committed(topic.life, "g") == [0, 0]
    topic.commit("g", {0: 4, 1: 2})
    topic.commit("g", {0: 3})
    topic.commit("g", {})
    assert topic.committed(topic.life, "g") == [4, 2]
    assert other.committed(other.life, "g") == [0, 0]
    topic.close()
    assert topic.committed(topic.life, "g") == [4, 2], "kept by the broker"


@pytest.mark.kafka
def test_what_a_group_had_committed_under_its_older_name_counts(
    opened: Callable[..., KafkaTopic], kafka_broker: Broker
) -> None:
    topic = opened(new_name())
    settings = {"bootstrap.servers": kafka_broker.bootstrap, "group.id": f"{topic.name}.g", **kafka_broker.extra}
    older = Consumer(settings)
    older.commit(offsets=[TopicPartition(topic.name, 0, 7)], asynchronous=False)
    older.close()
    assert topic.committed(topic.life, "g") == [7, 0]
    topic.commit("g", {0: 6, 1: 2})
    assert opened(topic.name).committed(topic.life, "g") == [7, 2]


@pytest.mark.kafka
def test_a_topic_made_again_goes_on_counting_and_its_groups_begin(
    opened: Callable[..., KafkaTopic], kafka_broker: Broker
) -> None:
    topic, beside = opened(new_name()), opened(new_name())
    topic.commit("g", {0: 4, 1: 2})
    first = topic.life
    make_again(kafka_broker, topic.name, 2)
    until(lambda: topic.life != first, within_s=5.0)
    assert topic.life.base >= LIFE_GAP
    assert topic.life.counting == first.counting
    assert topic.committed(topic.life, "g") == [0, 0]
    topic.commit("g", {0: 4, 1: topic.life.base + 1})
    assert topic.committed(topic.life, "g") == [0, 1], "a position of the older life is none of this one's"
    assert beside.life_now().base == 0


@pytest.mark.kafka
def test_a_topic_made_again_with_other_partitions_is_refused(
    opened: Callable[..., KafkaTopic], kafka_broker: Broker
) -> None:
    topic = opened(new_name())
    make_again(kafka_broker, topic.name, 3)

    def refused() -> bool:
        try:
            return not topic.life_now()
        except PartitionCountError:
            return True
        except LogUnavailableError:
            return False

    until(refused, within_s=5.0)
    with pytest.raises(PartitionCountError, match="has 3 partitions, asked for 2"):
        _ = topic.life


def test_a_broker_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch, redis_server: EmbeddedRedis) -> None:
    monkeypatch.setattr(kafka_topic, "KAFKA_TIMEOUT_S", 0.3)
    away = KafkaBroker(f"127.0.0.1:{free_port()}")
    with pytest.raises(LogUnavailableError, match="Kafka: "):
        KafkaTopic(away, "events", Lives(connect(redis_server.url)), 1, 60.0, 1)


@pytest.mark.kafka
def test_a_broker_that_was_started_again_is_asked_as_before(tmp_path: Path, redis_server: EmbeddedRedis) -> None:
    try:
        fetch_kafka()
    except MissingComponentError as error:
        missing(str(error))
    with restartable_kafka(tmp_path) as broker:
        log = KafkaLog(KafkaBroker(broker.bootstrap), new_name(), Lives(connect(redis_server.url)), 2, retention_s=3600)
        assert log.append([(0, b"a"), (1, b"b")]) == [1, 1]
        assert (log.ends(), log.committed("reads")) == ([1, 1], [0, 0])
        for times in (1, 2):  # each start is a new epoch of every partition's leader
            broker.stop()
            broker.start()
            assert log.append([(0, b"c")]) == [1 + times]
            assert (log.ends(), log.starts()) == ([1 + times, 1], [1, 1])
            log.commit("reads", {0: 1 + times})
            assert log.committed("reads") == [1 + times, 0]
            reader = log.reader({0: times})
            read: list[int] = []
            deadline_s = time.monotonic() + 60
            while not read and time.monotonic() < deadline_s:
                read += [record.position for batch in reader.poll(10, 0.5) for record in batch.records]
            assert read == [1 + times]
            reader.close()
        log.close()
