"""Following partitions on Redis: nothing twice, nothing passed over, and a log made anew is noticed."""

import time
from pathlib import Path

import pytest
import redis

from shopwindow.embedded import EmbeddedRedis
from store.log.log import LogReader, LogRecreatedError, LogUnavailableError
from store.log.redis_reader import read_records
from store.log.redis_server import RedisServer
from tests.store.log.logs import Server, drain, new_name, numbers, until

PASSWORD = "ofbothservers"


def test_a_server_whose_data_is_gone_is_noticed(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path / "one", password=PASSWORD) as own:
        port = own.port
        log = Server("redis", own.url).open(new_name())
        log.append(numbers(0, 1, 3))
        consumer, reader = log.consume("g"), log.reader({0: 0})
        drain(consumer, 3)
        drain(reader, 3)
    with EmbeddedRedis(tmp_path / "empty", port=port, password=PASSWORD):
        for follower in (consumer, reader):

            def refused(follower: LogReader = follower) -> bool:
                try:
                    follower.poll(10, 0.1)
                except LogUnavailableError:
                    return False
                except LogRecreatedError:
                    return True
                return False

            until(refused)
            with pytest.raises(LogRecreatedError):
                follower.poll(10, 0.1)
            follower.close()
        log.close()


def test_turns_let_every_partition_come_first_once(redis_server: EmbeddedRedis) -> None:
    log = Server("redis", redis_server.url).open(new_name(), partitions=3)
    log.append([record for partition in range(3) for record in numbers(partition, 1, 9)])
    client = redis.Redis.from_url(redis_server.url)
    server = RedisServer(client)
    read = [read_records(server, log.name, {0: 0, 1: 4, 2: 0}, 1, 0.0, turn) for turn in range(3)]
    assert [(batch.partition, batch.records) for batches in read for batch in batches] == [
        (0, [(1, b"1")]),
        (1, [(5, b"5")]),
        (2, [(1, b"1")]),
    ]
    assert read_records(server, log.name, {}, 1, 0.0, 0) == []
    with pytest.raises(ValueError, match="max_records must be at least 1, got 0"):
        read_records(server, log.name, {0: 0}, 0, 0.0, 0)
    server.close()
    client.close()
    log.close()


def test_a_reader_of_nothing_waits_as_long_as_it_was_told_to(redis_server: EmbeddedRedis) -> None:
    log = Server("redis", redis_server.url).open(new_name())
    reader = log.reader({})
    started_s = time.monotonic()
    assert reader.poll(10, 0.2) == []
    assert 0.2 <= time.monotonic() - started_s < 2.0
    reader.close()
    log.close()
