"""Records: cells with delimiters and breaks in quotes, and quotes that nobody closes swallow no row."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwindow.feeds.records import MOST_LINES, RecordShape, split_records


def cells(text: str, delimiter: str, width: int) -> list[list[str]]:
    return [record.cells for record in split_records(text.split("\n"), RecordShape(delimiter, width))]


def test_quoted_cells_hold_delimiters_quotes_and_breaks() -> None:
    text = '1,"Lamp, ""tall""","first line\nsecond, with comma\n\nlast",9\n\n2,Rug,plain,5'
    found = list(split_records(text.split("\n"), RecordShape(",", 4), first_line=2))
    assert [record.cells for record in found] == [
        ["1", 'Lamp, "tall"', "first line\nsecond, with comma\n\nlast", "9"],
        ["2", "Rug", "plain", "5"],
    ]
    assert [(record.line, record.loose_quote) for record in found] == [(2, False), (7, False)]


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        (['s1\t"27 inch screen\t9', 's2\tArm 10"\t5', "s3\tFoot\t1"], ["s1", '"27 inch screen', "9"]),
        (['s1\t"27" screen"\t9', "s2\tArm\t5", "s3\tFoot\t1"], ["s1", '27" screen', "9"]),
        (['s1\t"27 inch\t9', 's2\t"Arm\t5', 's3\tFoot"\t1'], ["s1", '"27 inch', "9"]),
        (['s1\t"\t9', 's2\t"\t5', "s3\tFoot\t1"], ["s1", '"', "9"]),
    ],
)
def test_a_quote_that_is_not_closed_costs_no_other_row(lines: list[str], kept: list[str]) -> None:
    found = list(split_records(lines, RecordShape("\t", 3)))
    assert [record.line for record in found] == [1, 2, 3]
    assert (found[0].cells, found[0].loose_quote) == (kept, True)
    assert not found[2].loose_quote or "Foot" in found[2].cells[1]


def test_quotes_escaped_by_a_backslash_are_read() -> None:
    assert cells('1,"27\\" screen, black",9', ",", 3) == [["1", '27" screen, black', "9"]]


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ('"s1","Rack 19" wide","/s1",9', ["s1", 'Rack 19" wide', "/s1", "9"]),
        ('"s1","Rack 19" wide, black","/s1",9', ["s1", 'Rack 19" wide, black', "/s1", "9"]),
        ('s1,"Rack 19" wide, black",/s1,9', ["s1", 'Rack 19" wide, black', "/s1", "9"]),
        ('"s1","Rack of 19"","/s1","9"', ["s1", 'Rack of 19"', "/s1", "9"]),
        ('"s1","19"","/s1",9', ["s1", '19"', "/s1", "9"]),
        ('"s1","The \\"tall\\" one","/s1",9', ["s1", 'The "tall" one', "/s1", "9"]),
        ('"s1","Rack 19\\", 24\\"","/s1",9', ["s1", 'Rack 19", 24"', "/s1", "9"]),
        ('"s1","Rack 19 wide,"/s1",9', ["s1", "Rack 19 wide", "/s1", "9"]),
        ('s1,"Foo" and "Bar",/s1,9', ["s1", '"Foo" and "Bar"', "/s1", "9"]),
        ('s1, "Rack, wide", "/s1", 9', ["s1", "Rack, wide", "/s1", "9"]),
        ('="007",Rack,"=""/s1""",9', ["007", "Rack", "/s1", "9"]),
        ('"s1" , "Rack ""19"", wide" , "/s1" ,9', ["s1", 'Rack "19", wide', "/s1", "9"]),
    ],
)
def test_quotes_that_exports_write_wrong_give_the_cells_that_are_meant(line: str, read: list[str]) -> None:
    assert cells(f"{line}\ns2,Foot,/s2,1", ",", 4) == [read, ["s2", "Foot", "/s2", "1"]]


def test_a_loose_quote_in_a_cell_of_several_lines_costs_neither_its_row_nor_another() -> None:
    text = '"s1","Rack 19" wide,\nblack","9"\n"s2","The \\"tall\\"\none","5"\ns3,Foot,1'
    found = list(split_records(text.split("\n"), RecordShape(",", 3, (2,))))
    assert [record.cells for record in found] == [
        ["s1", 'Rack 19" wide,\nblack', "9"],
        ["s2", 'The "tall"\none', "5"],
        ["s3", "Foot", "1"],
    ]
    assert [record.loose_quote for record in found] == [True, True, False]


@pytest.mark.parametrize("width", [4, 5])
def test_a_cell_that_is_closed_may_hold_what_looks_like_rows(width: int) -> None:
    more = ["x"] * (width - 4)
    text = ",".join(['s1,Shirt,"Sizes:\nXS,S,M,L,XL\nXS,S,M,L\n\nCotton"', *more, "19.90"])
    found = list(split_records(f"{text}\ns2".split("\n"), RecordShape(",", width)))
    assert found[0].cells == ["s1", "Shirt", "Sizes:\nXS,S,M,L,XL\nXS,S,M,L\n\nCotton", *more, "19.90"]
    assert (found[0].loose_quote, found[0].holds_rows, found[1].cells) == (False, True, ["s2"])
    priced = RecordShape(",", width, (width - 1,))
    assert not next(split_records(text.split("\n"), priced)).holds_rows, "no row is without a digit in its price"


def test_rows_between_two_loose_quotes_are_rows() -> None:
    lines = ['s1,"19 inch,9', "s2,Arm,5", "s3,Foot,1", 's4,Rack 24", black,7']
    assert [record.cells[0] for record in split_records(lines, RecordShape(",", 3))] == ["s1", "s2", "s3", "s4"]


def test_a_line_that_can_be_split_in_no_way_is_given_as_it_is() -> None:
    [record] = split_records(['1,"a,b,c,9'], RecordShape(",", 3))
    assert (len(record.cells), record.loose_quote) == (5, True)


def test_a_cell_spans_so_many_lines_and_no_more() -> None:
    lines = ['1,"begins', *["goes on"] * MOST_LINES, 'ends",9']
    assert next(split_records(lines, RecordShape(",", 3))).loose_quote
    assert len(list(split_records(lines[:3] + lines[-1:], RecordShape(",", 3)))) == 1


@given(
    rows=st.lists(
        st.lists(st.text('ab ,;"\n', max_size=6), min_size=2, max_size=2).map(lambda row: ["id1", *row]), max_size=5
    )
)
def test_what_a_writer_of_csv_wrote_is_read_back(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    found = list(split_records(out.getvalue().split("\n"), RecordShape(",", 3)))
    assert [record.cells for record in found if not record.loose_quote] == rows or any(
        record.loose_quote for record in found
    ), "where a cell holds what looks like a whole row, that is said"
