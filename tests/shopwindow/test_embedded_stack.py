"""Embedded stack: what a second one on the same data directory may not touch."""

from pathlib import Path

import httpx
import pytest

from shopwindow.embedded import EmbeddedRedisError, free_port
from shopwindow.embedded_stack import RUN_FILE, EmbeddedStack, StackError
from shopwindow.listening import why_not_listening
from shopwindow.remote import find_address
from shopwindow.settings import Settings


def test_a_second_stack_that_cannot_start_leaves_the_first_to_be_found(tmp_path: Path) -> None:
    settings = Settings(port=free_port(), data_dir=str(tmp_path))
    first = EmbeddedStack(settings, "up")
    first.start_store()
    try:
        run_file = tmp_path / "up" / RUN_FILE
        before = run_file.read_text()
        with pytest.raises(EmbeddedRedisError, match="in use by redis-server"):
            EmbeddedStack(Settings(port=free_port(), data_dir=str(tmp_path)), "up").__enter__()
        assert run_file.read_text() == before
    finally:
        first.stop()
    assert not run_file.exists()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    first = EmbeddedStack(Settings(data_dir=str(tmp_path)), "one")
    first.start_store()
    try:
        taken = int(first.settings.redis_url.rsplit(":", 1)[1].split("/")[0])
        with pytest.raises(StackError, match=f"port {taken} on 127.0.0.1 is taken"):
            EmbeddedStack(Settings(port=taken, data_dir=str(tmp_path)), "two").__enter__()
    finally:
        first.stop()


def test_a_stack_listens_on_ipv6_and_its_commands_find_it(tmp_path: Path) -> None:
    if why_not_listening("::1", 0):
        pytest.skip("no IPv6 here")
    settings = Settings(host="::1", port=free_port(), data_dir=str(tmp_path))
    with EmbeddedStack(settings, "up") as stack:
        assert stack.url == f"http://[::1]:{settings.port}"
        assert find_address(settings, None, None).url == stack.url
        assert httpx.get(f"{stack.url}/readyz").status_code == 200


def test_each_flow_serves_its_metrics_on_a_port_of_its_own_and_all_are_ready(tmp_path: Path) -> None:
    settings = Settings(port=free_port(), data_dir=str(tmp_path), metrics_port=_free_row(4))
    with EmbeddedStack(settings, "up") as stack:
        assert list(stack.metrics_ports) == ["profile", "learn", "trigger", "archive"]
        for port in stack.metrics_ports.values():
            assert "python_info" in httpx.get(f"http://127.0.0.1:{port}/metrics").text
        assert stack.restarts == 0
        taken = Settings(port=free_port(), data_dir=str(tmp_path / "other"), metrics_port=settings.metrics_port - 1)
        with pytest.raises(StackError, match=f"metrics_port, for learn: port {settings.metrics_port} on .* is taken"):
            EmbeddedStack(taken, "up").__enter__()
    assert list((tmp_path / "up").glob("*.ready")) == []


def _free_row(count: int) -> int:
    """The first of so many free ports in a row, and of one before it."""
    for _ in range(100):
        first = free_port()
        if first + count < 65_536 and not any(
            why_not_listening("127.0.0.1", port) for port in range(first - 1, first + count)
        ):
            return first
    raise AssertionError("no free ports in a row")
