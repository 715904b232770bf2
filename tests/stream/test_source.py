"""Source: micro-batches of the log, ticks between them, and an end when it is told to."""

from pathlib import Path

import pytest

from shopwindow.embedded import EmbeddedRedis
from store.client import connect
from store.log.log import Batch, EventLog
from store.log.redis_log import RedisLog
from stream.retry import Stop
from stream.source import LogSource, Tick


def records(items: list[Batch | Tick]) -> list[tuple[int, bytes]]:
    """What was read: position and value."""
    return [(record.position, record.value) for item in items if isinstance(item, Batch) for record in item.records]


def test_records_come_in_portions_and_nothing_is_left_out(log: EventLog) -> None:
    log.append([(1, b"%d" % number) for number in range(1, 8)])
    reading = LogSource(lambda: log.reader({1: 0}), 3, Stop()).build("read", 0, 1)
    portions = [records(reading.next_batch()) for _ in range(4)]
    assert [len(portion) for portion in portions] == [3, 3, 1, 0]
    assert [position for portion in portions for position, _ in portion] == list(range(1, 8))
    reading.close()


def test_ticks_come_in_time_whether_or_not_anything_is_read(log: EventLog) -> None:
    log.append([(1, b"a")])
    ticking = LogSource(lambda: log.reader({1: 0}), 3, Stop(), tick_every_s=0.0).build("read", 0, 1)
    assert [type(item) for item in ticking.next_batch()] == [Batch, Tick]
    assert [type(item) for item in ticking.next_batch()] == [Tick]
    ticking.close()
    patient = LogSource(lambda: log.reader({1: 1}), 3, Stop(), tick_every_s=3_600.0).build("read", 0, 1)
    assert patient.next_batch() == []
    patient.close()


def test_it_ends_with_a_stop_or_when_it_is_over(log: EventLog) -> None:
    stop, ended = Stop(), list[bool]()
    reading = LogSource(lambda: log.reader({1: 0}), 3, stop, over=lambda: bool(ended)).build("read", 0, 1)
    assert reading.next_batch() == []
    ended.append(True)
    with pytest.raises(StopIteration):
        reading.next_batch()
    ended.clear()
    stop.set()
    with pytest.raises(StopIteration):
        reading.next_batch()
    reading.close()


def test_a_log_that_is_away_is_waited_for_and_read_on(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        port = server.port
        client = connect(server.url)
        log = RedisLog(client, "away", 1, 3_600.0)
        log.append([(0, b"before")])
        reading = LogSource(lambda: log.reader({0: 0}), 3, Stop(), tick_every_s=0.0).build("read", 0, 1)
        assert records(reading.next_batch()) == [(1, b"before")]
    assert [type(item) for item in reading.next_batch()] == [Tick], "steps have their turn meanwhile"
    with EmbeddedRedis(tmp_path, port=port):
        log.append([(0, b"after")])
        found: list[tuple[int, bytes]] = []
        for _ in range(50):
            found += records(reading.next_batch())
        assert found == [(2, b"after")]
        reading.close()
        log.close()
        client.close()


def test_a_second_worker_in_the_process_is_refused() -> None:
    def never() -> EventLog:
        raise AssertionError("opened")

    with pytest.raises(ValueError, match="step read runs on 1 worker a process, got 2"):
        LogSource(lambda: never().reader({}), 3, Stop()).build("read", 0, 2)
