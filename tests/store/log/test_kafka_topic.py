"""A topic of Kafka: made as it was asked for, once, and its groups are its own."""

import time
from pathlib import Path

import pytest

from shopwindow.embedded import free_port
from store.log import kafka_topic
from store.log.kafka_client import KafkaBroker
from store.log.kafka_log import KafkaLog
from store.log.kafka_topic import KafkaTopic
from store.log.log import LogUnavailableError, PartitionCountError
from tests.servers import Broker, MissingComponentError, fetch_kafka, missing, restartable_kafka
from tests.store.log.logs import new_name


def topic_of(broker: Broker, name: str, partitions: int = 2) -> KafkaTopic:
    """Open a topic, made if absent."""
    return KafkaTopic(KafkaBroker(broker.bootstrap, broker.extra), name, partitions, 3600.0, 1)


@pytest.mark.kafka
def test_a_topic_is_made_once_and_keeps_its_partitions(kafka_broker: Broker) -> None:
    name = new_name()
    topic = topic_of(kafka_broker, name)
    assert (topic.name, topic.ends(), topic.starts()) == (name, [0, 0], [1, 1])
    assert topic_of(kafka_broker, name).ends() == [0, 0]
    with pytest.raises(PartitionCountError, match="has 2 partitions, asked for 3"):
        topic_of(kafka_broker, name, partitions=3)


@pytest.mark.kafka
def test_a_group_is_one_topics_own_and_never_moves_back(kafka_broker: Broker) -> None:
    topic, other = topic_of(kafka_broker, new_name()), topic_of(kafka_broker, new_name())
    assert topic.committed("g") == [0, 0]
    topic.commit("g", {0: 4, 1: 2})
    topic.commit("g", {0: 3})
    topic.commit("g", {})
    assert topic.committed("g") == [4, 2]
    assert other.committed("g") == [0, 0]
    topic.forget_outsiders()
    assert topic.committed("g") == [4, 2], "kept by the broker"


def test_a_broker_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_topic, "KAFKA_TIMEOUT_S", 0.3)
    away = KafkaBroker(f"127.0.0.1:{free_port()}")
    with pytest.raises(LogUnavailableError, match="Kafka: "):
        KafkaTopic(away, "events", 1, 60.0, 1)


@pytest.mark.kafka
def test_a_broker_that_was_started_again_is_asked_as_before(tmp_path: Path) -> None:
    try:
        fetch_kafka()
    except MissingComponentError as error:
        missing(str(error))
    with restartable_kafka(tmp_path) as broker:
        log = KafkaLog(KafkaBroker(broker.bootstrap), new_name(), 2, retention_s=3600)
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
