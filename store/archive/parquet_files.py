"""Parquet files of the archive: read whole, written under a temporary name and renamed, and told apart from a disk
that is away."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from store.archive.directories import REFUSED_FOR_NOW, make_private, sync_path
from store.archive.schema import SCHEMA
from store.whole_file import replacing

_SEARCH_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": "1",
    "autoinstall_known_extensions": "false",
    "memory_limit": "256MB",
}
_REPEATED: Final = [
    name
    for name, kind in zip(SCHEMA.names, SCHEMA.types, strict=True)
    if pa.types.is_string(kind) and name not in ("visitor_id", "sender_id", "session_id", "event_id", "order_id")
]
"""Columns whose values come again and again: they are written as a dictionary and numbers. Of the others nearly each
row has its own, and a dictionary would be a second copy."""
_ALWAYS_THERE: Final = ("log_partition", "position", "event", "visitor_id", "at_s")


class UnreadableFileError(Exception):
    """A file is there and cannot be read: it is cut off, damaged, or none of ours."""


def read_file(file: Path) -> pa.Table:
    """Read a file's rows, checked against their checksums; columns that an old file lacks are null.

    Raises `UnreadableFileError`, `FileNotFoundError` where it has gone, and `OSError` of a disk that is away for now.
    """
    try:
        table = pq.read_table(file, schema=SCHEMA, page_checksum_verification=True)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in REFUSED_FOR_NOW:
            raise
        raise UnreadableFileError(f"{type(error).__name__}: {error}") from error
    except (pa.ArrowException, ValueError, TypeError, EOFError) as error:
        raise UnreadableFileError(f"{type(error).__name__}: {error}") from error
    missing = [name for name in _ALWAYS_THERE if table[name].null_count]
    if missing:
        raise UnreadableFileError(f"it has rows without {', '.join(missing)}")
    return table


def put_file(table: pa.Table, file: Path) -> None:
    """Write a file under a temporary name, flush it, and rename it; only its owner can read it.

    Visitors' ids stand in a Bloom filter: whose rows a file does not hold is known without reading them.
    """
    make_private(file.parent)
    with replacing(file) as written:
        pq.write_table(
            table,
            written,
            compression="zstd",
            use_dictionary=_REPEATED,
            write_page_checksum=True,
            bloom_filter_options={"visitor_id": {"ndv": max(1, _distinct(table)), "fpp": 0.01}},
        )
    sync_path(file.parent, above=2)  # the folder of a day, in that of a site, in the archive's


def rows_of(file: Path, visitor_ids: Collection[str]) -> list[dict[str, Any]]:
    """Give visitors' rows of a file; raises what `read_file` raises."""
    table = read_file(file)
    theirs = pc.is_in(table["visitor_id"], value_set=pa.array(sorted(visitor_ids), pa.string()))
    return [dict(row) for row in table.filter(theirs).to_pylist()]


def _distinct(table: pa.Table) -> int:
    return int(pc.count_distinct(table["visitor_id"]).as_py())


def files_with(files: Sequence[Path], visitor_ids: Collection[str]) -> tuple[list[Path], list[tuple[Path, Exception]]]:
    """Give the files that hold rows of any of the visitors; and those that cannot be read, each with why.

    Their Bloom filters say of most that they hold none, and those are not read. Files that have gone are passed over.
    """
    import duckdb  # most processes that write the archive search nothing

    if not files or not visitor_ids:
        return [], []
    visitors = {f"visitor_{number}": visitor_id for number, visitor_id in enumerate(sorted(visitor_ids))}
    named = ", ".join(f"${name}" for name in visitors)  # a list of constants: it is held against the Bloom filters
    statement = f"SELECT DISTINCT filename FROM read_parquet($files, filename = true) WHERE visitor_id IN ({named})"  # noqa: S608
    with duckdb.connect(":memory:", config=_SEARCH_CONFIG) as connection:

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
