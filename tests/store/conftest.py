"""Redis for the stores: one node, and one that is a whole cluster."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from shopwindow.embedded import EmbeddedRedis, end_together, find_redis_server, free_port
from store.client import Client, connect

SLOTS = 16_384


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


@pytest.fixture(params=["node", "cluster"])
def client(request: pytest.FixtureRequest, redis_server: EmbeddedRedis) -> Iterator[Client]:
    """A client of either."""
    if request.param == "node":
        made = connect(redis_server.url)
    else:
        made = connect(request.getfixturevalue("cluster_url"), cluster=True)
    yield made
    made.close()
