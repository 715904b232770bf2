"""Archive: every event for good, as Parquet files by site and day, for reports and offline evaluation.

`<directory>/<site>/<day>/p<partition>-<first>-<last>.parquet` holds positions of one partition. A file appears whole or
not at all. After a crash, positions may be written again under another range: readers take each position once.
Compaction makes one file of a day's many; it begins with `c`.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.base.durations import DAY_S
from store.archive.tables import NOTHING_UNARCHIVED, Reading, Unarchived, rows_once

COMPACT_AT: Final = 12
"""Files of one day from which on they are made one."""
MAX_KEPT_ROWS: Final = 1_000_000
"""Rows of a site up to which its tables are kept from report to report; about 450 bytes each."""
_TEXTS = ("channel", "source", "medium", "campaign", "ad", "keyword", "search_engine", "referrer", "region", "device")
_ITEM = pa.struct(
    [(name, pa.string()) for name in ("item_id", "name", "brand", "category")]
    + [("price", pa.float64()), ("quantity", pa.int64())]
)
_PROMOTION = pa.struct([(name, pa.string()) for name in ("campaign", "creative", "slot")])
SCHEMA: Final = pa.schema(
    [
        ("log_partition", pa.int32()),
        ("position", pa.int64()),
        *((name, pa.string()) for name in ("event", "visitor_id", "sender_id", "user_id", "session_id", "event_id")),
        ("at_s", pa.float64()),
        ("accepted_at_s", pa.float64()),
        ("off_site", pa.bool_()),
        ("holdout", pa.bool_()),
        ("order_id", pa.string()),
        ("amount", pa.float64()),
        ("currency", pa.string()),
        *((name, pa.float64()) for name in ("cost", "rating", "nps", "csat")),
        ("decision_id", pa.string()),
        ("list", pa.string()),
        ("seen", pa.bool_()),
        ("bot", pa.bool_()),
        *((name, pa.string()) for name in ("experiment", "variant", "segment", "stage_from", "stage")),
        *((name, pa.string()) for name in _TEXTS),
        ("items", pa.list_(_ITEM)),
        ("promotions", pa.list_(_PROMOTION)),
        ("params", pa.string()),
    ]
)


class ArchiveUnavailableError(Exception):
    """The files changed under a reader time and again; try later."""


class Archive:
    """The files of all sites below one directory.

    Parameters
    ----------
    directory
        Made at the first write.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._reading = threading.Lock()
        self._kept: dict[str, Reading] = {}

    def write(self, site: str, partition: int, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store consecutive rows of one partition, in files by the day of each event; on return all are durable.

        Raises `OSError` when the disk does not take them; some files may then be written, and doing it again is safe.
        """
        first, last = rows[0]["position"], rows[-1]["position"]
        by_day: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            by_day.setdefault(day_of(row["at_s"]), []).append(row)
        for day, some in by_day.items():
            table = pa.Table.from_pylist(list(some), schema=SCHEMA)
            _put(table, self._directory / site / day / f"p{partition}-{first}-{last}.parquet")

    def files(self, site: str, until: date | None = None) -> dict[str, list[Path]]:
        """Give a site's files by day, oldest first, up to a day."""
        found: dict[str, list[Path]] = {}
        for directory in sorted((self._directory / site).glob("????-??-??")):
            files = sorted(directory.glob("[pc]*.parquet"))
            if files and (until is None or directory.name <= until.isoformat()):
                found[directory.name] = files
        return found

    def compact(self, site: str) -> int:
        """Make one file of each day that has `COMPACT_AT` or more; gives how many days that were."""
        count = 0
        for day, files in self.files(site).items():
            if len(files) >= COMPACT_AT:
                table = rows_once(files, SCHEMA).sort_by([("at_s", "ascending"), ("position", "ascending")])
                _put(table, self._directory / site / day / f"c{uuid4().hex}.parquet")
                for file in files:
                    file.unlink(missing_ok=True)
                count += 1
        return count

    def erase(self, site: str, visitor_id: str, position: int) -> None:
        """Drop a visitor's rows up to a log position from every file; on return they are gone from the disk."""
        for files in self.files(site).values():
            for file in files:
                if not pq.read_table(file, columns=["position"], filters=[("visitor_id", "==", visitor_id)]).num_rows:
                    continue
                table = pq.read_table(file, schema=SCHEMA)
                gone = pc.and_(
                    pc.equal(table["visitor_id"], visitor_id),
                    pc.less_equal(table["position"], position),
                )
                _put(table.filter(pc.invert(gone)), file)

    @contextmanager
    def reading(self, site: str, unarchived: Unarchived = NOTHING_UNARCHIVED) -> Iterator[Reading]:
        """Give tables that hold what reports ask of each row, once; one reader at a time.

        They are kept from call to call, up to `MAX_KEPT_ROWS`, and only days whose files have changed are read again.
        Raises `ArchiveUnavailableError` when files keep changing while they are read.
        """
        with self._reading:
            kept = self._kept.get(site)
            if kept is None:
                kept = self._kept[site] = Reading(SCHEMA)
            for _ in range(5):
                try:
                    kept.follow(self.files(site), unarchived)
                    break
                except (duckdb.IOException, FileNotFoundError):
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


def day_of(at_s: float) -> str:
    """Give the day (UTC) of a moment in epoch seconds.

    >>> day_of(1_700_000_000.0)
    '2023-11-14'
    """
    return datetime.fromtimestamp(at_s // DAY_S * DAY_S, UTC).date().isoformat()


def _put(table: pa.Table, path: Path) -> None:
    """Write a file under a temporary name, flush it, and rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with temporary.open("wb") as file:
            pq.write_table(table, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    for directory in (path.parent, path.parent.parent, path.parent.parent.parent):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
