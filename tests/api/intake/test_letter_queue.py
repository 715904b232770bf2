"""Letter queue: what a process sets aside is kept once the store takes it, and never holds a request up."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.intake.letter_queue import LetterQueue
from models.events.dead_letter import DeadLetter
from shopwindow.embedded import EmbeddedRedis
from store.client import Client, connect
from store.dead_letters import DeadLetterStore
from store.unreadable import Unreadable


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Client]:
    """A server of the test's own, to be disturbed."""
    with EmbeddedRedis(tmp_path) as server:
        client = connect(server.url)
        yield client
        client.close()


def letter(number: int) -> DeadLetter:
    """What was rejected."""
    return DeadLetter(source="api", code="c", message="m", value=b"%d" % number, at_s=1.0, site="shop")


def kept(client: Client) -> list[int]:
    """What is kept, oldest first."""
    page = DeadLetterStore(client).newest(["shop"], None, 1_000)
    return [int(told.value) for _, told in reversed(page.letters)]


def test_letters_wait_for_a_store_that_refuses(own: Client) -> None:
    queue = LetterQueue(DeadLetterStore(own), lambda _, __: None)
    queue.put([letter(1)])
    own.config_set("min-replicas-to-write", 1)
    queue.put([letter(2), letter(3)])
    time.sleep(0.3)
    own.config_set("min-replicas-to-write", 0)
    deadline_s = time.monotonic() + 20
    while len(kept(own)) < 3 and time.monotonic() < deadline_s:
        time.sleep(0.05)
    queue.put([letter(4)])
    queue.close()
    assert kept(own) == [1, 2, 3, 4]


def test_what_cannot_be_read_is_a_letter_too(own: Client) -> None:
    queue = LetterQueue(DeadLetterStore(own), lambda _, __: None)
    queue.unreadable(Unreadable("membership", "shop", "v", b"7", ValueError("broken")))
    queue.close()
    ((_, found),) = DeadLetterStore(own).newest(["shop"], None, 10).letters
    assert (found.code, found.name, found.value) == ("membership_unreadable", "v", b"7")
