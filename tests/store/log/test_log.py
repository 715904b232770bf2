"""One contract for the event log, held against a real Redis and a real Kafka."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopwindow.embedded import EmbeddedRedis
from store.log.log import (
    Batch,
    EventLog,
    GroupConsumer,
    LogReader,
    LogRecreatedError,
    LogUnavailableError,
    PartitionCountError,
)
from tests.servers import Broker, missing
from tests.store.log.logs import PARTITIONS, Server, drain, new_name, numbers, poll, until

TAKE_OVER_S = 5.0

Opener = Callable[..., EventLog]


@pytest.fixture(params=["redis_server", "bundled_redis_server", pytest.param("kafka_broker", marks=pytest.mark.kafka)])
def server(request: pytest.FixtureRequest, redis_server: EmbeddedRedis) -> Server:
    running: EmbeddedRedis | Broker = request.getfixturevalue(request.param)
    if isinstance(running, EmbeddedRedis):
        return Server("redis", running.url)
    return Server("kafka", running.bootstrap, running.extra, redis_server.url)


@pytest.fixture
def opened(server: Server) -> Iterator[Opener]:
    logs: list[EventLog] = []

    def open_log(name: str | None = None, **arguments: Any) -> EventLog:
        log = server.open(name or new_name(), **arguments)
        logs.append(log)
        return log

    yield open_log
    for log in logs:
        log.close()


@pytest.fixture
def log(opened: Opener) -> EventLog:
    return opened()


@pytest.fixture
def joined() -> Iterator[Callable[[EventLog, str], GroupConsumer]]:
    consumers: list[GroupConsumer] = []

    def join(log: EventLog, group: str) -> GroupConsumer:
        consumers.append(log.consume(group))
        return consumers[-1]

    yield join
    for consumer in consumers:
        consumer.close()


@pytest.fixture
def truncating(request: pytest.FixtureRequest, server: Server) -> None:
    if server.kind == "kafka" and request.getfixturevalue("kafka_broker").kind == "light":
        pytest.skip("the light broker cannot delete records")


def test_positions_are_dense_from_1_and_given_in_the_order_of_the_records(log: EventLog) -> None:
    assert log.append([(2, b"a"), (0, b"b"), (2, b"c")]) == [1, 1, 2]
    assert log.append([]) == []
    assert log.append([(0, b"d"), (2, b"e")]) == [2, 3]
    assert (log.ends(), log.starts()) == ([2, 0, 3, 0], [1, 1, 1, 1])
    with pytest.raises(ValueError, match="partition 4"):
        log.append([(PARTITIONS, b"x")])


def test_a_reader_gets_each_partition_in_order_from_just_after_the_position_given(log: EventLog) -> None:
    log.append([*numbers(0, 1, 30), *numbers(1, 1, 3)])
    reader = log.reader({0: 28, 1: 0})
    assert drain(reader, 5) == {0: [(29, b"29"), (30, b"30")], 1: [(1, b"1"), (2, b"2"), (3, b"3")]}
    log.append(numbers(0, 31, 31))
    assert drain(reader, 1) == {0: [(31, b"31")]}
    assert poll(reader) == []
    reader.close()


def test_a_poll_gives_no_more_than_asked_for_and_starves_no_partition(log: EventLog) -> None:
    log.append([record for partition in range(PARTITIONS) for record in numbers(partition, 1, 20)])
    reader = log.reader(dict.fromkeys(range(PARTITIONS), 0))
    got: dict[int, list[int]] = defaultdict(list)

    def complete() -> bool:
        for batch in poll(reader, max_records=3):
            got[batch.partition] += [record.position for record in batch.records]
        return sum(map(len, got.values())) == 20 * PARTITIONS

    until(complete)
    assert got == {partition: list(range(1, 21)) for partition in range(PARTITIONS)}
    reader.close()


def test_values_of_any_bytes_come_back_unchanged(log: EventLog) -> None:
    values = [b"", bytes(range(256)), b"\r\n", b"x" * 200_000]
    log.append([(1, value) for value in values])
    reader = log.reader({1: 0})
    assert [value for _, value in drain(reader, 4)[1]] == values
    reader.close()


def test_appends_of_many_threads_share_one_dense_count(log: EventLog) -> None:
    given_positions: dict[int, dict[int, bytes]] = {0: {}, 1: {}}
    lock = threading.Lock()

    def write(writer: int) -> None:
        for turn in range(25):
            records = [(index % 2, b"%d-%d-%d" % (writer, turn, index)) for index in range(6)]
            positions = log.append(records)
            with lock:
                for (partition, value), position in zip(records, positions, strict=True):
                    assert given_positions[partition].setdefault(position, value) == value

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(sorted(positions) == list(range(1, 301)) for positions in given_positions.values())
    reader = log.reader({0: 0, 1: 0})
    got = drain(reader, 600)
    assert {partition: dict(records) for partition, records in got.items()} == given_positions
    for partition in (0, 1):
        for writer in range(4):  # each writer's own order is kept
            own = [value for _, value in got[partition] if value.startswith(b"%d-" % writer)]
            assert own == sorted(own, key=lambda value: [int(part) for part in value.split(b"-")])
    reader.close()


def test_a_group_goes_on_from_what_it_committed_and_gets_the_rest_again(log: EventLog) -> None:
    log.append([*numbers(0, 1, 5), *numbers(3, 1, 2)])
    consumer = log.consume("g")
    drain(consumer, 7)
    assert consumer.assignment == frozenset(range(PARTITIONS))
    consumer.commit({0: 3})
    assert log.committed("g") == [3, 0, 0, 0]
    consumer.close()
    consumer.close()
    again = log.consume("g")
    assert drain(again, 4) == {0: [(4, b"4"), (5, b"5")], 3: [(1, b"1"), (2, b"2")]}
    again.commit({0: 5, 3: 2})
    assert [end - at for end, at in zip(log.ends(), log.committed("g"), strict=True)] == [0, 0, 0, 0]
    assert log.committed("another") == [0, 0, 0, 0]
    again.close()


def test_groups_do_not_see_each_other(log: EventLog, joined: Callable[[EventLog, str], GroupConsumer]) -> None:
    log.append(numbers(0, 1, 3))
    first, second = joined(log, "one"), joined(log, "two")
    assert drain(first, 3) == drain(second, 3)
    first.commit({0: 3})
    assert (log.committed("one")[0], log.committed("two")[0]) == (3, 0)


def test_a_group_without_members_is_committed_by_name_and_never_moves_back(log: EventLog) -> None:
    log.append(numbers(0, 1, 5))
    log.commit("solo", {0: 4})
    log.commit("solo", {0: 2})
    assert log.committed("solo") == [4, 0, 0, 0]


@pytest.mark.usefixtures("truncating")
def test_what_was_truncated_is_passed_over_and_positions_go_on(log: EventLog) -> None:
    log.append(numbers(0, 1, 5))
    log.commit("g", {0: 1})
    log.truncate({0: 4})
    assert (log.starts(), log.ends()) == ([4, 1, 1, 1], [5, 0, 0, 0])
    reader, consumer = log.reader({0: 0}), log.consume("g")
    assert drain(reader, 2) == drain(consumer, 2) == {0: [(4, b"4"), (5, b"5")]}
    log.truncate({0: 6})
    assert (log.starts()[0], log.ends()[0]) == (6, 5)
    assert log.append(numbers(0, 6, 6)) == [6]
    assert drain(reader, 1) == drain(consumer, 1) == {0: [(6, b"6")]}
    reader.close()
    consumer.close()


def test_another_partition_count_is_refused_with_both_numbers_named(opened: Opener) -> None:
    name = opened().name
    assert opened(name).partitions == PARTITIONS
    with pytest.raises(PartitionCountError, match=rf"{name}.*{PARTITIONS} partitions, asked for 6"):
        opened(name, partitions=6)


def test_a_position_past_the_end_means_the_log_was_made_anew(log: EventLog) -> None:
    log.append(numbers(0, 1, 2))
    log.commit("g", {0: 5})
    consumer = log.consume("g")
    with pytest.raises(LogRecreatedError, match="position 5 lies past its end 2"):
        drain(consumer, 1)
    with pytest.raises(LogRecreatedError, match="position 3 lies past its end 2"):
        log.reader({0: 3})
    consumer.close()


def test_a_life_of_the_log_keeps_its_name_and_another_has_another(opened: Opener) -> None:
    name = new_name()
    first = opened(name)
    assert first.generation()
    assert first.generation() == opened(name).generation()
    assert first.generation() != opened().generation()


def test_live_members_share_the_partitions_and_read_no_record_twice(log: EventLog) -> None:
    stopped = threading.Event()
    got: list[list[tuple[int, int]]] = [[], []]
    shares: list[frozenset[int]] = [frozenset(), frozenset()]

    def work(member: int) -> None:
        consumer = log.consume("g")
        while not stopped.is_set():
            for batch in consumer.poll(50, 0.05):
                got[member] += [(batch.partition, record.position) for record in batch.records]
                consumer.commit({batch.partition: batch.last_position})
            shares[member] = consumer.assignment
        consumer.close()

    threads = [threading.Thread(target=work, args=(member,)) for member in range(2)]
    threads[0].start()
    sent = 0

    def read_while_sending(member: int) -> bool:
        nonlocal sent
        sent += len(log.append([(sent % PARTITIONS, b"x"), ((sent + 1) % PARTITIONS, b"y")]))
        return len(got[member]) > 50

    until(lambda: read_while_sending(0))
    threads[1].start()
    until(lambda: read_while_sending(1))
    until(lambda: len(got[0]) + len(got[1]) >= sent)
    assert all(len(share) == PARTITIONS / 2 for share in shares)
    stopped.set()
    for thread in threads:
        thread.join()
    everything = got[0] + got[1]
    assert len(set(everything)) == len(everything) == sum(log.ends()) == sent


@contextmanager
def member(server: Server, log: EventLog, manner: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.store.log.logs", server.to_json(), log.name, "g", manner]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def answer(process: "subprocess.Popen[str]", order: str) -> list[list[int]]:
    """Give a member an order and collect the batches it reports."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{order}\n")
    process.stdin.flush()
    batches: list[list[int]] = []
    for line in iter(process.stdout.readline, ""):
        if line.strip() in ("polled", "committed"):
            return batches
        batches.append([int(part) for part in line.split()])
    raise AssertionError("the member died")


