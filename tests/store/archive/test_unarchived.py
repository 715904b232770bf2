"""Unarchived: what the log holds past what the archive has committed, of one site, without who was erased."""

from collections.abc import Iterator

import pytest

from models.events.events import Event, encode_event
from models.events.names import VISITOR_DELETED, VISITOR_LINKED
from shopwindow.embedded import EmbeddedRedis
from store.archive import unarchived
from store.archive.unarchived import Erased, Unarchived, read_unarchived
from store.log.log import EventLog
from tests.store.log.logs import Server, new_name

SITE = "shop"


@pytest.fixture
def log(redis_server: EmbeddedRedis) -> Iterator[EventLog]:
    """A log of two partitions."""
    made = Server("redis", redis_server.url).open(new_name(), partitions=2)
    yield made
    made.close()


def record(visitor: str, name: str = "page_view", site: str = SITE) -> bytes:
    """An event as the log holds it."""
    return encode_event(Event(site=site, event=name, visitor_id=visitor, at_s=1.8e9, accepted_at_s=1.8e9))


def found(log: EventLog) -> tuple[list[tuple[int, int, str]], list[Erased]]:
    """Rows by partition, position and visitor, and who was erased."""
    read = read_unarchived(log, "archive", SITE, 0.0)
    rows = sorted((row["log_partition"], row["position"], row["visitor_id"]) for row in read.rows)
    return rows, list(read.erased)


def test_only_what_is_past_the_committed_position_is_read(log: EventLog) -> None:
    assert read_unarchived(log, "archive", SITE, 0.0) == Unarchived()
    log.append([(0, record("a")), (0, record("b")), (1, record("c"))])
    assert found(log) == ([(0, 1, "a"), (0, 2, "b"), (1, 1, "c")], [])
    log.commit("archive", {0: 1, 1: 1})
    assert found(log) == ([(0, 2, "b")], [])
    log.commit("archive", {0: 2})
    assert read_unarchived(log, "archive", SITE, 0.0) == Unarchived()


def test_other_sites_our_own_events_and_what_is_no_event_are_passed_over(log: EventLog) -> None:
    log.append([(0, record("a", site="other")), (0, b"\xff"), (0, record("b", VISITOR_LINKED)), (0, record("c"))])
    assert found(log) == ([(0, 4, "c")], [])


def test_who_was_erased_has_no_rows_of_before_and_keeps_those_of_after(log: EventLog) -> None:
    log.append([(0, record("a")), (0, record("b")), (0, record("a", VISITOR_DELETED)), (0, record("a"))])
    log.append([(1, record("a"))])  # the same id where no event of this visitor belongs
    assert found(log) == ([(0, 2, "b"), (0, 4, "a"), (1, 1, "a")], [Erased("a", 0, 3)])


def test_an_archive_far_behind_holds_nobody_up(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unarchived, "MAX_RECORDS", 10)
    log.append([(0, record(f"v{number}")) for number in range(30)])
    rows, _ = found(log)
    assert [position for _, position, _ in rows] == list(range(1, len(rows) + 1)), "the oldest of them"
    assert 10 <= len(rows) < 30
