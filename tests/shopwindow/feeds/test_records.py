"""Records: cells with delimiters and breaks in quotes, and quotes that nobody closes swallow no row."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwindow.feeds.records import MOST_LINES, split_records


def cells(text: str, delimiter: str, width: int) -> list[list[str]]:
    return [record.cells for record in split_records(text.split("\n"), delimiter, width)]


def test_quoted_cells_hold_delimiters_quotes_and_breaks() -> None:
    text = '1,"Lamp, ""tall""","first line\nsecond, with comma\n\nlast",9\n\n2,Rug,plain,5'
    found = list(split_records(text.split("\n"), ",", 4, first_line=2))
    assert [record.cells for record in found] == [
        ["1", 'Lamp, "tall"', "first line\nsecond, with comma\n\nlast", "9"],
        ["2", "Rug", "plain", "5"],
    ]
    assert [(record.line, record.loose_quote) for record in found] == [(2, False), (7, False)]


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        (['s1\t"27 inch screen\t9', 's2\tArm 10"\t5', "s3\tFoot\t1"], ["s1", '"27 inch screen', "9"]),
        (['s1\t"27" screen"\t9', "s2\tArm\t5", "s3\tFoot\t1"], ["s1", '"27" screen"', "9"]),
        (['s1\t"27 inch\t9', 's2\t"Arm\t5', 's3\tFoot"\t1'], ["s1", '"27 inch', "9"]),
        (['s1\t"\t9', 's2\t"\t5', "s3\tFoot\t1"], ["s1", '"', "9"]),
    ],
)
def test_a_quote_that_is_not_closed_costs_no_other_row(lines: list[str], kept: list[str]) -> None:
    found = list(split_records(lines, "\t", 3))
    assert [record.line for record in found] == [1, 2, 3]
    assert (found[0].cells, found[0].loose_quote) == (kept, True)
    assert not found[2].loose_quote or "Foot" in found[2].cells[1]


def test_quotes_escaped_by_a_backslash_are_read() -> None:
    assert cells('1,"27\\" screen, black",9', ",", 3) == [["1", '27" screen, black', "9"]]


def test_a_line_that_can_be_split_in_no_way_is_given_as_it_is() -> None:
    [record] = split_records(['1,"a,b,c,9'], ",", 3)
    assert (len(record.cells), record.loose_quote) == (5, True)


def test_a_cell_spans_so_many_lines_and_no_more() -> None:
    lines = ['1,"begins', *["goes on"] * MOST_LINES, 'ends",9']
    assert next(split_records(lines, ",", 3)).loose_quote
    assert len(list(split_records(lines[:3] + lines[-1:], ",", 3))) == 1


@given(
    rows=st.lists(
        st.lists(st.text('ab ,;"\n', max_size=6), min_size=2, max_size=2).map(lambda row: ["id1", *row]), max_size=5
    )
)
def test_what_a_writer_of_csv_wrote_is_read_back(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    found = list(split_records(out.getvalue().split("\n"), ",", 3))
    assert [record.cells for record in found if not record.loose_quote] == rows or any(
        record.loose_quote for record in found
    ), "where a cell holds what looks like a whole row, that is said"
