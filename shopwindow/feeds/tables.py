"""Tables: CSV, TSV and their kin: which line is the head, what stands between cells, and which rows are none."""

import re
from typing import Final

from models.catalog.feed.columns import has_id, plain_name, rename
from shopwindow.feeds.records import RecordShape, split_records
from shopwindow.feeds.rows import Complaint, Feed, FeedRow
from shopwindow.files import FileError

DELIMITERS: Final = "\t,;|"
_HEAD_WITHIN: Final = 20
_SEPARATOR_LINE: Final = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)
_EXPLAINED: Final = re.compile(r"#\s*(?:required|optional)|#\s", re.IGNORECASE)
_LINE_ENDS: Final = re.compile(r"\r\n|\r|\n")


def read_table(text: str, name: str, id_column: str = "") -> Feed:
    """Read a table's text; gives its rows by the columns' plain names.

    Lines above the head that are comments, as in Meta's template, are passed over, and so are rows that explain the
    columns. Raises `FileError` where no line names a column that holds an id.
    """
    lines = _LINE_ENDS.split(text)
    start, delimiter, head = _find_head(lines, name, id_column)
    names = [plain_name(cell) for cell in head]
    feed = Feed("line", [], [column for column in names if column])
    ours = rename(names, id_column)
    id_place = next((place for place, column in enumerate(names) if ours.get(column) in ("id", "item_id")), 0)
    shape = RecordShape(
        delimiter, len(names), tuple(at for at, column in enumerate(names) if ours.get(column) == "price")
    )
    for record in split_records(lines[start + 1 :], shape, start + 2):
        cells = record.cells
        if not any(cell.strip() for cell in cells):
            continue
        if _EXPLAINED.match(cells[0]) and sum(bool(_EXPLAINED.match(cell)) for cell in cells) > 1:
            continue
        extra = [cell for cell in cells[len(names) :] if cell.strip()]
        if extra or (len(cells) < len(names) and record.loose_quote):
            message = f"has {len(cells)} cells where the head has {len(names)}: a quote or a delimiter is wrong in it"
            item_id = cells[id_place].strip(' "') if id_place < len(cells) else ""
            feed.rejected.append(Complaint(record.line, "row_broken", message, item_id))
            continue
        if record.loose_quote:
            message = "has a quote that is not closed, or not doubled: its cells are told by their number"
            feed.warnings.append(Complaint(record.line, "quote_unmatched", message))
        if record.holds_rows:
            message = "has a cell in quotes with lines that look like rows: taken as one text"
            feed.warnings.append(Complaint(record.line, "cell_holds_rows", message))
        pairs = zip(names, cells, strict=False)
        fields = {column: cell for column, cell in pairs if column and cell.strip()}
        if record.loose_quote:
            fields |= {column: fields[column].strip(' "') for column in fields if ours.get(column) in ("id", "item_id")}
        feed.rows.append(FeedRow(record.line, fields))
    return feed


def _find_head(lines: list[str], name: str, id_column: str) -> tuple[int, str, list[str]]:
    """Give the head's index, the delimiter, and its cells."""
    wanted = plain_name(id_column)
    first: list[str] = []
    for index, line in enumerate(lines[:_HEAD_WITHIN]):
        if not line.strip():
            continue
        separator = _SEPARATOR_LINE.fullmatch(line)
        if separator is not None and not first:
            continue
        cells, delimiter = _cells_of_head(line)
        names = [plain_name(cell) for cell in cells]
        first = first or names
        if (wanted in names) if wanted else has_id(names):
            return index, delimiter, cells
        if not line.lstrip("\ufeff \"'").startswith("#"):
            break
    missing = id_column or "id or item_id"
    raise FileError(f"{name} has no column {missing}, but {', '.join(filter(None, first)) or 'none'}")


def _cells_of_head(line: str) -> tuple[list[str], str]:
    """Cells of a head by the delimiter that makes the most of it; the first of `DELIMITERS` where several do."""
    found = {sign: next(split_records([line], RecordShape(sign, line.count(sign) + 1))).cells for sign in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda sign: (has_id(map(plain_name, found[sign])), len(found[sign])))
    return found[delimiter], delimiter
