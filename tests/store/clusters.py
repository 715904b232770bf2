"""A cluster of two nodes, one of which can be made to hang."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import redis
from redis.crc import key_slot

from shopwindow.embedded import end_together, find_redis_server, free_port

SLOTS = 16_384


class Node:
    """One node: its process and its address."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self._process = process
        self.port = port

    def hang(self) -> None:
        """Answer nothing from now on."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Answer again."""
        os.kill(self._process.pid, signal.SIGCONT)


@contextmanager
def two_nodes(directory: Path, second_has: list[str]) -> Iterator[tuple[Node, Node]]:
    """Start both; the second has the slots of the hash tags named, the first all others."""
    theirs = {key_slot(f"{{{tag}}}".encode()) for tag in second_has}
    with ExitStack() as stack:
        first, second = (stack.enter_context(cluster_node(directory / name)) for name in ("first", "second"))
        clients: list[Any] = [redis.Redis(port=node.port) for node in (first, second)]
        slots = (sorted(set(range(SLOTS)) - theirs), sorted(theirs))
        for client, own in zip(clients, slots, strict=True):
            client.execute_command("CLUSTER ADDSLOTS", *own)
        clients[0].execute_command("CLUSTER MEET", "127.0.0.1", second.port)
        deadline_s = time.monotonic() + 60
        while any(client.execute_command("CLUSTER INFO")["cluster_state"] != "ok" for client in clients):
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        while any(len(client.execute_command("CLUSTER SLOTS")) < 2 for client in clients):
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        for client in clients:
            client.close()
        yield first, second


@contextmanager
def cluster_node(directory: Path) -> Iterator[Node]:
    """Start a redis-server with cluster mode on, that has no slots yet."""
    directory.mkdir(exist_ok=True)
    port = free_port()
    while port + 10_000 >= 65_536:  # the cluster's own bus listens there
        port = free_port()
    options = {
        "port": port,
        "bind": "127.0.0.1",
        "dir": directory,
        "save": "",
        "cluster-enabled": "yes",
        "cluster-config-file": "nodes.conf",
        "cluster-node-timeout": 60_000,
    }
    process = subprocess.Popen(
        [str(find_redis_server()[0]), *(part for name, value in options.items() for part in (f"--{name}", str(value)))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    watcher = end_together(process.pid)
    try:
        deadline_s = time.monotonic() + 30
        client = redis.Redis(port=port)
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                assert time.monotonic() < deadline_s
                time.sleep(0.02)
        client.close()
        yield Node(process, port)
    finally:
        watcher.kill()
        watcher.communicate()
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait()
