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
