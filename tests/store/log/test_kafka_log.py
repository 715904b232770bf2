"""What only the log on Kafka has to stand; the contract is in `test_log.py`."""

import subprocess
import sys
import uuid
from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaException

from shopwindow.embedded import EmbeddedRedis
from store.client import connect
from store.log.kafka_client import KafkaBroker, admin
from store.log.kafka_lives import LIFE_GAP, Lives
from store.log.kafka_log import KafkaLog
from store.log.log import LogUnavailableError
from tests.servers import Broker, make_again
from tests.store.log.logs import drain, new_name, numbers, until

ROUNDS = 3


@pytest.mark.kafka
def test_a_group_is_asked_about_safely_while_its_coordinator_goes_and_comes(
    kafka_broker: Broker, redis_server: EmbeddedRedis
) -> None:
    """What a broker that has only just started answers, "not coordinator", once killed the process that asked."""
    if kafka_broker.kind != "apache":
        pytest.skip("drops the broker's offsets topic, so the broker has to be ours")
    # In a process of its own: what once went wrong was a segmentation fault.
    command = [sys.executable, "-m", "tests.store.log.test_kafka_log", kafka_broker.bootstrap, redis_server.url]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert said.returncode == 0, f"ended with {said.returncode}: {said.stdout}{said.stderr[-2000:]}"
    assert [int(line) for line in said.stdout.split()] == list(range(1, ROUNDS + 1))


@pytest.fixture
def told() -> list[tuple[str, str, int]]:
    """What was said to be lost."""
    return []


@pytest.fixture
def log(kafka_broker: Broker, redis_server: EmbeddedRedis, told: list[tuple[str, str, int]]) -> Iterator[KafkaLog]:
    """A log of two partitions."""
    lives = Lives(connect(redis_server.url), lambda *lost: told.append(lost))
    made = KafkaLog(KafkaBroker(kafka_broker.bootstrap, kafka_broker.extra), new_name(), lives, 2, 3600, 1.5)
    yield made
    made.close()


@pytest.mark.kafka
@pytest.mark.parametrize("count", [2, 9], ids=["shorter", "longer than the older one was"])
def test_readers_of_a_topic_made_again_read_all_of_it_and_positions_go_on(
    log: KafkaLog, kafka_broker: Broker, count: int, told: list[tuple[str, str, int]]
) -> None:
    log.append(numbers(0, 1, 5))
    consumer, reader = log.consume("g"), log.reader({0: 0, 1: 0})
    drain(reader, 5)
    drain(consumer, 5)
    consumer.commit({0: 4})
    named = log.generation()
    make_again(kafka_broker, log.name, 2)
    log.append(numbers(0, 1, count))  # at once: nobody has looked yet
    expected = [(LIFE_GAP * 2 + number, b"%d" % number) for number in range(1, count + 1)]
    assert drain(reader, count) == drain(consumer, count) == {0: expected}
    assert log.ends() == [expected[-1][0], 2 * LIFE_GAP]
    assert log.starts() == [2 * LIFE_GAP + 1] * 2
    assert log.committed("g") == [2 * LIFE_GAP] * 2
    consumer.commit({0: 5})
    assert log.committed("g") == [2 * LIFE_GAP] * 2, "a position of the older topic"
    consumer.commit({0: expected[-1][0]})
    assert log.committed("g") == [expected[-1][0], 2 * LIFE_GAP]
    assert log.append([(0, b"next")]) == [expected[-1][0] + 1]
    assert drain(log.reader({0: 5, 1: 7}), count + 1)[0][0] == expected[0], "a position of before means all of it"
    assert drain(consumer, 1) == drain(reader, 1)
    assert log.generation() == named, "positions go on, so it is the same counting"
    assert sorted(told) == [(log.name, "g", 0), (log.name, "readers", 0)]
    for follower in (consumer, reader):
        follower.close()


@pytest.mark.kafka
def test_what_went_with_a_topic_before_it_was_read_is_told(
    log: KafkaLog, kafka_broker: Broker, told: list[tuple[str, str, int]]
) -> None:
    log.append(numbers(0, 1, 50))
    reader = log.reader({0: 0})
    assert sum(len(batch.records) for batch in reader.poll(20, 10.0)) == 20
    make_again(kafka_broker, log.name, 2)
    until(lambda: log.append([(0, b"new")])[0] > LIFE_GAP, within_s=10.0)
    until(lambda: reader.poll(100, 0.2), within_s=10.0)
    assert told == [(log.name, "readers", 30)]
    reader.close()


@pytest.mark.kafka
def test_who_opens_the_log_later_counts_as_those_who_have_it_open(
    log: KafkaLog, kafka_broker: Broker, redis_server: EmbeddedRedis
) -> None:
    log.append(numbers(1, 1, 3))
    for times in (2, 4):
        make_again(kafka_broker, log.name, 2)
        broker, lives = KafkaBroker(kafka_broker.bootstrap, kafka_broker.extra), Lives(connect(redis_server.url))
        later = KafkaLog(broker, log.name, lives, 2, 3600)
        assert later.append([(1, b"a")]) == [times * LIFE_GAP + 1]
        assert log.ends() == later.ends() == [times * LIFE_GAP, times * LIFE_GAP + 1]
        later.close()


def main(bootstrap: str, redis_url: str) -> None:
    """Drop the offsets topic and commit, time and again; prints what is committed after each."""
    client = admin.AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    log = KafkaLog(KafkaBroker(bootstrap), f"coordinator-{uuid.uuid4().hex[:8]}", Lives(connect(redis_url)), 1, 3600)
    log.commit("readers", {0: 1})
    for number in range(1, ROUNDS + 1):
        for answer in client.delete_topics(["__consumer_offsets"]).values():
            try:
                answer.result(20)
            except KafkaException as error:
                sys.stderr.write(f"{error}\n")
        done = [0]
        while done != [number]:
            try:
                log.commit("readers", {0: number})
                done = log.committed("readers")
            except LogUnavailableError as error:
                sys.stderr.write(f"{error}\n")
        sys.stdout.write(f"{done[0]}\n")
    log.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
