"""An events file: one row an event, in order of time, read as arrays with the rules of the quality protocol.

Columns `ts,session_id,visitor_id,item_id,event_type,category,brand,price,quantity`, gzip; others are ignored. Rows
without an item are skipped; so is an event on the item its session saw last (a reload, or a view then a cart of it).
"""

import csv
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path
from typing import NamedTuple, TextIO, cast

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError


class Row(NamedTuple):
    """One event as the file tells it; an empty text or None is not known."""

    ts: float
    session_id: str
    visitor_id: str
    item_id: str
    event_type: str
    category: str
    brand: str
    price: float | None


@dataclass(frozen=True)
class Events:
    """The kept events of one file. `item` and `session` number ids in order of first sight, shape `(len(rows),)`."""

    name: str
    rows: list[Row]
    item: NDArray[np.int64]
    session: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)


def read_events(path: Path) -> Events:
    """Read a file, .csv or .csv.gz; raises `InputError` naming the file, the column, the line and the value."""
    with told(path), text_of(path) as lines:
        table = csv.DictReader(lines)
        missing = {"ts", "session_id", "item_id"} - set(table.fieldnames or ())
        if missing:
            raise InputError(f"{path.name} has no column {', '.join(sorted(missing))}")
        rows = [_row(path.name, table.line_num, line) for line in table]
    rows.sort(key=lambda row: row.ts)
    name = path.parent.name if path.name == "events.csv.gz" else path.name.removesuffix(".gz").removesuffix(".csv")
    return keep_steps(name, rows)


def text_of(path: Path) -> TextIO:
    """Open a text file, gzip or not by its name's end."""
    if path.suffix == ".gz":
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8", newline=""))
    return path.open(encoding="utf-8", newline="")


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what the system says of a file into an `InputError`."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error


def number_in(name: str, number: int, line: dict[str, str], column: str) -> float:
    """Read a finite number of a line; raises `InputError`."""
    try:
        value = float(line[column])
    except ValueError:
        value = nan
    if not isfinite(value):
        raise InputError(f"{name} line {number}: {column} must be a number, got {line[column]!r}")
    return value


def _row(name: str, number: int, line: dict[str, str]) -> Row:
    return Row(
        ts=number_in(name, number, line, "ts"),
        session_id=line["session_id"],
        visitor_id=line.get("visitor_id") or "",
        item_id=line["item_id"],
        event_type=line.get("event_type") or "view",
        category=line.get("category") or "",
        brand=line.get("brand") or "",
        price=number_in(name, number, line, "price") if line.get("price") else None,
    )


def keep_steps(name: str, rows: list[Row]) -> Events:
    """Drop rows without an item and repeats of a session's last item; number what is left."""
    last: dict[str, str] = {}
    kept: list[Row] = []
    for row in rows:
        if row.item_id and last.get(row.session_id) != row.item_id:
            last[row.session_id] = row.item_id
            kept.append(row)
    items: dict[str, int] = {}
    sessions: dict[str, int] = {}
    item = np.array([items.setdefault(row.item_id, len(items)) for row in kept], dtype=np.int64)
    session = np.array([sessions.setdefault(row.session_id, len(sessions)) for row in kept], dtype=np.int64)
    return Events(name, kept, item, session)