@pytest.mark.slow
def test_a_killed_members_partitions_move_on_without_loss(
    server: Server, log: EventLog, joined: Callable[[EventLog, str], GroupConsumer]
) -> None:
    for first in range(1, 201, 10):
        log.append([record for partition in range(PARTITIONS) for record in numbers(partition, first, first + 9)])
    with member(server, log, "greedy") as victim:
        until(lambda: sum(log.committed("g")) > 100)
        heir = joined(log, "g")
        until(lambda: poll(heir) is not None and len(heir.assignment) == PARTITIONS / 2)
        log.append([record for partition in range(PARTITIONS) for record in numbers(partition, 201, 260)])
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        killed_s = time.monotonic()
        until(lambda: poll(heir) is not None and len(heir.assignment) == PARTITIONS)
        assert time.monotonic() - killed_s < TAKE_OVER_S
        done = log.committed("g")
        log.append([(partition, b"last") for partition in range(PARTITIONS)])
        places = defaultdict(int)

        def caught_up() -> bool:
            for batch in poll(heir):
                places[batch.partition] = batch.last_position
                heir.commit({batch.partition: batch.last_position})
            return log.committed("g") == log.ends()

        until(caught_up)
        assert all(now >= before for now, before in zip(log.committed("g"), done, strict=True))
        assert log.committed("g") == [261] * PARTITIONS


