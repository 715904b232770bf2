"""Parquet files of the archive: read by their owner alone, cleaned of what was left."""

import os
import time
from pathlib import Path

import pyarrow as pa
import pytest
from msgspec.structs import replace

from models.events.intake.parsing import parse_event
from models.reports.archive_row import row_of
from store.archive.file_names import LATE_S
from store.archive.parquet_files import UnreadableFileError, read_file
from store.archive.unarchived import Erased
from store.archive.writer import ArchiveWriter
from tests.store.archive.shop_archive import SITE, event, fill


def test_nobody_else_can_look_into_the_archive(archive: ArchiveWriter) -> None:
    before = os.umask(0)
    try:
        fill(archive, [event("page_view", "v", "01-01 10:00")])
        archive.erase(SITE, "v", 0)
    finally:
        os.umask(before)
    for path in [archive.directory, *archive.directory.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_what_killed_writers_left_goes_and_what_is_being_written_stays(archive: ArchiveWriter) -> None:
    fill(archive, [event("page_view", "v", "01-01 10:00")])
    folder = archive.directory / SITE / "2026-01-01"
    old, fresh = folder / ".p0-1-1.parquet.aa", folder / ".p0-1-2.parquet.bb"
    for left in (old, fresh):
        left.write_bytes(b"PAR1")
    os.utime(old, (0, time.time() - 7_200))
    archive.directory.chmod(0o755)
    archive.clean()
    assert sorted(file.name for file in folder.iterdir()) == [fresh.name, "p0-1-1.parquet"]
    assert archive.directory.stat().st_mode & 0o077 == 0


def test_no_file_is_written_over(archive: ArchiveWriter) -> None:
    fill(archive, [event("page_view", "v", "01-01 10:00")])
    fill(archive, [event("page_view", "w", "01-01 10:00")])
    assert len(archive.files(SITE)["2026-01-01"]) == 2


def test_a_file_of_another_kind_is_none_of_ours(tmp_path: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(pa.table({"a": [1]}), tmp_path / "p0-1-1.parquet")
    with pytest.raises(UnreadableFileError, match="rows without log_partition"):
        read_file(tmp_path / "p0-1-1.parquet")


def test_what_is_told_late_makes_a_folder_a_year(archive: ArchiveWriter) -> None:
    told = parse_event(event("page_view", "v", "01-01 10:00"), SITE, 1.79e9)
    rows = []
    for day in range(2_746):
        late = replace(told, at_s=1.79e9 - LATE_S - 10 - day * 86_400)
        rows.append(row_of(0, day + 1, late, 0.0))
    archive.write(SITE, 0, rows)
    assert len(archive.files(SITE)) <= 9
    done = archive.erase_all(SITE, [Erased("v", 0, 5_000)])
    assert (done.rows, archive.files(SITE)) == (2_746, {})


def test_what_is_older_than_the_archive_keeps_anything_goes(archive: ArchiveWriter) -> None:
    fill(archive, [event("page_view", f"v{day}", f"01-{day:02} 10:00") for day in range(1, 10)])
    told = parse_event(event("page_view", "late", "01-01 10:00"), SITE, 1.79e9)
    late = replace(told, accepted_at_s=told.at_s + 2 * LATE_S)
    archive.write(SITE, 0, [row_of(0, 20, late, 0.0)])
    later = replace(late, at_s=told.at_s + 8 * 86_400, visitor_id="later")
    archive.write(SITE, 0, [row_of(0, 21, later, 0.0)])
    assert archive.delete_before(SITE, later.at_s - 3 * 86_400 - 36_000) == 6
    with archive.reading(SITE) as reading:
        found = reading.connection.execute("SELECT visitor_id FROM archived ORDER BY ALL").fetchall()
    assert [visitor for (visitor,) in found] == ["later", "v6", "v7", "v8", "v9"]
