"""Processes whose servers are not there yet."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shopwindow.embedded import free_port
from shopwindow.settings import Settings, SiteKeys, write_settings
from tests.stream.workers import PARTITIONS


@contextmanager
def waiting(command: tuple[str, ...], settings: Settings, config: Path) -> Iterator["subprocess.Popen[str]"]:
    """Start a command and wait until it has said that it waits."""
    write_settings(settings, config)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SHOPWINDOW_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "shopwindow", *command],
        env={**environment, "SHOPWINDOW_CONFIG": str(config)},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    drain = None
    try:
        said = ""
        while "waiting" not in said:
            line = process.stderr.readline()
            assert line, f"ended with {process.wait()} instead of waiting: {said}"
            said += line
        drain = threading.Thread(target=process.stderr.read, daemon=True)
        drain.start()
        yield process
    finally:
        process.kill()
        process.wait()
        if drain is not None:
            drain.join()
        process.stderr.close()


def away(server: str) -> Settings:
    """Settings that name servers nobody has started."""
    port = free_port()
    return Settings(
        port=free_port(),
        redis_url=f"redis://127.0.0.1:{port}/0",
        log=server,
        kafka_bootstrap_servers=f"127.0.0.1:{port}" if server == "kafka" else "",
        redis_cluster=server == "kafka",
        log_partitions=PARTITIONS,
        sites=(SiteKeys("shop", "public-key-of-the-shop", "secret-key-of-the-shop"),),
    )