@pytest.mark.slow
def test_a_member_that_was_stopped_neither_commits_nor_goes_on_where_it_was(
    server: Server, log: EventLog, joined: Callable[[EventLog, str], GroupConsumer]
) -> None:
    log.append([record for partition in range(PARTITIONS) for record in numbers(partition, 1, 5)])
    with member(server, log, "obedient") as sleeper:
        read: dict[int, int] = {}

        def all_read() -> bool:
            read.update({partition: last for partition, _, last in answer(sleeper, "poll")})
            return len(read) == PARTITIONS

        until(all_read)
        os.kill(sleeper.pid, signal.SIGSTOP)
        heir = joined(log, "g")
        drain(heir, 5 * PARTITIONS)
        heir.commit(dict.fromkeys(range(PARTITIONS), 2))
        os.kill(sleeper.pid, signal.SIGCONT)
        assert answer(sleeper, "commit") == []
        assert log.committed("g") == [2] * PARTITIONS
        heir.close()
        again: dict[int, int] = {}

        def all_again() -> bool:
            for partition, first, _ in answer(sleeper, "poll"):
                again.setdefault(partition, first)
            return len(again) == PARTITIONS

        until(all_again)
        assert again == dict.fromkeys(range(PARTITIONS), 3)
        assert log.committed("g") == [2] * PARTITIONS


