"""Generations: a log that counts its positions again takes no row of an earlier one; an erasure reaches all."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from models.events.names import VISITOR_DELETED
from shopwindow.embedded import EmbeddedRedis
from store.archive.unarchived import read_unarchived
from store.archive.writer import COMPACT_AT, ArchiveWriter
from store.log import log_keys
from store.log.log import EventLog
from tests.store.archive.logs import GROUP, append, archive_all, viewed, visitors
from tests.store.archive.shop_archive import SITE
from tests.store.log.logs import Server, new_name


@pytest.fixture
def log(redis_server: EmbeddedRedis) -> Iterator[EventLog]:
    """A log of two partitions."""
    made = Server("redis", redis_server.url).open(new_name(), partitions=2)
    yield made
    made.close()


@pytest.fixture
def client(redis_server: EmbeddedRedis) -> Iterator[redis.Redis]:
    """The server it is on."""
    made = redis.Redis.from_url(redis_server.url)
    yield made
    made.close()


def flush(client: redis.Redis, log: EventLog) -> None:
    """Delete all of a log, as flushing its server would."""
    client.delete(*client.keys(f"log:{{{log.name}*"))


def numbers(archive: ArchiveWriter) -> list[int]:
    """Generations of the rows there are."""
    with archive.reading(SITE) as reading:
        found = reading.connection.execute("SELECT DISTINCT generation FROM archived ORDER BY ALL").fetchall()
    return [int(number) for (number,) in found]


def test_a_log_that_begins_anew_takes_no_row_of_the_one_before(
    archive: ArchiveWriter, log: EventLog, client: redis.Redis
) -> None:
    old, new = [f"old{n}" for n in range(9)], [f"new{n}" for n in range(9)]
    append(log, [viewed(visitor) for visitor in old])
    archive_all(archive, log)
    flush(client, log)
    append(log, [viewed(visitor) for visitor in new])
    archive_all(archive, log)
    assert visitors(archive) == sorted(old + new)
    assert numbers(archive) == [0, 1]


def test_the_same_event_at_the_same_position_of_two_lives_is_two_rows_whatever_is_made_of_the_files(
    archive: ArchiveWriter, log: EventLog, client: redis.Redis
) -> None:
    for _ in range(2):
        append(log, [viewed("v")])
        archive_all(archive, log)
        flush(client, log)
    assert visitors(archive) == ["v", "v"]
    for number in range(COMPACT_AT):
        append(log, [viewed("w", number)])
        archive_all(archive, log)
    assert archive.compact(SITE) == 1
    assert visitors(archive) == ["v", "v", *["w"] * COMPACT_AT]


def test_an_erasure_takes_all_of_earlier_lives_and_what_came_before_it_in_its_own(
    archive: ArchiveWriter, log: EventLog, client: redis.Redis
) -> None:
    append(log, [viewed("v", number) for number in range(50)])
    archive_all(archive, log)
    flush(client, log)
    append(log, [viewed("v"), viewed("other"), viewed("v", 1, VISITOR_DELETED), viewed("v", 2)])
    archive_all(archive, log)
    assert visitors(archive) == ["other", "v"], "the one that came after it"


def test_a_log_that_lost_its_newest_records_counts_them_again_in_another_life(
    archive: ArchiveWriter, log: EventLog, client: redis.Redis
) -> None:
    names = [f"a{n}" for n in range(4)]
    append(log, [viewed(name) for name in names])
    archive_all(archive, log)
    saved = {key: client.dump(key) for key in client.keys(f"log:{{{log.name}*")}
    append(log, [viewed("lost", number) for number in range(9)])
    archive_all(archive, log)
    flush(client, log)
    for key, value in saved.items():
        assert value is not None
        client.restore(key, 0, value)
    append(log, [viewed("found")])
    archive_all(archive, log)
    assert visitors(archive) == sorted([*names, "found", *["lost"] * 9])
    append(log, [viewed("lost", 99, VISITOR_DELETED)])
    archive_all(archive, log)
    assert visitors(archive) == sorted([*names, "found"])


def test_what_is_not_archived_yet_belongs_to_the_life_the_log_is_in(
    archive: ArchiveWriter, log: EventLog, client: redis.Redis, tmp_path: Path
) -> None:
    append(log, [viewed("v", number) for number in range(9)])
    archive_all(archive, log)
    flush(client, log)
    append(log, [viewed("v", 0), viewed("w", 0)])

    def seen() -> list[str]:
        archive.generations.observe(log)
        waiting = read_unarchived(log, GROUP, SITE, 0.0, archive.generations.number_of)
        with archive.reading(SITE, waiting) as reading:
            found = reading.connection.execute("SELECT visitor_id FROM everything ORDER BY ALL").fetchall()
        return [str(visitor) for (visitor,) in found]

    assert seen() == [*["v"] * 10, "w"]
    append(log, [viewed("v", 5, VISITOR_DELETED)])
    assert seen() == ["w"]


def test_an_archive_of_before_goes_on_and_knows_a_log_that_begins_anew(
    archive: ArchiveWriter, log: EventLog, client: redis.Redis
) -> None:
    append(log, [viewed(f"v{number}") for number in range(9)])
    archive_all(archive, log)
    (archive.directory / "generations.json").unlink()
    append(log, [viewed("w")])
    archive_all(archive, log)
    assert numbers(archive) == [0]
    (archive.directory / "generations.json").write_bytes(b"{ cut off")
    flush(client, log)
    append(log, [viewed("x")])
    archive_all(archive, log)
    assert numbers(archive) == [0, 1]


def test_the_generation_stands_beside_the_number_of_partitions() -> None:
    assert log_keys.generation("events").startswith("log:{events}:")
