"""File names: what a name tells, in which folder a row lies, and which files may hold one position."""

from pathlib import Path

import pytest

from store.archive.file_names import Stretch, beside, folder_ends_s, is_folder, may_overlap, name_of, stretch_of


@pytest.mark.parametrize("stretch", [Stretch(0, 0, 1, 9), Stretch(12, 3, 5, 5)])
def test_a_name_tells_what_it_was_made_of(stretch: Stretch) -> None:
    name = name_of(stretch)
    assert stretch_of(name) == stretch
    assert stretch_of(beside(Path("day") / name).name) == stretch
    assert beside(Path(name)) != beside(Path(name))


@pytest.mark.parametrize("name", ["c0a.parquet", "p0-1.parquet", "p0-1-2-g.parquet", "p0-1-2.parquet.unreadable"])
def test_another_name_tells_nothing(name: str) -> None:
    assert stretch_of(name) is None


@pytest.mark.parametrize(
    ("names", "may"),
    [
        (["p0-1-2.parquet"], False),
        (["p0-1-2.parquet", "p0-3-4.parquet", "p1-1-9.parquet"], False),
        (["p0-1-3.parquet", "p0-3-4.parquet"], True),
        (["p0-1-3.parquet", "p0-1-3-g1.parquet"], False),
        (["p0-1-3-g1.parquet", "p0-2-9-g1.parquet"], True),
        (["p0-1-3.parquet", "p0-1-3-r0a.parquet"], True),
        (["p0-1-3.parquet", "c0a.parquet"], True),
    ],
)
def test_files_may_hold_a_position_twice_within_a_partition_and_generation(names: list[str], may: bool) -> None:
    assert may_overlap([Path(name) for name in names]) is may


def test_folders_are_days_and_years() -> None:
    assert [name for name in ("2026-01-31", "2026", "2026-1", ".lock", "x") if is_folder(name)] == [
        "2026-01-31",
        "2026",
    ]
    assert folder_ends_s("2025") == folder_ends_s("2025-12-31")
