"""Members of a group on Redis: a lease that lapsed costs nobody a record, and a partition has one reader."""

import time
from pathlib import Path

import pytest
import redis

from shopwindow.embedded import EmbeddedRedis
from store.log import log_keys
from store.log.log import LogUnavailableError
from tests.store.log.logs import PARTITIONS, Server, drain, new_name, numbers, poll, until


def test_members_go_on_in_place_after_an_outage_longer_than_their_lease(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as own:
        log = Server("redis", own.url).open(new_name())
        log.append(numbers(0, 1, 3))
        consumer = log.consume("g")
        drain(consumer, 3)  # and nothing committed
        port = own.port
        own.stop()
        until(lambda: not consumer.assignment)
        with pytest.raises(LogUnavailableError):
            consumer.poll(10, 0.1)
        with EmbeddedRedis(tmp_path, port=port):
            until(lambda: len(consumer.assignment) == PARTITIONS)
            log.append(numbers(0, 4, 4))
            assert drain(consumer, 1) == {0: [(4, b"4")]}
            consumer.close()
            log.close()


def test_a_second_member_gets_its_share_and_all_of_it_when_the_first_leaves(redis_server: EmbeddedRedis) -> None:
    log = Server("redis", redis_server.url).open(new_name())
    first, second = log.consume("g"), log.consume("g")

    def shared() -> bool:
        poll(first)
        poll(second)
        return (len(first.assignment), len(second.assignment)) == (PARTITIONS / 2, PARTITIONS / 2)

    until(shared)
    assert first.assignment | second.assignment == frozenset(range(PARTITIONS))
    first.close()
    until(lambda: poll(second) == [] and len(second.assignment) == PARTITIONS)
    second.close()
    log.close()


def test_a_commit_of_a_partition_of_another_worker_is_passed_over(redis_server: EmbeddedRedis) -> None:
    log = Server("redis", redis_server.url).open(new_name())
    log.append([record for partition in range(PARTITIONS) for record in numbers(partition, 1, 3)])
    first, second = log.consume("g"), log.consume("g")
    until(lambda: poll(first) is not None and poll(second) is not None and len(second.assignment) == PARTITIONS / 2)
    first.commit(dict.fromkeys(range(PARTITIONS), 3))
    assert log.committed("g") == [3 if partition in first.assignment else 0 for partition in range(PARTITIONS)]
    first.close()
    second.close()
    log.close()


def test_a_clock_of_the_server_that_goes_back_holds_no_partition(redis_server: EmbeddedRedis) -> None:
    """Whoever is gone has a lease and a membership that end an hour from now, as they do once the clock went back."""
    name = new_name()
    server = Server("redis", redis_server.url)
    log = server.open(name)
    client = redis.Redis.from_url(redis_server.url)
    client.zadd(log_keys.members(name, "g"), {"gone": (time.time() + 3_600) * 1_000})
    for partition in range(PARTITIONS):
        client.set(log_keys.lease(name, partition, "g"), "gone", px=3_600_000)
    consumer = log.consume("g")
    until(lambda: poll(consumer) == [] and len(consumer.assignment) == PARTITIONS)
    assert set(consumer.assignment) == set(range(PARTITIONS))
    consumer.close()
    log.close()
    client.close()
