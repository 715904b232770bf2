"""Archive tables: the archive's files as tables in memory, kept from report to report, read again by folder."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from models.events.names import ORDERED_EVENTS, UNDONE_EVENTS
from store.archive.file_names import may_overlap
from store.archive.order_queries import sql_names
from store.archive.schema import SCHEMA, table_of
from store.archive.unarchived import NOTHING_UNARCHIVED, Unarchived

_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": "1",
    "autoinstall_known_extensions": "false",
    "memory_limit": "1GB",  # beyond it tables go to a temporary directory
}
_FILES: Final = """(
    SELECT * REPLACE (coalesce(generation, 0) AS generation)
    FROM (SELECT * FROM read_parquet($files, filename = true, union_by_name = true) UNION ALL BY NAME FROM nothing)
)"""
"""Rows of files; columns that all of them lack are null."""
_ONCE: Final = f"""
SELECT * FROM {_FILES}
QUALIFY row_number() OVER (
    PARTITION BY log_partition, generation, position, hash(visitor_id, event, at_s, event_id, accepted_at_s)
    ORDER BY filename
) = 1
"""  # noqa: S608 - no value of others
_UNASKED: Final = "items, params, user_id, source, medium, ad, keyword, search_engine, referrer, region, device"
_ASKED: Final = f"""
* EXCLUDE ({_UNASKED}),
CASE WHEN order_id <> '' AND event IN ({sql_names(ORDERED_EVENTS | UNDONE_EVENTS)}) THEN list_transform(
    items, lambda item: {{'item_id': item.item_id, 'price': item.price, 'quantity': item.quantity}}
) END AS items
"""
"""Columns that reports read; items of orders alone."""
_EVERYTHING: Final = """
CREATE OR REPLACE VIEW everything AS
SELECT * FROM archived
WHERE NOT EXISTS (
    SELECT 1 FROM erased
    WHERE erased.visitor_id = archived.visitor_id AND erased.log_partition = archived.log_partition
    AND (erased.generation > archived.generation
         OR erased.generation = archived.generation AND erased.position >= archived.position)
)
UNION ALL
SELECT * FROM recent
WHERE NOT EXISTS (
    SELECT 1 FROM archived
    WHERE archived.log_partition = recent.log_partition AND archived.generation = recent.generation
    AND archived.position = recent.position AND archived.visitor_id = recent.visitor_id
    AND archived.event = recent.event AND archived.at_s = recent.at_s
    AND archived.event_id IS NOT DISTINCT FROM recent.event_id
    AND archived.accepted_at_s IS NOT DISTINCT FROM recent.accepted_at_s
)
"""


class Reading:
    """One site's tables: `archived` has each row of the files once, and the view `everything` also what is not archived
    yet. Whoever makes tables of them notes in `prepared` what for, and in `made` what came of it; both are forgotten
    once anything has changed. Columns that an old file lacks are null.
    """

    def __init__(self) -> None:
        self._files: dict[str, tuple[Any, ...]] = {}
        self._unarchived = NOTHING_UNARCHIVED
        self.prepared: object = None
        self.made: dict[object, Any] = {}
        self.unreadable: list[tuple[Path, Exception]] = []
        self._directory = tempfile.mkdtemp(prefix="shopwindow-tables-")
        self.connection = duckdb.connect(":memory:", config={**_CONFIG, "temp_directory": self._directory})
        self.connection.register("nothing", SCHEMA.empty_table())
        self.connection.execute(f"CREATE TABLE archived AS SELECT {_ASKED} FROM nothing")  # noqa: S608
        self.connection.execute("ALTER TABLE archived ADD COLUMN folder VARCHAR")
        self.connection.execute("CREATE TABLE recent AS SELECT * FROM archived")
        self.connection.execute(
            "CREATE TABLE erased (visitor_id VARCHAR, log_partition INTEGER, position BIGINT, generation INTEGER)"
        )
        self.connection.execute(_EVERYTHING)

    def follow(self, files: Mapping[str, Sequence[Path]], unarchived: Unarchived) -> None:
        """Take in folders whose files have changed, and what is not archived now; `unreadable` are files that cannot be
        read, each with why: they are left out.

        Raises `FileNotFoundError` where a file has gone meanwhile; doing it again is safe.
        """
        now = {folder: tuple((file.name, *_stamp(file)) for file in inside) for folder, inside in files.items()}
        changed = {folder for folder in now.keys() | self._files.keys() if now.get(folder) != self._files.get(folder)}
        self.unreadable = []
        if changed:
            self._forget()
            known = [folder for folder in changed if self._files.pop(folder, None) is not None]
            if known:
                self.connection.execute(
                    "DELETE FROM archived WHERE folder IN (SELECT unnest($folders))", {"folders": known}
                )
            self.unreadable = self._load_readable({folder: files[folder] for folder in sorted(changed & files.keys())})
            left_out = {file for file, _ in self.unreadable}
            for folder in changed & now.keys():
                kept = [file for file in files[folder] if file not in left_out]
                names = {file.name for file in kept}
                self._files[folder] = tuple(entry for entry in now[folder] if entry[0] in names)
        if unarchived != self._unarchived:
            self._forget()
            self._replace(unarchived)

    @property
    def rows(self) -> int:
        """How many rows are kept."""
        (count,) = self.connection.execute("SELECT count(*) FROM archived").fetchall()[0]
        return int(count)

    def _forget(self) -> None:
        self.prepared = None
        self.made.clear()

    @property
    def bytes(self) -> int:
        """Memory that the tables take."""
        [(size,)] = self.connection.execute("SELECT sum(memory_usage_bytes) FROM duckdb_memory()").fetchall()
        return int(size or 0)

    def _load_readable(self, files: Mapping[str, Sequence[Path]]) -> list[tuple[Path, Exception]]:
        """Load files; where they cannot be read together, those that can be read each on its own."""
        try:
            self._load(files)
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error:
            unreadable = [
                (file, error) for inside in files.values() for file in inside if (error := self._why_unreadable(file))
            ]
            left_out = {file for file, _ in unreadable}
            if not left_out:
                raise
            self._load({name: [file for file in inside if file not in left_out] for name, inside in files.items()})
            return unreadable
        return []

    def _why_unreadable(self, file: Path) -> Exception | None:
        """Read every column of a file that reports ask for; gives what was raised, None where nothing was."""
        try:
            self.connection.execute(
                f"SELECT sum(hash(row)) FROM (SELECT {_ASKED} FROM {_FILES}) AS row",  # noqa: S608
                {"files": [str(file)]},
            ).fetchall()
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            if not file.exists():
                raise FileNotFoundError(f"a file of the archive has gone: {error}") from error
            return error
        return None

    def _load(self, files: Mapping[str, Sequence[Path]]) -> None:
        """Folders without overlapping files are taken as they are, the others row by row once."""
        plain: dict[str, str] = {}
        doubtful: dict[str, str] = {}
        for folder, inside in files.items():
            (doubtful if may_overlap(inside) else plain).update({str(file): folder for file in inside})
        self.connection.begin()
        try:
            for folders, source in ((plain, f"SELECT * FROM {_FILES}"), (doubtful, _ONCE)):  # noqa: S608
                if folders:
                    self.connection.execute(
                        f"INSERT INTO archived BY NAME SELECT * EXCLUDE (filename) FROM (SELECT {_ASKED} "  # noqa: S608
                        f"FROM ({source}) JOIN (SELECT unnest($files) AS filename, unnest($folders) AS folder) "
                        "USING (filename))",
                        {"files": list(folders), "folders": list(folders.values())},
                    )
            self.connection.commit()
        except duckdb.Error as error:
            self.connection.rollback()
            gone = [file for inside in files.values() for file in inside if not file.exists()]
            if gone:
                raise FileNotFoundError(f"a file of the archive has gone: {error}") from error
            raise

    def _replace(self, unarchived: Unarchived) -> None:
        table = table_of(unarchived.rows)
        self.connection.register("waiting", table)
        self.connection.execute("DELETE FROM recent")
        self.connection.execute(f"INSERT INTO recent BY NAME SELECT {_ASKED} FROM waiting")  # noqa: S608
        self.connection.unregister("waiting")
        self.connection.execute("DELETE FROM erased")
        if unarchived.erased:
            self.connection.executemany(
                "INSERT INTO erased VALUES (?, ?, ?, ?)", [list(erased) for erased in unarchived.erased]
            )
        self._unarchived = unarchived

    def close(self) -> None:
        """Free the memory."""
        self.connection.close()
        shutil.rmtree(self._directory, ignore_errors=True)


def _stamp(file: Path) -> tuple[int, int, int]:
    status = file.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino
