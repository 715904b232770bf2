"""Searching: in which of the archive's files visitors have rows; their Bloom filters say of most that they have none,
and those are not read."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

import duckdb

_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": "1",
    "autoinstall_known_extensions": "false",
    "memory_limit": "256MB",
}


def files_with(files: Sequence[Path], visitor_ids: Collection[str]) -> tuple[list[Path], list[tuple[Path, Exception]]]:
    """Give the files that hold rows of any of the visitors; and those that cannot be read, each with why.

    Files that have gone are passed over.
    """
    if not files or not visitor_ids:
        return [], []
    visitors = {f"visitor_{number}": visitor_id for number, visitor_id in enumerate(sorted(visitor_ids))}
    named = ", ".join(f"${name}" for name in visitors)  # a list of constants: it is held against the Bloom filters
    statement = f"SELECT DISTINCT filename FROM read_parquet($files, filename = true) WHERE visitor_id IN ({named})"  # noqa: S608
    with duckdb.connect(":memory:", config=_CONFIG) as connection:

        def search(some: Sequence[Path]) -> list[Path]:
            found = connection.execute(statement, {"files": [str(file) for file in some], **visitors}).fetchall()
            return sorted(Path(name) for (name,) in found)

        try:
            return search(files), []
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error:
            found: list[Path] = []
            unreadable: list[tuple[Path, Exception]] = []
            for file in files:
                try:
                    found += search([file])
                except duckdb.OutOfMemoryException:
                    raise
                except duckdb.Error as error:
                    if file.exists():
                        unreadable.append((file, error))
            return found, unreadable
