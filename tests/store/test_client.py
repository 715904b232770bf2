"""Clients: what is away is told alike, what is wrong is not taken for away, and nobody waits for ever."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest
import redis

from shopwindow.embedded import EmbeddedRedis
from store.client import connect, connect_async, evicting
from store.refusals import UNAVAILABLE


def test_a_cluster_that_is_away_is_told_like_a_node_that_is_away() -> None:
    with pytest.raises(redis.ConnectionError, match=r"127\.0\.0\.1:1"):
        connect("redis://127.0.0.1:1", cluster=True)
    with pytest.raises(redis.ConnectionError):
        connect("redis://127.0.0.1:1").ping()


def test_a_node_that_is_no_cluster_is_not_taken_for_one_that_is_away(redis_server: EmbeddedRedis) -> None:
    with pytest.raises(redis.RedisClusterException) as found:
        connect(redis_server.url, cluster=True)
    assert not isinstance(found.value, UNAVAILABLE)


def test_a_server_that_does_not_answer_is_unavailable_in_time(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        client = connect(server.url, timeout_s=0.2)
        assert client.ping()
        os.kill(server.pid, signal.SIGSTOP)
        try:
            started_s = time.monotonic()
            with pytest.raises(UNAVAILABLE):
                client.ping()
            assert time.monotonic() - started_s < 3.0
        finally:
            os.kill(server.pid, signal.SIGCONT)
            client.close()


def test_a_client_of_the_event_loop_that_watches_no_time_still_gives_up_connecting(redis_server: EmbeddedRedis) -> None:
    async def ask() -> tuple[object, object, object]:
        client = connect_async(redis_server.url, timeout_s=None)
        try:
            settings = client.connection_pool.connection_kwargs
            answer: object = await client.echo("here")
            return answer, settings["socket_timeout"], settings["socket_connect_timeout"]
        finally:
            await client.aclose()

    assert asyncio.run(ask()) == (b"here", None, 5.0)


def test_nothing_is_sent_before_the_first_command() -> None:
    async def make() -> int:
        client = connect_async("redis://127.0.0.1:1")
        opened = len(client.connection_pool._available_connections)
        await client.aclose()
        return opened

    assert asyncio.run(make()) == 0
    client = connect("redis://127.0.0.1:1")
    assert client.connection_pool._available_connections == []
    client.close()


def test_a_server_that_may_delete_keys_is_found_out(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        client = connect(server.url)
        assert evicting(client) == {}
        client.config_set("maxmemory-policy", "volatile-lru")
        assert evicting(client) == {"": "volatile-lru"}
        client.close()
