"""Processes that start before their servers: they wait, and end when told to meanwhile."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from shopwindow.embedded import EmbeddedRedis, free_port
from shopwindow.settings import Settings, SiteKeys, write_settings
from store.log.groups import PROFILE_GROUP
from tests.stream.workers import PARTITIONS, make_events, undisturbed, world

STREAMS = (("stream", "profile"), ("stream", "learn"))


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


def test_a_profile_flow_started_before_its_redis_applies_the_events(tmp_path: Path) -> None:
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    settings = Settings(
        redis_url=url,
        log_name="early",
        log_partitions=PARTITIONS,
        sites=(SiteKeys("shop", "public-key-of-the-shop", "secret-key-of-the-shop"),),
    )
    with (
        waiting(("stream", "profile"), settings, tmp_path / "early.toml") as process,
        EmbeddedRedis(tmp_path / "redis", port=port),
        world("redis", url, None, tmp_path, settings) as place,
    ):
        events = make_events("shop", 60, visitors=5, seed=3)
        expected = undisturbed(events, place.append(events))
        place.wait_until_committed(PROFILE_GROUP, within_s=60)
        found = place.profiles(sorted(expected))
        assert {name: figure.recent for name, figure in found.items()} == {
            name: figure.recent for name, figure in expected.items()
        }
        assert process.poll() is None


def test_an_api_started_before_its_redis_becomes_ready(tmp_path: Path) -> None:
    settings = away("redis")
    port = int(settings.redis_url.rsplit(":", 1)[1].split("/")[0])
    with waiting(("api",), settings, tmp_path / "early.toml"), EmbeddedRedis(tmp_path / "redis", port=port):
        deadline_s = time.monotonic() + 60
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{settings.port}/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline_s
            time.sleep(0.05)


@pytest.mark.parametrize("command", [*STREAMS, ("api",)], ids=" ".join)
@pytest.mark.parametrize("server", ["redis", "kafka"])
def test_a_process_that_waits_ends_when_it_is_told_to(command: tuple[str, ...], server: str, tmp_path: Path) -> None:
    with waiting(command, away(server), tmp_path / "away.toml") as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
