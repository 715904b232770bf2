"""Archive writer: events to files, a day's many files to one, and what is to be erased out of all of them."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.base.durations import DAY_S
from store.archive.archive import Archive
from store.archive.schema import SCHEMA

COMPACT_AT: Final = 12
"""Files of one day from which on they are made one."""
_SAME: Final = ("log_partition", "position", "visitor_id", "event", "at_s")
"""Rows that have these in common are one, written several times."""


class ArchiveWriter(Archive):
    """The files of all sites below one directory, for whoever fills them."""

    def write(self, site: str, partition: int, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store consecutive rows of one partition, in files by the day of each event; on return all are durable.

        Raises `OSError` when the disk does not take them; some files may then be written, and doing it again is safe.
        """
        first, last = rows[0]["position"], rows[-1]["position"]
        by_day: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            by_day.setdefault(day_of(row["at_s"]), []).append(row)
        for day, of_day in by_day.items():
            table = pa.Table.from_pylist(of_day, schema=SCHEMA)
            _put(table, self._directory / site / day / f"p{partition}-{first}-{last}.parquet")

    def compact(self, site: str) -> int:
        """Make one file of each day that has `COMPACT_AT` or more; gives how many days that were."""
        count = 0
        for day, files in self.files(site).items():
            if len(files) >= COMPACT_AT:
                table = _rows_once(files).sort_by([("at_s", "ascending"), ("position", "ascending")])
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


def day_of(at_s: float) -> str:
    """Give the day (UTC) of a moment in epoch seconds.

    >>> day_of(1_700_000_000.0)
    '2023-11-14'
    """
    return datetime.fromtimestamp(at_s // DAY_S * DAY_S, UTC).date().isoformat()


def _rows_once(files: Sequence[Path]) -> pa.Table:
    """Read files that may hold rows several times, each once: that of the first file by name."""
    whole = pa.concat_tables([pq.read_table(file, schema=SCHEMA) for file in sorted(files)]).combine_chunks()
    numbered = whole.select(_SAME).append_column("row", pa.array(np.arange(len(whole))))
    first = numbered.group_by(_SAME).aggregate([("row", "min")])["row_min"].to_numpy()
    return whole.take(np.sort(first))


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
