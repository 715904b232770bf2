"""A Redis, a site and a log for the parts of flows."""

import uuid
from collections.abc import Iterator

import pytest

from shopwindow.embedded import EmbeddedRedis
from store.client import Client, connect
from store.log.log import EventLog
from store.log.redis_log import RedisLog
from tests.stream.workers import PARTITIONS


@pytest.fixture
def client(redis_server: EmbeddedRedis) -> Iterator[Client]:
    """A client of one node."""
    made = connect(redis_server.url)
    yield made
    made.close()


@pytest.fixture
def site() -> str:
    """A site nobody used."""
    return f"s-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def log(client: Client) -> Iterator[EventLog]:
    """A log nobody used."""
    made = RedisLog(client, f"parts-{uuid.uuid4().hex[:8]}", PARTITIONS, 3_600.0)
    yield made
    made.close()