@pytest.mark.slow
def test_the_log_works_again_when_its_server_is_back(
    server: Server, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with outage(server, request, tmp_path) as (address, away, back):
        log = Server(server.kind, address, server.extra, server.redis_url).open(new_name(), delivery_timeout_s=1.5)
        log.append(numbers(0, 1, 3))
        consumer, reader = log.consume("g"), log.reader({0: 0})
        assert drain(consumer, 3) == drain(reader, 3)
        consumer.commit({0: 3})
        away()
        with pytest.raises(LogUnavailableError):
            log.append([(1, b"lost or not")])
        for follower in (consumer, reader):
            if server.kind == "redis":
                with pytest.raises(LogUnavailableError):
                    follower.poll(10, 0.2)
            else:
                assert follower.poll(10, 0.2) == []
        back()

        def accepted() -> bool:
            try:
                return log.append(numbers(0, 4, 4)) == [4]
            except LogUnavailableError:
                return False

        until(accepted)
        for follower in (consumer, reader):
            values: list[int] = []

            def reads_on(follower: LogReader = follower, values: list[int] = values) -> bool:
                try:
                    values += [at.position for batch in poll(follower) if batch.partition == 0 for at in batch.records]
                except LogUnavailableError:
                    return False
                return bool(values)

            until(reads_on)
            assert values == [4]
        consumer.commit({0: 4})
        assert log.committed("g")[0] == 4
        consumer.close()
        reader.close()
        log.close()


@contextmanager
def outage(
    server: Server, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[str, Callable[[], object], Callable[[], object]]]:
    """Address of a server that can go away, and how it goes and comes back."""
    if server.kind == "redis":
        with EmbeddedRedis(tmp_path / "first") as own:
            again = EmbeddedRedis(tmp_path / "first", port=own.port)
            try:
                yield own.url, own.stop, again.start
            finally:
                again.stop()
        return
    pid = request.getfixturevalue("kafka_broker").pid
    if pid is None:
        missing("a broker of our own that we may stop")
    try:
        yield server.address, lambda: os.kill(pid, signal.SIGSTOP), lambda: os.kill(pid, signal.SIGCONT)
    finally:
        os.kill(pid, signal.SIGCONT)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.lists(st.integers(0, 1), min_size=1, max_size=5)),
        st.tuples(st.just("read"), st.integers(1, 4)),
        st.tuples(st.just("commit"), st.integers(0, 1)),
        st.tuples(st.just("reopen"), st.none()),
    ),
    max_size=12,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_sequence_of_steps_agrees_with_two_plain_lists(server: Server, steps: list[tuple[str, Any]]) -> None:
    log = server.open(new_name(), partitions=2)
    written: list[list[bytes]] = [[], []]
    places, done = [0, 0], [0, 0]
    reader = log.reader({0: 0, 1: 0})
    for step, detail in steps:
        if step == "append":
            records = [(partition, uuid.uuid4().bytes) for partition in detail]
            expected = []
            for partition, value in records:
                written[partition].append(value)
                expected.append(len(written[partition]))
            assert log.append(records) == expected
        elif step == "read" and [len(values) for values in written] != places:
            follow(reader, written, places, detail)
        elif step == "commit":
            log.commit("g", {detail: places[detail]})
            done[detail] = max(done[detail], places[detail])
        elif step == "reopen":
            reader.close()
            places = log.committed("g")
            reader = log.reader(dict(enumerate(places)))
    assert log.ends() == [len(values) for values in written]
    assert log.committed("g") == done
    reader.close()
    log.close()


def follow(reader: LogReader, written: list[list[bytes]], places: list[int], count: int) -> None:
    batches: list[Batch] = []

    def arrived() -> bool:
        batches.extend(poll(reader, max_records=count))
        return bool(batches)

    until(arrived)
    for batch in batches:
        for record in batch.records:
            assert record.position == places[batch.partition] + 1
            assert record.value == written[batch.partition][places[batch.partition]]
            places[batch.partition] += 1
