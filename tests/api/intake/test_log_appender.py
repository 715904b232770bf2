"""Appender: every request gets its own positions, whatever is appended together, or is told of a failure."""

import asyncio
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from api.http.problems import ProblemError
from api.intake import log_appender
from api.intake.log_appender import Appender, Incoming, append_events
from shopwindow.embedded import EmbeddedRedis
from store.client import connect
from store.log.log import EventLog, LogUnavailableError
from store.log.redis_log import RedisLog


@pytest.fixture
def log(redis_server: EmbeddedRedis) -> Iterator[EventLog]:
    """A log of two partitions."""
    client = connect(redis_server.url)
    made = RedisLog(client, f"append-{uuid.uuid4().hex[:8]}", 2, 3_600.0)
    yield made
    made.close()
    client.close()


def incoming(partition: int, value: bytes) -> Incoming:
    """A record on its way."""
    return Incoming("shop", partition, "v", value)


def values(log: EventLog, partition: int = 0) -> list[bytes]:
    """What a partition holds."""
    reader = log.reader({partition: 0})
    found = [record.value for batch in reader.poll(100_000, 0.5) for record in batch.records]
    reader.close()
    return found


def test_requests_appended_together_get_their_own_positions(log: EventLog) -> None:
    appender = Appender(log, linger_s=0.05)

    async def ask(number: int) -> list[tuple[bytes, int]]:
        records = [incoming(number % 2, b"%d-%d" % (number, part)) for part in range(number % 4)]
        return list(zip([record.value for record in records], await appender.append(records), strict=True))

    async def ask_all() -> list[list[tuple[bytes, int]]]:
        return list(await asyncio.gather(*(ask(number) for number in range(60))))

    given = [pair for answer in asyncio.run(ask_all()) for pair in answer]
    appender.close()
    stored = {value: place for partition in (0, 1) for place, value in enumerate(values(log, partition), start=1)}
    assert stored == dict(given)
    assert len(given) == 15 * (1 + 2 + 3)


def test_what_is_added_among_the_records_changes_nobodys_positions(log: EventLog) -> None:
    kept: list[tuple[bytes, int]] = []

    def prepare(records: list[Incoming]) -> list[Incoming]:
        first, *rest = [record._replace(value=record.value.upper()) for record in records]
        return [first, incoming(0, b"told")._replace(added=True), *rest]

    def remember(appended: Sequence[tuple[Incoming, int]]) -> None:
        kept.extend((record.value, position) for record, position in appended)

    appender = Appender(log, prepare, remember)
    assert asyncio.run(appender.append([incoming(0, b"a"), incoming(0, b"b")])) == [1, 3]
    assert kept == [(b"A", 1), (b"told", 2), (b"B", 3)], "remembered before the request goes on"
    appender.close()
    assert values(log) == [b"A", b"told", b"B"]


def test_a_log_that_is_away_fails_the_requests_that_wait_and_no_later_one(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        port = server.port
        client = connect(server.url)
        log = RedisLog(client, "events", 1, 3_600.0)
        appender = Appender(log)
    with pytest.raises(LogUnavailableError):
        asyncio.run(appender.append([incoming(0, b"lost")]))
    with pytest.raises(ProblemError) as found:
        asyncio.run(append_events(appender, [incoming(0, b"lost too")]))
    assert (found.value.status, found.value.code, found.value.headers) == (503, "log_unavailable", {"Retry-After": "2"})
    with EmbeddedRedis(tmp_path, port=port):
        assert asyncio.run(append_events(appender, [incoming(0, b"kept")])) == [1]
        appender.close()
        log.close()
        client.close()


def test_a_fault_of_ours_fails_its_requests_and_not_the_thread(log: EventLog) -> None:
    def prepare(records: list[Incoming]) -> list[Incoming]:
        if records[0].value == b"bad":
            raise ValueError("ours")
        return records

    appender = Appender(log, prepare)
    with pytest.raises(ValueError, match="ours"):
        asyncio.run(appender.append([incoming(0, b"bad")]))
    assert asyncio.run(appender.append([incoming(0, b"good")])) == [1]
    appender.close()


def test_a_request_that_has_gone_is_appended_all_the_same(log: EventLog) -> None:
    appender = Appender(log, linger_s=0.2)

    async def go_away() -> None:
        async with asyncio.timeout(0.05):
            await appender.append([incoming(0, b"a")])

    faults: list[object] = []

    async def ask() -> list[int]:
        asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
        with pytest.raises(TimeoutError):
            await go_away()
        return await appender.append([incoming(0, b"b")])

    assert asyncio.run(ask()) == [2]
    assert faults == []
    appender.close()
    assert values(log) == [b"a", b"b"]


def test_what_is_posted_is_appended_before_the_end_and_refused_when_too_much_waits(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_appender, "_MAX_WAITING", 5)
    appender = Appender(log, linger_s=0.5)
    assert appender.post([incoming(0, b"first")])
    deadline_s = time.monotonic() + 5
    while not appender._queue.empty():  # until it lingers over the first
        assert time.monotonic() < deadline_s
    taken = [appender.post([incoming(0, b"%d" % number)]) for number in range(7)]
    assert taken == [True] * 5 + [False] * 2
    appender.close()
    assert values(log) == [b"first", b"0", b"1", b"2", b"3", b"4"]
    assert asyncio.run(appender.append([])) == []
