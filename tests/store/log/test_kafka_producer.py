"""Appending on Kafka: an append ends, with positions or without, and a producer that is done for is replaced."""

import time
from collections.abc import Iterator

import pytest

from shopwindow.embedded import EmbeddedRedis, free_port
from store.client import connect
from store.log.kafka_client import KafkaBroker
from store.log.kafka_lives import Lives
from store.log.kafka_log import KafkaLog
from store.log.kafka_producer import MAX_RECORD_BYTES, KafkaProducer
from store.log.log import LogUnavailableError
from tests.servers import Broker
from tests.store.log.logs import new_name


@pytest.fixture
def topic(kafka_broker: Broker, redis_server: EmbeddedRedis) -> Iterator[str]:
    """A topic of two partitions."""
    log = KafkaLog(
        KafkaBroker(kafka_broker.bootstrap, kafka_broker.extra), new_name(), Lives(connect(redis_server.url)), 2, 3600
    )
    yield log.name
    log.close()


@pytest.mark.kafka
def test_positions_are_given_in_the_order_of_the_records_and_what_is_queued_is_sent_at_the_end(
    kafka_broker: Broker, topic: str
) -> None:
    producer = KafkaProducer(KafkaBroker(kafka_broker.bootstrap, kafka_broker.extra), topic)
    assert producer.append([(1, b"a"), (0, b"b"), (1, b"c")]) == [1, 1, 2]
    assert producer.append([(0, b"x" * MAX_RECORD_BYTES)]) == [2]
    assert producer.append([]) == []
    producer.close()
    producer.close()


@pytest.mark.kafka
def test_a_record_the_broker_cannot_place_fails_the_append_and_not_the_next(kafka_broker: Broker, topic: str) -> None:
    producer = KafkaProducer(KafkaBroker(kafka_broker.bootstrap, kafka_broker.extra, 3.0), topic)
    with pytest.raises(LogUnavailableError, match="Kafka: "):
        producer.append([(0, b"good"), (99, b"nowhere")])
    assert producer.append([(0, b"next")]) == [2], "what was good of the first has come in"
    producer.close()


def test_a_broker_that_is_away_ends_the_append_in_time() -> None:
    producer = KafkaProducer(KafkaBroker(f"127.0.0.1:{free_port()}", {"log_level": 0}, 0.5), "events")
    started_s = time.monotonic()
    with pytest.raises(LogUnavailableError, match="Kafka: "):
        producer.append([(0, b"a"), (0, b"b")])
    assert time.monotonic() - started_s < 5.0
    producer.close()
