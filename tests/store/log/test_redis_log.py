"""The log on Redis: what only it has to stand; the contract is in `test_log.py`."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from shopwindow.embedded import EmbeddedRedis
from store.log import log_keys
from store.log.redis_log import RedisLog
from tests.store.log.logs import Server, drain, new_name, numbers


@pytest.fixture
def redis_client(redis_server: EmbeddedRedis) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(redis_server.url)
    yield client
    client.close()


def test_a_log_whose_keys_went_has_another_life_under_the_running_process(redis_server: EmbeddedRedis) -> None:
    log = Server("redis", redis_server.url).open(new_name())
    before = log.generation()
    client = redis.Redis.from_url(redis_server.url)
    client.delete(*client.keys(f"log:{{{log.name}*"))
    assert len({before, log.generation(), log.generation()}) == 2
    client.close()
    log.close()


def test_it_drops_what_is_past_retention_a_bounded_part_an_append(redis_server: EmbeddedRedis) -> None:
    log = Server("redis", redis_server.url).open(new_name(), partitions=1, retention_s=0.2)
    log.append(numbers(0, 1, 2500))
    assert log.starts() == [1]
    time.sleep(0.25)
    log.append([(0, b"new")])
    assert log.starts() == [1001]
    for _ in range(40):
        log.append([(0, b"new")])
    assert 2500 <= log.starts()[0] <= 2501  # the oldest one kept may be the last that is too old
    assert log.append([(0, b"new")]) == [2542]
    log.close()


def test_it_renews_a_lifetime_on_every_key_it_writes(redis_server: EmbeddedRedis, redis_client: redis.Redis) -> None:
    log = Server("redis", redis_server.url).open(new_name())
    log.append(numbers(0, 1, 3))
    consumer = log.consume("g")
    drain(consumer, 3)
    consumer.commit({0: 3})
    log.commit("solo", {1: 0})
    kept_s = {key.decode(): redis_client.ttl(key) for key in redis_client.scan_iter(f"log:{{{log.name}*")}
    assert {log_keys.records(log.name, 0), log_keys.groups(log.name, 0), log_keys.partition_count(log.name)} < set(
        kept_s
    )
    for key, ttl_s in kept_s.items():
        passing = ":lease:" in key or ":members:" in key
        assert 0 <= ttl_s <= 3600 if passing else ttl_s > 399 * 86_400, key
    consumer.close()
    log.close()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"partitions": 0}, "partitions must be at least 1, got 0"),
        ({"retention_s": 0.0}, "retention_s must be above 0, got 0.0"),
        ({"session_timeout_s": -1.0}, "session_timeout_s must be above 0, got -1.0"),
        ({"name": "a log"}, "log name 'a log'"),
    ],
)
def test_what_no_log_can_have_is_named_before_the_server_is_asked(settings: dict[str, Any], named: str) -> None:
    client = redis.Redis(port=1)
    with pytest.raises(ValueError, match=named):
        RedisLog(client, **{"name": "events", "partitions": 1, "retention_s": 60.0, **settings})
    client.close()


def test_records_of_a_partition_that_is_not_there_are_refused_before_any_is_stored(redis_server: EmbeddedRedis) -> None:
    log = Server("redis", redis_server.url).open(new_name(), partitions=2)
    with pytest.raises(ValueError, match="partition -1"):
        log.append([(0, b"good"), (-1, b"bad")])
    assert log.ends() == [0, 0]
    log.close()
