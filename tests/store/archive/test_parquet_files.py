"""Parquet files of the archive: searched by their filters, written over by nothing, in few folders."""

from pathlib import Path

import pyarrow as pa
import pytest
from msgspec.structs import replace

from models.events.intake.parsing import parse_event
from models.reports.archive_row import row_of
from store.archive.file_names import LATE_S
from store.archive.parquet_files import UnreadableFileError, files_with, read_file
from store.archive.unarchived import Erased
from store.archive.writer import ArchiveWriter
from tests.store.archive.shop_archive import SITE, event, fill


def test_files_are_searched_for_several_visitors_at_once(archive: ArchiveWriter) -> None:
    for number in range(30):
        fill(archive, [event("page_view", f"o'v{number}", "01-01 10:00")], first=number + 1)
    files = archive.files(SITE)["2026-01-01"]
    found, unreadable = files_with(files, {"o'v3", "o'v17", "nobody"})
    assert ([file.name for file in found], unreadable) == (["p0-18-18.parquet", "p0-4-4.parquet"], [])


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
