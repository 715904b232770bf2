"""Readers on Kafka: what only they have to stand; the contract is in `test_log.py`."""

from collections.abc import Iterator

import pytest

from shopwindow.embedded import EmbeddedRedis
from store.client import connect
from store.log.kafka_client import KafkaBroker
from store.log.kafka_lives import Lives
from store.log.kafka_log import KafkaLog
from tests.servers import Broker
from tests.store.log.logs import drain, new_name, numbers, poll, until

pytestmark = pytest.mark.kafka


@pytest.fixture
def log(kafka_broker: Broker, redis_server: EmbeddedRedis) -> Iterator[KafkaLog]:
    """A log of two partitions."""
    made = KafkaLog(
        KafkaBroker(kafka_broker.bootstrap, kafka_broker.extra),
        new_name(),
        Lives(connect(redis_server.url)),
        2,
        3600,
        6.0,
    )
    yield made
    made.close()


def test_nothing_less_than_a_record_can_be_asked_for(log: KafkaLog) -> None:
    reader = log.reader({0: 0})
    with pytest.raises(ValueError, match="max_records must be at least 1, got 0"):
        reader.poll(0, 0.1)
    reader.close()
    reader.close()


def test_a_member_commits_what_it_holds_and_passes_over_the_rest(log: KafkaLog) -> None:
    log.append([*numbers(0, 1, 3), *numbers(1, 1, 3)])
    consumer = log.consume("g")
    consumer.commit({0: 3})  # before anything was given to it
    drain(consumer, 6)
    assert consumer.assignment == {0, 1}
    assert log.committed("g") == [0, 0]
    consumer.commit({0: 2, 1: 1, 7: 9})
    consumer.commit({0: 1})
    assert log.committed("g") == [2, 1]
    consumer.close()
    assert log.committed("g") == [2, 1]


def test_a_partition_that_moves_starts_at_what_its_last_reader_committed(log: KafkaLog) -> None:
    log.append([*numbers(0, 1, 3), *numbers(1, 1, 3)])
    first = log.consume("g")
    drain(first, 6)
    first.commit({0: 3, 1: 1})
    first.close()
    second = log.consume("g")
    assert drain(second, 2) == {1: [(2, b"2"), (3, b"3")]}
    until(lambda: poll(second) == [])
    second.close()
