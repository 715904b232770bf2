"""File names of the archive: in which folder a row belongs, and what a file's name tells of its rows."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple
from uuid import uuid4

from models.base.durations import DAY_S

LATE_S: Final = 400 * DAY_S
"""What is told so long after it happened goes into a folder of its year: late events make few folders."""
ASIDE: Final = ".unreadable"
"""Ends the name of a file that is set aside; no reader looks for it."""
_NAMED: Final = re.compile(r"p(\d+)-(\d+)-(\d+)(?:-g(\d+))?(?:-r[0-9a-f]+)?\.parquet")
_FOLDER: Final = re.compile(r"\d{4}(-\d\d-\d\d)?")


class Stretch(NamedTuple):
    """Positions of one partition that a file holds, both ends included; not every one between them, since a file has
    one folder's rows. Positions count within a generation of the log: `store.archive.generations`."""

    partition: int
    generation: int
    first: int
    last: int


def name_of(stretch: Stretch) -> str:
    """Give the name of a file.

    >>> name_of(Stretch(3, 0, 1, 20)), name_of(Stretch(3, 2, 1, 20))
    ('p3-1-20.parquet', 'p3-1-20-g2.parquet')
    """
    generation = f"-g{stretch.generation}" if stretch.generation else ""
    return f"p{stretch.partition}-{stretch.first}-{stretch.last}{generation}.parquet"


def beside(file: Path) -> Path:
    """Give a name of the same positions that no other file has."""
    return file.with_name(f"{file.name.removesuffix('.parquet')}-r{uuid4().hex[:12]}.parquet")


def stretch_of(name: str) -> Stretch | None:
    """Read what a name tells of a file's positions; None of one that was made of many, and tells nothing.

    >>> stretch_of("p3-1-20-g2-r0ab1.parquet")
    Stretch(partition=3, generation=2, first=1, last=20)
    """
    found = _NAMED.fullmatch(name)
    if found is None:
        return None
    return Stretch(int(found[1]), int(found[4] or 0), int(found[2]), int(found[3]))


def folder_of(at_s: float, accepted_at_s: float) -> str:
    """Give the folder of an event: the day (UTC) it happened on, or the year, where it was told of late.

    >>> folder_of(1_700_000_000.0, 1_700_000_005.0), folder_of(1_600_000_000.0, 1_700_000_000.0)
    ('2023-11-14', '2020')
    """
    day = datetime.fromtimestamp(at_s // DAY_S * DAY_S, UTC).date().isoformat()
    return day[:4] if accepted_at_s - at_s > LATE_S else day


def is_folder(name: str) -> bool:
    """Whether a folder is one of the archive's."""
    return _FOLDER.fullmatch(name) is not None


def folder_ends_s(folder: str) -> float:
    """Give when the day or year of a folder ends, epoch seconds.

    >>> folder_ends_s("1970-01-01"), folder_ends_s("1970")
    (86400.0, 31536000.0)
    """
    if len(folder) == 4:
        return datetime(int(folder) + 1, 1, 1, tzinfo=UTC).timestamp()
    return datetime.fromisoformat(folder).replace(tzinfo=UTC).timestamp() + DAY_S


def may_overlap(files: Sequence[Path]) -> bool:
    """Whether a position may stand in two of a folder's files."""
    if len(files) == 1:
        return False
    stretches: list[Stretch] = []
    for file in files:
        stretch = stretch_of(file.name)
        if stretch is None:
            return True
        stretches.append(stretch)
    stretches.sort()
    return any(before[:2] == after[:2] and after.first <= before.last for before, after in pairwise(stretches))
