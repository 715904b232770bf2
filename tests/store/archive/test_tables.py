"""Archive tables: each row once, brought up to date by day, and what was made of them forgotten when they change."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.events.intake.parsing import parse_event
from models.reports.archive_row import row_of
from store.archive.schema import SCHEMA
from store.archive.tables import Reading
from store.archive.unarchived import NOTHING_UNARCHIVED, Erased, Unarchived
from tests.store.archive.shop_archive import SITE, event

DAY = "2026-01-01"


@pytest.fixture
def reading() -> Iterator[Reading]:
    """Tables of an archive without files."""
    made = Reading()
    yield made
    made.close()


def rows(*positions: int, day: str = "01-01") -> list[dict[str, object]]:
    """A page view at each position, by the visitor of its number."""
    return [
        row_of(
            0, position, parse_event(event("page_view", f"v{position}", f"{day} 10:{position:02}"), SITE, 1.79e9), 0.0
        )
        for position in positions
    ]


def put(path: Path, *positions: int) -> Path:
    """Write a file of the archive."""
    pq.write_table(pa.Table.from_pylist(rows(*positions), schema=SCHEMA), path)
    return path


def visitors(reading: Reading, table: str = "everything") -> list[str]:
    """Whose rows there are."""
    statement = f"SELECT visitor_id FROM {table} ORDER BY ALL"  # noqa: S608 - a name of ours
    return [str(visitor) for (visitor,) in reading.connection.execute(statement).fetchall()]


def made_of(reading: Reading) -> tuple[object, dict[object, Any]]:
    """What was made of the tables, and what for."""
    return reading.prepared, dict(reading.made)


@pytest.mark.parametrize("second", ["p0-2-3.parquet", f"c{'0' * 32}.parquet"], ids=["overlapping", "compacted"])
def test_a_position_in_two_files_of_a_day_is_one_row(reading: Reading, tmp_path: Path, second: str) -> None:
    files = [put(tmp_path / "p0-1-2.parquet", 1, 2), put(tmp_path / second, 2, 3)]
    reading.follow({DAY: files}, NOTHING_UNARCHIVED)
    assert (visitors(reading), reading.rows) == (["v1", "v2", "v3"], 3)


def test_a_day_whose_files_changed_is_read_again_and_one_that_went_is_gone(reading: Reading, tmp_path: Path) -> None:
    first, other = put(tmp_path / "p0-1-2.parquet", 1, 2), put(tmp_path / "p0-3-3.parquet", 3)
    reading.follow({DAY: [first], "2026-01-02": [other]}, NOTHING_UNARCHIVED)
    put(first, 1)  # an erasure writes it anew under the same name
    reading.follow({DAY: [first], "2026-01-02": [other]}, NOTHING_UNARCHIVED)
    assert visitors(reading)[0] == "v1"
    assert "v2" not in visitors(reading)
    reading.follow({}, NOTHING_UNARCHIVED)
    assert reading.rows == 0


def test_what_was_made_is_kept_while_nothing_changes(reading: Reading, tmp_path: Path) -> None:
    files = {DAY: [put(tmp_path / "p0-1-1.parquet", 1)]}
    waiting = Unarchived(rows(2))
    reading.follow(files, waiting)
    reading.prepared, reading.made["report"] = 5.0, "made"
    reading.follow(files, waiting)
    assert made_of(reading) == (5.0, {"report": "made"})
    reading.follow(files, NOTHING_UNARCHIVED)
    assert made_of(reading) == (None, {})


def test_what_is_not_archived_yet_counts_once_and_who_is_erased_not_at_all(reading: Reading, tmp_path: Path) -> None:
    files = {DAY: [put(tmp_path / "p0-1-3.parquet", 1, 2, 3)]}
    reading.follow(files, Unarchived(rows(3, 4), (Erased("v1", 0, 1), Erased("v2", 0, 1), Erased("v3", 1, 9))))
    assert visitors(reading) == ["v2", "v3", "v4"], "v2 came back after it, and v3 was erased in another partition"
    reading.follow(files, NOTHING_UNARCHIVED)
    assert visitors(reading) == ["v1", "v2", "v3"]


def test_a_file_that_went_while_it_was_read_leaves_tables_that_can_follow_again(
    reading: Reading, tmp_path: Path
) -> None:
    first, second = put(tmp_path / "p0-1-1.parquet", 1), put(tmp_path / "p0-2-2.parquet", 2)
    reading.follow({DAY: [first]}, NOTHING_UNARCHIVED)
    second.unlink()
    with pytest.raises(FileNotFoundError):
        reading.follow({DAY: [first, second]}, NOTHING_UNARCHIVED)
    reading.follow({DAY: [put(tmp_path / "c1.parquet", 1, 2)]}, NOTHING_UNARCHIVED)
    assert visitors(reading) == ["v1", "v2"]
