"""Archive writer: events to files, a folder's many files to one, and what is to be erased out of all of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from store.archive.archive import Archive
from store.archive.directories import changing, remove_leftovers
from store.archive.file_names import ASIDE, Stretch, beside, folder_ends_s, folder_of, name_of
from store.archive.parquet_files import UnreadableFileError, files_with, put_file, read_file
from store.archive.schema import SCHEMA, table_of
from store.archive.unarchived import Erased

COMPACT_AT: Final = 12
"""Files of one folder from which on they are made one."""
_SAME: Final = ("log_partition", "generation", "position", "visitor_id", "event", "at_s", "event_id", "accepted_at_s")
"""Rows that have these in common are one, written several times."""


class ErasedRows(NamedTuple):
    """What an erasure did to the files: how many there were, how many were written anew, how many rows went and of
    which visitor, and how many files lie set aside and could not be searched."""

    files: int
    files_changed: int
    rows: int
    rows_of: Mapping[str, int]
    files_unreadable: int


class ArchiveWriter(Archive):
    """The files of all sites below one directory, for whoever fills them."""

    def write(self, site: str, partition: int, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store consecutive rows of one partition, in files by the day of each event; on return all are durable.

        Raises `OSError` when the disk does not take them; some files may then be written, and doing it again is safe:
        what is written twice is read once, and no file is written over.
        """
        first, last = rows[0]["position"], rows[-1]["position"]
        apart: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
        for row in rows:
            folder = folder_of(row["at_s"], row["accepted_at_s"])
            apart.setdefault((folder, row["generation"]), []).append(row)
        for (folder, generation), together in apart.items():
            file = self._directory / site / folder / name_of(Stretch(partition, generation, first, last))
            put_file(table_of(together), beside(file) if file.exists() else file)

    def compact(self, site: str) -> int:
        """Make one file of each folder that has `COMPACT_AT` or more; gives how many folders that were.

        Files that cannot be read are set aside, and the rest goes on.
        """
        count = 0
        for folder, listed in self.files(site).items():
            if len(listed) < COMPACT_AT:
                continue
            with changing(self._directory):
                tables = {file: table for file in listed if (table := self.read_or_set_aside(site, file)) is not None}
                if len(tables) < 2:
                    continue
                table = rows_once(tables).sort_by([("at_s", "ascending"), ("position", "ascending")])
                put_file(table, self._directory / site / folder / f"c{uuid4().hex}.parquet")
                for file in tables:
                    file.unlink(missing_ok=True)
            count += 1
        return count

    def erase(self, site: str, visitor_id: str, position: int, generation: int = 0) -> None:
        """Drop a visitor's rows up to a log position, and those of older generations, from every file; on return they
        are gone from the disk."""
        self.erase_all(site, [Erased(visitor_id, 0, position, generation)])

    def erase_all(self, site: str, erased: Sequence[Erased]) -> ErasedRows:
        """Drop the rows of several visitors, each up to a log position, in one walk over the files."""
        rows_of: Counter[str] = Counter()
        changed = 0
        with changing(self._directory):
            listed = [file for files in self.files(site).values() for file in files]
            found, unreadable = files_with(listed, {visitor.visitor_id for visitor in erased})
            for file, error in unreadable:
                self.set_aside(site, file, error)
            for file in found:
                table = self.read_or_set_aside(site, file)
                if table is None:
                    continue
                gone = _gone(table, erased)
                names = table["visitor_id"].filter(gone).to_pylist()
                if names:
                    rows_of.update(names)
                    changed += 1
                    self._replace(file, table.filter(pc.invert(gone)))
        return ErasedRows(len(listed), changed, rows_of.total(), rows_of, len(self.aside(site)))

    def delete_before(self, site: str, before_s: float) -> int:
        """Delete what happened before a time (epoch seconds): whole folders that ended by then, and rows of a year's;
        gives how many files went or were written anew."""
        count = 0
        with changing(self._directory):
            for folder in self._folders(site):
                if folder_ends_s(folder.name) <= before_s:
                    for file in folder.iterdir():
                        file.unlink(missing_ok=True)
                        count += 1
                    folder.rmdir()
                elif len(folder.name) == 4 and _began_s(folder.name) < before_s:
                    for file in self.files(site).get(folder.name, ()):
                        table = self.read_or_set_aside(site, file)
                        if table is None:
                            continue
                        kept = table.filter(pc.greater_equal(table["at_s"], before_s))
                        if len(kept) < len(table):
                            self._replace(file, kept)
                            count += 1
        return count

    def aside(self, site: str) -> list[Path]:
        """Give the files of a site that are set aside."""
        return sorted(file for folder in self._folders(site) for file in folder.glob(f"*{ASIDE}"))

    def clean(self) -> None:
        """Remove what killed writers left, and let nobody else look into the archive."""
        if self._directory.exists():
            with suppress(PermissionError):  # another user's, who has seen to it or not
                self._directory.chmod(0o700)
            remove_leftovers(self._directory)

    def read_or_set_aside(self, site: str, file: Path) -> pa.Table | None:
        """Read a file; None where it has gone, or cannot be read, and is set aside."""
        try:
            return read_file(file)
        except FileNotFoundError:
            return None
        except UnreadableFileError as error:
            self.set_aside(site, file, error)
            return None

    def _replace(self, file: Path, kept: pa.Table) -> None:
        if len(kept):
            put_file(kept, file)
        else:
            file.unlink(missing_ok=True)


def rows_once(tables: Mapping[Path, pa.Table]) -> pa.Table:
    """Give rows of files that may hold some several times, each once: that of the first file by name."""
    whole = pa.concat_tables([tables[file] for file in sorted(tables)]).combine_chunks()
    place = whole.schema.get_field_index("generation")
    whole = whole.set_column(place, SCHEMA.field(place), pc.fill_null(whole["generation"], 0))
    numbered = whole.select(_SAME).append_column("row", pa.array(np.arange(len(whole))))
    first = numbered.group_by(_SAME).aggregate([("row", "min")])["row_min"].to_numpy()
    return whole.take(np.sort(first))


def _gone(table: pa.Table, erased: Sequence[Erased]) -> pa.Array:
    """Which rows are to go."""
    until: dict[str, tuple[int, int]] = {}
    for visitor in erased:
        place = visitor.generation, visitor.position
        until[visitor.visitor_id] = max(place, until.get(visitor.visitor_id, place))
    found = pc.index_in(table["visitor_id"], value_set=pa.array(list(until), pa.string()))
    known = pc.fill_null(found, -1).to_numpy()
    generation_until, position_until = np.array(list(until.values()), dtype=np.int64)[known].T  # -1: whatever, masked
    generations = pc.fill_null(table["generation"], 0).to_numpy()
    same = (generations == generation_until) & (table["position"].to_numpy() <= position_until)
    return pa.array((known >= 0) & ((generations < generation_until) | same))


def _began_s(year: str) -> float:
    return datetime(int(year), 1, 1, tzinfo=UTC).timestamp()
