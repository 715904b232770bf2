"""Redis for the stores: one node, and one that is a whole cluster."""

import asyncio
import subprocess
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
import redis

from shopwindow.embedded import EmbeddedRedis, end_together, find_redis_server, free_port
from store.client import AsyncClient, Client, connect, connect_async

SLOTS = 16_384

Answer = TypeVar("Answer")


def _free_cluster_port() -> int:
    while True:
        port = free_port()
        if port + 10_000 < 65_536:  # the cluster's own bus listens there
            return port


@pytest.fixture(scope="session")
def cluster_url(tmp_path_factory: pytest.TempPathFactory, redis_server: EmbeddedRedis) -> Iterator[str]:
    """A redis-server with cluster mode on that owns every slot."""
    directory: Path = tmp_path_factory.mktemp("cluster")
    binary, version = find_redis_server()
    port = _free_cluster_port()
    options = {
        "port": port,
        "bind": "127.0.0.1",
        "dir": directory,
        "save": "",
        "cluster-enabled": "yes",
        "cluster-config-file": "nodes.conf",
    }
    with (directory / "redis.log").open("wb") as output:
        server = subprocess.Popen(
            [str(binary), *(part for name, value in options.items() for part in (f"--{name}", str(value)))],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    watcher = end_together(server.pid)
    node: Any = redis.Redis(port=port)
    try:
        deadline_s = time.monotonic() + 30
        given = False
        while True:
            try:
                if not given:
                    if version >= (7, 0):
                        node.execute_command("CLUSTER ADDSLOTSRANGE", 0, SLOTS - 1)
                    else:
                        node.execute_command("CLUSTER ADDSLOTS", *range(SLOTS))
                    given = True
                if node.execute_command("CLUSTER INFO")["cluster_state"] == "ok":
                    break
            except redis.ConnectionError:
                pass
            assert time.monotonic() < deadline_s, (directory / "redis.log").read_text()
            time.sleep(0.02)
        yield f"redis://127.0.0.1:{port}"
    finally:
        node.close()
        watcher.kill()
        watcher.communicate()
        server.terminate()
        server.wait()


@dataclass(frozen=True)
class Place:
    """Where a Redis is."""

    url: str
    cluster: bool

    def ask(self, question: Callable[[AsyncClient], Awaitable[Answer]]) -> Answer:
        """Ask through a client of an event loop, and wait for the answer."""

        async def asked() -> Answer:
            client = connect_async(self.url, cluster=self.cluster)
            try:
                return await question(client)
            finally:
                await client.aclose()

        return asyncio.run(asked())


@pytest.fixture(params=["node", "cluster"])
def place(request: pytest.FixtureRequest, redis_server: EmbeddedRedis) -> Place:
    """One node, and a cluster."""
    if request.param == "node":
        return Place(redis_server.url, cluster=False)
    return Place(request.getfixturevalue("cluster_url"), cluster=True)


@pytest.fixture
def client(place: Place) -> Iterator[Client]:
    """A client of either."""
    made = connect(place.url, cluster=place.cluster)
    yield made
    made.close()


@pytest.fixture
def site() -> str:
    """A site nobody used."""
    return f"s-{uuid.uuid4().hex[:8]}"
