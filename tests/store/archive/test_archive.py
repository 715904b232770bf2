"""Archive: each position once whatever was written how often, files whole, the erased gone from the disk."""

import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from store.archive.archive import IDLE_S
from store.archive.reports import make_report
from store.archive.schema import SCHEMA
from store.archive.writer import COMPACT_AT, ArchiveWriter
from tests.store.archive.shop_archive import SITE, event, fill


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[ArchiveWriter]:
    """An empty archive."""
    made = ArchiveWriter(tmp_path / "archive")
    yield made
    made.close()


def visits(archive: ArchiveWriter) -> int:
    """Visits by the report."""
    return int(make_report(archive, SITE, "funnel").rows[0][1])


def archived(archive: ArchiveWriter) -> int:
    """Rows a reader sees."""
    with archive.reading(SITE) as reading:
        (count,) = reading.connection.execute("SELECT count(*) FROM archived").fetchall()[0]
    return int(count)


def days(count: int, visitor: str = "v") -> list[dict[str, object]]:
    return [event("page_view", f"{visitor}{n}", f"01-{1 + n % 3:02} 10:{n % 60:02}") for n in range(count)]


def test_an_empty_archive_gives_empty_reports(archive: ArchiveWriter) -> None:
    assert visits(archive) == 0
    assert archived(archive) == 0


def test_events_lie_in_files_by_site_and_day(archive: ArchiveWriter) -> None:
    fill(archive, days(6))
    files = archive.files(SITE)
    assert [(day, [file.name for file in some]) for day, some in files.items()] == [
        (f"2026-01-0{n}", ["p0-1-6.parquet"]) for n in (1, 2, 3)
    ]
    assert visits(archive) == 6


def test_positions_written_again_under_other_ranges_count_once(archive: ArchiveWriter) -> None:
    events = days(30)
    fill(archive, events[:10])
    fill(archive, events[:17])  # after a crash before the commit, with more in the portion
    fill(archive, events[10:30], first=11)
    fill(archive, events[10:30], first=11)
    assert archived(archive) == 30


def test_compaction_changes_no_figure_and_leaves_one_file_a_day(archive: ArchiveWriter) -> None:
    events = days(3 * COMPACT_AT)
    for n in range(COMPACT_AT):
        fill(archive, events[3 * n : 3 * n + 3], first=3 * n + 1)
    before = make_report(archive, SITE, "channels")
    assert archive.compact(SITE) == 3
    assert [len(files) for files in archive.files(SITE).values()] == [1, 1, 1]
    assert make_report(archive, SITE, "channels") == before
    assert archive.compact(SITE) == 0
    fill(archive, events[:9])  # a file left over, or a late replay
    assert archived(archive) == len(events)


def test_an_erased_visitor_is_gone_from_every_file_and_may_come_back(archive: ArchiveWriter, tmp_path: Path) -> None:
    fill(archive, [*days(6), *days(3, "w")])
    archive.erase(SITE, "v0", 9)
    fill(archive, [event("page_view", "v0", "01-02 10:00")], first=10)
    seen = [row["visitor_id"] for file in tmp_path.rglob("*.parquet") for row in pq.read_table(file).to_pylist()]
    assert seen.count("v0") == 1
    assert len(seen) == 9
    assert not list(tmp_path.rglob(".*.parquet*"))


def test_files_of_before_a_column_came_are_read_and_compacted(archive: ArchiveWriter) -> None:
    events = days(3 * COMPACT_AT)
    for n in range(COMPACT_AT):
        fill(archive, events[3 * n : 3 * n + 3], first=3 * n + 1)
    newer = ("sender_id", "bot", "experiment", "variant", "segment", "stage_from", "stage")
    for files in archive.files(SITE).values():
        for file in files[: COMPACT_AT // 2]:
            pq.write_table(pq.read_table(file).drop_columns(list(newer)), file)
    before = make_report(archive, SITE, "channels")
    assert before.rows[-1][1] == len(events)
    assert archive.compact(SITE) == 3
    assert make_report(archive, SITE, "channels") == before
    (one,) = archive.files(SITE)["2026-01-01"]
    assert pq.read_schema(one).equals(SCHEMA)


def test_tables_of_all_sites_are_bounded_in_bytes_and_those_asked_for_longest_ago_go(tmp_path: Path) -> None:
    archive = ArchiveWriter(tmp_path / "archive")
    fill(archive, days(6))
    assert archived(archive) == 6
    size = archive.kept_bytes
    assert size > 0
    archive.close()
    assert archive.kept_bytes == 0
    small = ArchiveWriter(tmp_path / "archive", most_bytes=size + size // 2)
    for site in (SITE, "other", SITE, "third"):
        with small.reading(site):
            pass
        assert 0 < small.kept_bytes <= size + size // 2
    assert archived(small) == 6
    small.close()


def test_tables_that_nobody_asks_for_are_let_go(archive: ArchiveWriter) -> None:
    fill(archive, days(6))
    assert archived(archive) == 6
    archive.let_go_of_idle(time.monotonic() + IDLE_S - 60)
    assert archive.kept_bytes > 0
    archive.let_go_of_idle(time.monotonic() + IDLE_S)
    assert archive.kept_bytes == 0
    assert archived(archive) == 6
