"""Records: a table's text split into rows of cells, whatever its quotes do.

A quoted cell may hold delimiters and line breaks. A quote that nobody closes must not swallow the rows behind it: where
the line that would close it is a whole row itself, or a cell ends in the middle of one, it is a mere sign. A row whose
quotes are wrong is read in each way in which exports get them wrong, and the first that gives a whole row counts.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

MOST_LINES: Final = 500
"""A cell spans at most so many lines."""
_MOST_TRIES: Final = 10
"""Lines at which a cell with wrong quotes is tried to be closed."""
_LEAST_COLUMNS: Final = 3
"""Below it a line of a description can look like a whole row by chance."""
_NOT_CLOSED: Final = "unexpected end of data"
_ESCAPED: Final = '\\"'
_OPENING: Final = re.compile(r'\s*"')
_OPENING_OF_TABS: Final = re.compile(r'[^\S\t]*"')
_QUOTES: Final = re.compile(r'("++)[^\S\t]*+')
_WORD_IN_QUOTES: Final = re.compile(r"""[\s(\[]"\w[^"]*$""")


class TableRecord(NamedTuple):
    """One row: its first line's number, from 1; its cells; whether a quote in it was taken for a mere sign, or was
    escaped by a backslash; and whether a cell of it holds what looks like a row of its own."""

    line: int
    cells: list[str]
    loose_quote: bool = False
    holds_rows: bool = False


@dataclass(frozen=True, slots=True)
class RecordShape:
    """How records are told apart.

    Parameters
    ----------
    delimiter
        Between cells.
    width
        Cells of a whole row.
    with_digits
        Places of cells that have a digit in each row, such as its price.
    """

    delimiter: str
    width: int
    with_digits: tuple[int, ...] = ()

    def is_whole(self, line: str) -> bool:
        """Whether a line is a whole row, and no part of a cell: as many cells, the first of them such as an id."""
        cells = line.split(self.delimiter)
        return (
            self.width >= _LEAST_COLUMNS
            and len(cells) == self.width
            and len(cells[0].split()) == 1
            and all(any(sign.isdecimal() for sign in cells[place]) for place in self.with_digits)
        )


def split_records(lines: Sequence[str], shape: RecordShape, first_line: int = 1) -> Iterator[TableRecord]:
    """Split lines, without their ends, the first of which is number `first_line`; empty lines are passed over.

    >>> [record.cells for record in split_records(['1,"24 inch,x', '2,Cable,y'], RecordShape(",", 3))]
    [['1', '"24 inch', 'x'], ['2', 'Cable', 'y']]
    """
    index = 0
    while index < len(lines):
        line = lines[index]
        taken = 1
        if '"' in line:
            record, taken = _with_quotes(lines, index, shape, first_line + index)
            yield record
        elif line and not line.isspace():
            yield TableRecord(first_line + index, line.split(shape.delimiter))
        index += taken


def _with_quotes(lines: Sequence[str], index: int, shape: RecordShape, number: int) -> tuple[TableRecord, int]:
    """Give the record that begins with a line in which there are quotes, and how many lines it takes."""
    line, delimiter = lines[index], shape.delimiter
    cells, reason = _strictly(line, delimiter)
    escaped = None
    if _ESCAPED in line and (cells is None or len(cells) > shape.width):
        escaped = _escaped(line, shape)
    if escaped is not None or cells is not None:
        return TableRecord(number, escaped or cells or [], loose_quote=escaped is not None), 1
    if reason == _NOT_CLOSED:
        cells, taken, holds_rows = _spanning(lines, index, shape)
        if cells is not None:
            return TableRecord(number, cells, holds_rows=holds_rows), taken
    cells, taken = _tolerantly(line, shape), 1
    if cells is None and not shape.is_whole(line):
        cells, taken = _spanning_loosely(lines, index, shape)
    if cells is None:
        cells = _split_at_all(line, delimiter, shape.width)
    return TableRecord(number, cells, loose_quote=True), taken


def _strictly(text: str, delimiter: str) -> tuple[list[str] | None, str]:
    """Cells of one record whose quotes are right; None, and why, where they are not.

    What a spreadsheet was to take for text and no number, `="007"`, is that text.
    """
    spaced = ' "' in text and f'{delimiter} "' in text
    try:
        cells = next(csv.reader((text,), delimiter=delimiter, skipinitialspace=spaced, strict=True))
    except csv.Error as error:
        return None, str(error)
    if '="' in text:
        cells = [cell[2:-1] if cell.startswith('="') and cell.endswith('"') else cell for cell in cells]
    return cells, ""


def _spanning(lines: Sequence[str], index: int, shape: RecordShape) -> tuple[list[str] | None, int, bool]:
    """Cells of a record that goes on in the following lines, None where it does not; how many lines it takes; and
    whether one between its first and its last looks like a row."""
    held = 0
    for taken in range(2, min(MOST_LINES, len(lines) - index) + 1):
        following = lines[index + taken - 1]
        whole = shape.is_whole(following)
        if following.count('"') % 2:  # as many as close open again
            cells, reason = _strictly("\n".join(lines[index : index + taken]), shape.delimiter)
            if cells is not None:
                swallows = whole or (held and shape.is_whole(lines[index]))
                fits = len(cells) <= shape.width and not (held and len(cells) < shape.width)
                return (cells, taken, held > 0) if fits and not swallows else (None, 1, False)
            if reason != _NOT_CLOSED:
                break
        held += whole
    return None, 1, False


def _spanning_loosely(lines: Sequence[str], index: int, shape: RecordShape) -> tuple[list[str] | None, int]:
    """The same for a record whose quotes are wrong, up to the first line that looks like a row."""
    tries = _MOST_TRIES
    for taken in range(2, min(MOST_LINES, len(lines) - index) + 1):
        following = lines[index + taken - 1]
        if shape.is_whole(following):
            break
        if '"' in following and (tries := tries - 1) >= 0:
            text = "\n".join(lines[index : index + taken])
            cells = (_escaped(text, shape) if _ESCAPED in text else None) or _tolerantly(text, shape)
            if cells is not None:
                return cells, taken
    return None, 1


def _escaped(text: str, shape: RecordShape) -> list[str] | None:
    """Cells of a whole row whose quotes are escaped by a backslash; None where it is none."""
    try:
        reader = csv.reader([text], delimiter=shape.delimiter, escapechar="\\", doublequote=False, strict=True)
        cells = next(reader)
    except (csv.Error, StopIteration):
        return None
    return cells if len(cells) == shape.width else None


def _tolerantly(text: str, shape: RecordShape) -> list[str] | None:
    """Cells of a whole row in which a quote closes a cell only before a delimiter; None where it is none.

    Of several quotes there an even number is, rather than not, part of the text.
    """
    for even_closes in (False, True):
        cells = _cells_to_delimiters(text, shape.delimiter, even_closes=even_closes)
        if cells is not None and len(cells) == shape.width:
            return cells
    return None


class _Closing(NamedTuple):
    """Quotes before a delimiter or the end: how many stand together, where the last does, and what comes behind."""

    number: int
    last: int
    end: int


def _closings(text: str, at: int, delimiter: str) -> Iterator[_Closing]:
    """Give the quotes behind which nothing but space stands before a delimiter or the end; each is looked at once."""
    while (found := _QUOTES.search(text, at)) is not None:
        at = found.end()
        behind = found.end(1)
        if at == len(text) or text.startswith(delimiter, at):
            yield _Closing(behind - found.start(), behind - 1, at)


def _cells_to_delimiters(text: str, delimiter: str, *, even_closes: bool) -> list[str] | None:
    """Cells by quotes that stand at delimiters; None where one is not closed."""
    cells: list[str] = []
    opens = _OPENING_OF_TABS if delimiter == "\t" else _OPENING
    at = 0
    while True:
        opening = opens.match(text, at)
        if opening is None:
            end = text.find(delimiter, at)
            cells.append(text[at:] if end < 0 else text[at:end])
        else:
            closings = _closings(text, opening.end(), delimiter)
            found = next((closing for closing in closings if even_closes or closing.number % 2), None)
            if found is None:
                return None
            inner = text[opening.end() : found.last]
            # `"Foo" and "Bar"` are words in quotes, `"24" and 27" wide"` is a cell in quotes.
            in_words = inner.count('"') % 2 == 0 and _WORD_IN_QUOTES.search(inner) and '""' not in inner
            cells.append(f'"{inner}"' if in_words else inner.replace(_ESCAPED, '"').replace('""', '"'))
            end = found.end if found.end < len(text) else -1
        if end < 0:
            return cells
        at = end + len(delimiter)


def _split_at_all(line: str, delimiter: str, width: int) -> list[str]:
    """Cells of a line split at every delimiter; in a whole row without the quotes around them.

    Where other cells stand in quotes, a lone quote at the beginning or the end of one is left over from such.
    """
    cells = line.split(delimiter)
    quoted = [len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1] for cell in cells]
    if len(cells) != width or not any(quoted):
        return cells
    return [cell.strip('"') if quoted[place] or cell.count('"') == 1 else cell for place, cell in enumerate(cells)]
