"""The server behind a log on Redis: scripts survive restarts; what it cannot do now is told apart from faults."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.exceptions import ResponseError

from shopwindow.embedded import EmbeddedRedis
from store.log.log import LogUnavailableError
from store.log.redis_server import RedisServer, ScriptCall, redis_errors_translated
from store.refusals import RefusedForNowError

NUMBER = ScriptCall("return tonumber(ARGV[1])", ["{k}"], [1])


@pytest.fixture
def own(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A server of the test's own, to be disturbed."""
    with EmbeddedRedis(tmp_path) as running:
        yield running


@pytest.fixture
def source(own: EmbeddedRedis) -> Iterator[redis.Redis]:
    """A client that names it."""
    client = redis.Redis.from_url(own.url)
    yield client
    client.close()


@pytest.fixture
def server(source: redis.Redis) -> Iterator[RedisServer]:
    """Connections to it."""
    made = RedisServer(source)
    yield made
    made.close()


def test_answers_come_in_the_order_asked_also_where_the_server_forgot_a_script(
    server: RedisServer, source: redis.Redis
) -> None:
    doubling = ScriptCall("return 2 * tonumber(ARGV[1])", ["{k}"], [5])
    assert server.execute([NUMBER]) == [1]
    calls = [NUMBER, doubling, NUMBER._replace(arguments=[7])]
    assert server.execute(calls) == [1, 10, 7], "one script known, one not"
    source.script_flush()
    assert server.execute(calls) == [1, 10, 7]
    assert server.execute([]) == []


def test_a_fault_in_a_script_is_no_outage(server: RedisServer) -> None:
    with pytest.raises(ResponseError, match="it cannot"):
        server.execute([NUMBER, ScriptCall("return redis.error_reply('ERR it cannot')", ["{k}"], [])])


def test_a_server_that_is_full_or_a_replica_is_unavailable_until_it_is_not(
    server: RedisServer, source: redis.Redis
) -> None:
    def push() -> object:
        with redis_errors_translated():
            return server.command("RPUSH", "k", "x")

    source.config_set("maxmemory", 1)
    with pytest.raises(LogUnavailableError, match="Redis: "):
        push()
    source.config_set("maxmemory", 0)
    source.replicaof("127.0.0.1", 1)
    with pytest.raises(LogUnavailableError, match="Redis: "):
        push()
    source.replicaof("NO", "ONE")
    assert push() == 1


def test_a_server_that_has_gone_is_unavailable_and_asked_once(own: EmbeddedRedis, server: RedisServer) -> None:
    assert server.execute([NUMBER]) == [1]
    own.stop()
    with pytest.raises(LogUnavailableError, match="Redis: "):
        server.execute([NUMBER])


@pytest.mark.parametrize(
    ("error", "unavailable"),
    [
        (redis.BusyLoadingError("LOADING"), True),
        (redis.TimeoutError("late"), True),
        (redis.exceptions.ClusterDownError("CLUSTERDOWN"), True),
        (RefusedForNowError("MISCONF Errors writing to the AOF file: No space left on device"), True),
        (ResponseError("WRONGTYPE"), False),
        (ValueError("ours"), False),
    ],
)
def test_what_passes_by_itself_is_unavailable_and_nothing_else_is(error: Exception, unavailable: bool) -> None:
    with pytest.raises(LogUnavailableError if unavailable else type(error)), redis_errors_translated():
        raise error
