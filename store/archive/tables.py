"""Archive tables: the archive's files as tables in memory, kept from report to report and brought up to date by day."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from models.events.names import ORDERED_EVENTS, UNDONE_EVENTS
from store.archive.order_queries import sql_names
from store.archive.schema import SCHEMA
from store.archive.unarchived import NOTHING_UNARCHIVED, Unarchived

_PART = re.compile(r"p(\d+)-(\d+)-(\d+)\.parquet")
_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": "1",
    "autoinstall_known_extensions": "false",
}
_ONCE: Final = """
SELECT * EXCLUDE (filename) FROM read_parquet($files, filename = true, union_by_name = true)
QUALIFY row_number() OVER (
    PARTITION BY log_partition, position, visitor_id, event, at_s ORDER BY filename
) = 1
"""
_ASKED: Final = f"""
* EXCLUDE (items, params, user_id, source, medium, ad, keyword, search_engine, referrer, region, device),
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
    AND erased.position >= archived.position
)
UNION ALL
SELECT * FROM recent
WHERE NOT EXISTS (
    SELECT 1 FROM archived
    WHERE archived.log_partition = recent.log_partition AND archived.position = recent.position
    AND archived.visitor_id = recent.visitor_id AND archived.event = recent.event AND archived.at_s = recent.at_s
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
        self.connection = duckdb.connect(":memory:", config=_CONFIG)
        self.connection.register("nothing", SCHEMA.empty_table())
        self.connection.execute(f"CREATE TABLE archived AS SELECT {_ASKED} FROM nothing")  # noqa: S608
        self.connection.execute("ALTER TABLE archived ADD COLUMN day VARCHAR")
        self.connection.execute("CREATE TABLE recent AS SELECT * FROM archived")
        self.connection.execute("CREATE TABLE erased (visitor_id VARCHAR, log_partition INTEGER, position BIGINT)")
        self.connection.execute(_EVERYTHING)

    def follow(self, files: Mapping[str, Sequence[Path]], unarchived: Unarchived) -> None:
        """Take in days whose files have changed, and what is not archived now.

        Raises `FileNotFoundError` where a file has gone meanwhile; doing it again is safe.
        """
        now = {day: tuple((file.name, *_stamp(file)) for file in of_day) for day, of_day in files.items()}
        changed = {day for day in now.keys() | self._files.keys() if now.get(day) != self._files.get(day)}
        if changed:
            self._forget()
            known = [day for day in changed if self._files.pop(day, None) is not None]
            if known:
                self.connection.execute("DELETE FROM archived WHERE day IN (SELECT unnest($days))", {"days": known})
            self._load({day: files[day] for day in sorted(changed & files.keys())})
            self._files.update({day: now[day] for day in changed & now.keys()})
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

    def _load(self, files: Mapping[str, Sequence[Path]]) -> None:
        """Days without overlapping files are taken as they are, the others row by row once."""
        plain: list[str] = []
        doubtful: list[str] = []
        for of_day in files.values():
            (doubtful if _overlap(of_day) else plain).extend(str(file) for file in of_day)
        day = "strftime(make_timestamp((at_s * 1000000)::BIGINT), '%Y-%m-%d') AS day"
        statements = (
            (plain, "SELECT * FROM read_parquet($files, union_by_name = true)"),
            (doubtful, _ONCE),
        )
        self.connection.begin()
        try:
            for names, source in statements:
                if names:
                    self.connection.execute(
                        f"INSERT INTO archived BY NAME SELECT {_ASKED}, {day} FROM ({source})",  # noqa: S608
                        {"files": names},
                    )
            self.connection.commit()
        except duckdb.IOException as error:
            self.connection.rollback()
            raise FileNotFoundError(f"a file of the archive has gone: {error}") from error
        except duckdb.Error:
            self.connection.rollback()
            raise

    def _replace(self, unarchived: Unarchived) -> None:
        table = pa.Table.from_pylist(list(unarchived.rows), schema=SCHEMA)
        self.connection.register("waiting", table)
        self.connection.execute("DELETE FROM recent")
        self.connection.execute(f"INSERT INTO recent BY NAME SELECT {_ASKED} FROM waiting")  # noqa: S608
        self.connection.unregister("waiting")
        self.connection.execute("DELETE FROM erased")
        if unarchived.erased:
            self.connection.executemany(
                "INSERT INTO erased VALUES (?, ?, ?)", [list(erased) for erased in unarchived.erased]
            )
        self._unarchived = unarchived

    def close(self) -> None:
        """Free the memory."""
        self.connection.close()


def _stamp(file: Path) -> tuple[int, int, int]:
    status = file.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _overlap(files: Sequence[Path]) -> bool:
    """Whether a position may stand in two of a day's files."""
    if len(files) == 1:
        return False
    ranges: list[tuple[int, int, int]] = []
    for file in files:
        found = _PART.fullmatch(file.name)
        if found is None:
            return True
        ranges.append((int(found[1]), int(found[2]), int(found[3])))
    ranges.sort()
    return any(before[0] == other[0] and other[1] <= before[2] for before, other in pairwise(ranges))
