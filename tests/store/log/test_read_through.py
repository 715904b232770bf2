"""Read through: all that is there up to a position, once, and no waiting for what never comes."""

import pytest

from shopwindow.embedded import EmbeddedRedis
from store.log import read_through as module
from store.log.log import Batch, EventLog, LogReader, LogUnavailableError
from store.log.read_through import read_through
from tests.store.log.logs import Server, new_name, numbers


@pytest.fixture
def log(redis_server: EmbeddedRedis) -> EventLog:
    """A log of two partitions."""
    return Server("redis", redis_server.url).open(new_name(), partitions=2)


def read(log: EventLog, after: dict[int, int], until: dict[int, int]) -> dict[int, list[int]]:
    """Positions by partition."""
    found: dict[int, list[int]] = {}
    for batch in read_through(log, after, until):
        found.setdefault(batch.partition, []).extend(record.position for record in batch.records)
    return found


def test_each_partition_is_read_from_its_place_to_the_end_asked_for(log: EventLog) -> None:
    log.append([*numbers(0, 1, 9), *numbers(1, 1, 4)])
    assert read(log, {0: 2, 1: 4}, {0: 9, 1: 4}) == {0: [3, 4, 5, 6, 7, 8, 9]}
    assert read(log, {0: 9}, {0: 5, 1: 4}) == {}
    assert read(log, {}, {}) == {}


def test_what_the_log_holds_no_more_is_not_waited_for(log: EventLog) -> None:
    log.append(numbers(0, 1, 9))
    log.truncate({0: 7})
    assert read(log, {0: 2}, {0: 9}) == {0: [7, 8, 9]}
    log.truncate({0: 10})
    assert read(log, {0: 2}, {0: 9}) == {}


def test_a_log_that_says_nothing_though_more_is_there_is_told(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        def poll(self, max_records: int, timeout_s: float) -> list[Batch]:
            return []

        def close(self) -> None:
            pass

    def reader(self: EventLog, after: dict[int, int]) -> LogReader:
        return Silent()

    log.append(numbers(0, 1, 2))
    monkeypatch.setattr(module, "_LONGEST_SILENCE_S", 0.05)
    monkeypatch.setattr(type(log), "reader", reader)
    with pytest.raises(LogUnavailableError, match=r"partitions \[0\] do not answer"):
        read(log, {0: 0}, {0: 2})
