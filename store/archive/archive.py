"""Archive: every event for good, as Parquet files by site and day, for reports and offline evaluation.

`<directory>/<site>/<day>/p<partition>-<first>-<last>.parquet` holds positions of one partition. A file appears whole or
not at all. After a crash, positions may be written again under another range: readers take each position once.
Compaction makes one file of a day's many; it begins with `c`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from store.archive.unarchived import NOTHING_UNARCHIVED, Unarchived

if TYPE_CHECKING:
    from store.archive.tables import Reading

MAX_KEPT_ROWS: Final = 1_000_000
"""Rows of a site up to which its tables are kept from report to report; about 450 bytes each."""


class ArchiveUnavailableError(Exception):
    """The files changed under a reader time and again; try later."""


class Archive:
    """The files of all sites below one directory, for readers.

    Parameters
    ----------
    directory
        Made at the first write.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._reading = threading.Lock()
        self._kept: dict[str, Reading] = {}

    def files(self, site: str, until: date | None = None) -> dict[str, list[Path]]:
        """Give a site's files by day, oldest first, up to a day."""
        found: dict[str, list[Path]] = {}
        for directory in sorted((self._directory / site).glob("????-??-??")):
            files = sorted(directory.glob("[pc]*.parquet"))
            if files and (until is None or directory.name <= until.isoformat()):
                found[directory.name] = files
        return found

    @contextmanager
    def reading(self, site: str, unarchived: Unarchived = NOTHING_UNARCHIVED) -> Iterator["Reading"]:
        """Give tables that hold what reports ask of each row, once; one reader at a time.

        They are kept from call to call, up to `MAX_KEPT_ROWS`, and only days whose files have changed are read again.
        Raises `ArchiveUnavailableError` when files keep changing while they are read.
        """
        with self._reading:
            kept = self._kept.get(site)
            if kept is None:
                kept = self._kept[site] = _open_tables()
            for _ in range(5):
                try:
                    kept.follow(self.files(site), unarchived)
                    break
                except FileNotFoundError:
                    continue  # compaction took a file away between listing and reading it
            else:
                raise ArchiveUnavailableError(f"the archive of site {site!r} keeps changing; try again")
            try:
                yield kept
            finally:
                if kept.rows > MAX_KEPT_ROWS:
                    self._kept.pop(site).close()

    def close(self) -> None:
        """Let go of the tables kept for readers."""
        with self._reading:
            for kept in self._kept.values():
                kept.close()
            self._kept.clear()


def _open_tables() -> "Reading":
    """Make empty tables; DuckDB is loaded by the first reader, since most processes never read."""
    from store.archive.tables import Reading

    return Reading()
