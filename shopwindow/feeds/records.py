"""Records: a table's text split into rows of cells, whatever its quotes do.

A quoted cell may hold delimiters and line breaks. A quote that nobody closes must not swallow the rows behind it: where
the rows it would take in are whole rows themselves, or the cell ends in the middle of one, its line is split as if
quotes meant nothing.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

MOST_LINES: Final = 500
"""A cell spans at most so many lines."""
_LEAST_COLUMNS: Final = 3
"""Below it a line of a description can look like a whole row by chance."""
_NOT_CLOSED: Final = "unexpected end of data"


@dataclass(frozen=True, slots=True)
class TableRecord:
    """One row: its first line's number, from 1; its cells; and whether a quote in it was taken for a mere sign."""

    line: int
    cells: list[str]
    loose_quote: bool = False


def split_records(lines: Sequence[str], delimiter: str, width: int, first_line: int = 1) -> Iterator[TableRecord]:
    """Split lines, without their ends, into records; empty lines are passed over.

    Parameters
    ----------
    lines
        The lines, the first of which is number `first_line`.
    delimiter
        Between cells.
    width
        Cells of a whole row.

    >>> [record.cells for record in split_records(['1,"24 inch,x', '2,Cable,y'], ",", width=3)]
    [['1', '"24 inch', 'x'], ['2', 'Cable', 'y']]
    """
    index = 0
    while index < len(lines):
        line = lines[index]
        if not line.strip():
            index += 1
            continue
        cells, reason = _strictly(line, delimiter)
        taken = 1
        if cells is None and reason == _NOT_CLOSED:
            cells, taken = _spanning(lines, index, delimiter, width)
        loose = cells is None
        yield TableRecord(first_line + index, cells if cells is not None else _loosely(line, delimiter, width), loose)
        index += taken


def _strictly(text: str, delimiter: str) -> tuple[list[str] | None, str]:
    """Cells of one record whose quotes are right; None, and why, where they are not."""
    if '"' not in text:
        return text.split(delimiter), ""
    try:
        found = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        return None, str(error)
    return (found[0] if found else []), ""


def _spanning(lines: Sequence[str], index: int, delimiter: str, width: int) -> tuple[list[str] | None, int]:
    """Cells of a record that goes on in the following lines, and how many lines it takes; None where it does not."""
    text = lines[index]
    for taken in range(2, min(MOST_LINES, len(lines) - index) + 1):
        following = lines[index + taken - 1]
        text = f"{text}\n{following}"
        if _is_whole(following, delimiter, width):
            return None, 1
        if '"' in following:
            cells, reason = _strictly(text, delimiter)
            if cells is not None:
                return (cells, taken) if len(cells) <= width else (None, 1)
            if reason != _NOT_CLOSED:
                return None, 1
    return None, 1


def _is_whole(line: str, delimiter: str, width: int) -> bool:
    """Whether a line is a whole row, and no part of a cell: as many cells, the first of them such as an id."""
    cells = line.split(delimiter)
    return width >= _LEAST_COLUMNS and len(cells) == width and len(cells[0].split()) == 1


def _loosely(line: str, delimiter: str, width: int) -> list[str]:
    """Cells of a line whose quotes are wrong: the first way of reading it that gives a whole row."""
    plain = line.split(delimiter)
    if len(plain) == width:
        return plain
    for escaped in (True, False):
        try:
            reader = (
                csv.reader([line], delimiter=delimiter, escapechar="\\", doublequote=False, strict=True)
                if escaped
                else csv.reader([line], delimiter=delimiter)
            )
            cells = next(reader)
        except (csv.Error, StopIteration):
            continue
        if len(cells) == width:
            return cells
    return plain
