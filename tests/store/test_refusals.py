"""Refusals: what a real Redis answers where it is full, failing over or short of replicas means "not now"."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from shopwindow.embedded import EmbeddedRedis
from store.client import Client, connect, connect_async
from store.refusals import UNAVAILABLE, is_refusal

WRITES = "redis.call('SET', KEYS[1], ARGV[1]) return 1"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A server of the test's own, to be disturbed."""
    with EmbeddedRedis(tmp_path) as running:
        yield running


@pytest.fixture
def client(server: EmbeddedRedis) -> Iterator[Client]:
    """A client of it."""
    opened = connect(server.url)
    yield opened
    opened.close()


def fill(client: Client) -> None:
    """Let it be full."""
    used = int(client.info("memory")["used_memory"])
    client.config_set("maxmemory", used // 2)


def lack_replicas(client: Client) -> None:
    """Let it ask for a replica that it has not."""
    client.config_set("min-replicas-to-write", 1)


def fail_over(client: Client) -> None:
    """Let it follow a server that is not there."""
    client.replicaof("127.0.0.1", "1")


@pytest.mark.parametrize("disturb", [fill, lack_replicas, fail_over])
def test_a_write_that_is_refused_for_now_is_unavailable_in_every_form(
    client: Client, server: EmbeddedRedis, disturb: Callable[[Client], None]
) -> None:
    disturb(client)

    def in_a_pipeline() -> Any:
        with client.pipeline(transaction=False) as pipe:
            pipe.get("a")
            pipe.set("a", "1")
            return pipe.execute()

    def in_a_transaction() -> Any:
        with client.pipeline(transaction=True) as pipe:
            pipe.set("a", "1")
            pipe.set("b", "1")
            return pipe.execute()

    async def in_an_event_loop() -> Any:
        waiting = connect_async(server.url)
        try:
            return await waiting.set("a", "1")
        finally:
            await waiting.aclose()

    asked: list[Callable[[], Any]] = [
        lambda: client.set("a", "1"),
        lambda: client.eval(WRITES, 1, "a", "1"),
        lambda: client.register_script(WRITES)(keys=["a"], args=["1"]),
        in_a_pipeline,
        in_a_transaction,
        lambda: asyncio.run(in_an_event_loop()),
    ]
    for ask in asked:
        with pytest.raises(UNAVAILABLE):
            ask()


def test_what_no_waiting_mends_is_an_error_still(client: Client) -> None:
    client.set("text", "a")
    for ask in (lambda: client.lpush("text", "b"), lambda: client.eval("return nothing.at.all", 0)):
        with pytest.raises(redis.ResponseError) as found:
            ask()
        assert not isinstance(found.value, UNAVAILABLE)


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ("MISCONF Errors writing to the AOF file: No space left on device", True),
        ("EXECABORT Transaction discarded because of: MISCONF Errors writing to the AOF file", True),
        ("ERR Error running script (call to f_2c): @user_script:7: @user_script: 7: -READONLY You can't write", True),
        ("CLUSTERDOWN Hash slot not served", True),
        ("BUSY Redis is busy running a script. You can only call SCRIPT KILL", True),
        ("BUSYKEY Target key name already exists.", False),
        ("ERR unknown command 'OOM'", False),
        ("WRONGTYPE Operation against a key holding the wrong kind of value", False),
    ],
)
def test_a_refusal_is_known_by_its_code_wherever_it_stands(answer: str, refused: bool) -> None:
    assert is_refusal(answer) is refused


def test_whoever_waits_while_the_server_changes_sides_is_refused_for_now(client: Client, server: EmbeddedRedis) -> None:
    waiting = connect(server.url, timeout_s=30)
    refused: list[BaseException] = []

    def wait() -> None:
        try:
            waiting.xread({"stream": "$"}, block=20_000)
        except UNAVAILABLE as error:
            refused.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    while client.info("clients")["blocked_clients"] == 0:
        time.sleep(0.01)
    fail_over(client)
    thread.join(20)
    waiting.close()
    assert [str(error)[:9] for error in refused] == ["UNBLOCKED"]
