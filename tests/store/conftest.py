"""Redis for the stores: one node, and one that is a whole cluster."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
import redis

from shopwindow.embedded import EmbeddedRedis
from store.client import AsyncClient, Client, connect, connect_async
from tests.store.clusters import SLOTS, cluster_node

Answer = TypeVar("Answer")


@pytest.fixture(scope="session")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A redis-server with cluster mode on that owns every slot."""
    with cluster_node(tmp_path_factory.mktemp("cluster")) as node:
        client: Any = redis.Redis(port=node.port)
        client.execute_command("CLUSTER ADDSLOTS", *range(SLOTS))
        deadline_s = time.monotonic() + 30
        while client.execute_command("CLUSTER INFO")["cluster_state"] != "ok":
            assert time.monotonic() < deadline_s
            time.sleep(0.02)
        client.close()
        yield f"redis://127.0.0.1:{node.port}"


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
