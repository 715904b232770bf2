"""Archive: every event for good, as Parquet files by site and day, for reports and offline evaluation.

`<directory>/<site>/<day>/p<partition>-<first>-<last>.parquet` holds positions of one partition; `-g<generation>` stands
behind those of a later life of the log. What was told very late lies in a folder of its year. A file appears whole or
not at all, and none is written over. After a crash, positions may be written again in another file: readers take each
once. Compaction makes one file of a folder's many; it begins with `c`. A file that cannot be read is set aside: then
its name ends with `.unreadable`.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from store.archive.directories import raise_if_refused_for_now
from store.archive.file_names import ASIDE, is_folder, stretch_of
from store.archive.generations import Generations
from store.archive.unarchived import NOTHING_UNARCHIVED, Unarchived
from store.unreadable import OnUnreadable, Unreadable, log_unreadable

if TYPE_CHECKING:
    from store.archive.tables import Reading

MAX_KEPT_BYTES: Final = 512 * 1024 * 1024
"""Memory of the tables that are kept from report to report, over all sites; beyond it those read longest ago go."""
IDLE_S: Final = 300.0
"""Tables that no report asked for so long are let go."""
_Stamp = tuple[int, int, int]


class ArchiveUnavailableError(Exception):
    """The files changed under a reader time and again; try later."""


class Archive:
    """The files of all sites below one directory, for readers.

    Parameters
    ----------
    directory
        Made at the first write.
    on_unreadable
        Told of each file that cannot be read.
    most_bytes
        Memory of the tables kept for readers, over all sites.
    """

    def __init__(
        self,
        directory: Path,
        on_unreadable: OnUnreadable = log_unreadable,
        most_bytes: int = MAX_KEPT_BYTES,
    ) -> None:
        self._directory = directory
        self._on_unreadable = on_unreadable
        self._most_bytes = most_bytes
        self._reading = threading.Lock()
        self._kept: dict[str, Reading] = {}
        self._kept_bytes: dict[str, int] = {}
        self._asked_at: dict[str, float] = {}
        self._passed_over: dict[Path, _Stamp] = {}
        self.generations = Generations(directory, self._come_so_far)

    @property
    def directory(self) -> Path:
        """Where the files of all sites lie."""
        return self._directory

    def files(self, site: str) -> dict[str, list[Path]]:
        """Give a site's files by folder, oldest first."""
        found: dict[str, list[Path]] = {}
        for folder in self._folders(site):
            files = [file for file in sorted(folder.glob("[pc]*.parquet")) if not self._is_passed_over(file)]
            if files:
                found[folder.name] = files
        return found

    def set_aside(self, site: str, file: Path, error: Exception) -> None:
        """Put a file that cannot be read out of every reader's way: under another name, or where that is not possible,
        out of this reader's alone. Raises `OSError` where it is not the file that is at fault, but the disk for now."""
        raise_if_refused_for_now(file)
        stamp = _stamp_of(file)
        if stamp is None:
            return  # compaction or another reader was faster
        aside = file.with_name(file.name + ASIDE)
        if aside.exists():
            aside = file.with_name(f"{file.name}.{uuid4().hex[:12]}{ASIDE}")
        try:
            file.rename(aside)
        except FileNotFoundError:
            return
        except OSError:
            self._passed_over[file] = stamp
        # Of its bytes nothing goes into a dead letter: nobody could take a visitor out of them.
        self._on_unreadable(Unreadable("archive", site, f"{file.parent.name}/{file.name}", b"", error))

    @contextmanager
    def reading(self, site: str, unarchived: Unarchived = NOTHING_UNARCHIVED) -> Iterator["Reading"]:
        """Give tables that hold what reports ask of each row, once; one reader at a time.

        They are kept from call to call while there is room for them, and only folders whose files have changed are read
        again. Files that cannot be read are set aside. Raises `ArchiveUnavailableError` when files keep changing while
        they are read.
        """
        with self._reading:
            kept = self._kept.get(site)
            if kept is None:
                kept = self._kept[site] = _open_tables()
            for _ in range(5):
                try:
                    kept.follow(self.files(site), unarchived)
                    for file, error in kept.unreadable:
                        self.set_aside(site, file, error)
                    break
                except FileNotFoundError:
                    continue  # compaction took a file away between listing and reading it
                except OSError as error:
                    raise ArchiveUnavailableError(f"the archive of site {site!r}: {error}; try again") from error
            else:
                raise ArchiveUnavailableError(f"the archive of site {site!r} keeps changing; try again")
            try:
                yield kept
            finally:
                self._asked_at[site] = time.monotonic()
                self._kept_bytes[site] = kept.bytes
                self._make_room()

    @property
    def kept_bytes(self) -> int:
        """Memory of the tables kept for readers, as of the last report of each site."""
        return sum(self._kept_bytes.copy().values())

    def let_go_of_idle(self, now_s: float) -> None:
        """Let go of tables that nobody has asked for in `IDLE_S`, by the monotonic clock; never waits for a reader."""
        if self._reading.acquire(blocking=False):
            try:
                for site in [site for site, at_s in self._asked_at.items() if now_s - at_s >= IDLE_S]:
                    self._let_go(site)
            finally:
                self._reading.release()

    def close(self) -> None:
        """Let go of the tables kept for readers."""
        with self._reading:
            for site in list(self._kept):
                self._let_go(site)

    def _make_room(self) -> None:
        for site in sorted(self._asked_at, key=self._asked_at.__getitem__):
            if sum(self._kept_bytes.values()) <= self._most_bytes:
                return
            self._let_go(site)

    def _let_go(self, site: str) -> None:
        self._kept.pop(site).close()
        self._kept_bytes.pop(site, None)
        self._asked_at.pop(site, None)

    def _folders(self, site: str) -> list[Path]:
        """A site's folders, oldest first."""
        with suppress(FileNotFoundError, NotADirectoryError):
            return sorted(folder for folder in (self._directory / site).iterdir() if is_folder(folder.name))
        return []

    def _is_passed_over(self, file: Path) -> bool:
        stamp = self._passed_over.get(file)
        return stamp is not None and stamp == _stamp_of(file)

    def _come_so_far(self) -> tuple[dict[int, int], int]:
        """How far the archive has come by partition in its latest generation, and which that is, by its files."""
        come: dict[int, int] = {}
        latest = 0
        for file in self._directory.glob("*/*/p*.parquet*"):
            stretch = stretch_of(file.name.removesuffix(ASIDE))
            if stretch is None or stretch.generation < latest:
                continue
            if stretch.generation > latest:
                latest, come = stretch.generation, {}
            come[stretch.partition] = max(come.get(stretch.partition, 0), stretch.last)
        return come, latest


def _stamp_of(file: Path) -> _Stamp | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _open_tables() -> "Reading":
    """Make empty tables; DuckDB is loaded by the first reader, since most processes never read."""
    from store.archive.tables import Reading

    return Reading()
