"""Tables: the head is found below comments, the delimiter by what it makes of the head, broken rows are named."""

import pytest

from shopwindow.feeds.tables import read_table
from shopwindow.files import FileError

ROW = {"id": "r1", "title": "Rug", "price": "79.00 EUR"}


@pytest.mark.parametrize(
    "text",
    [
        "id,title,price\nr1,Rug,79.00 EUR\n",
        "id;title;price\r\nr1;Rug;79.00 EUR\r\n",
        "id\ttitle\tprice\rr1\tRug\t79.00 EUR",
        "id|title|price\nr1|Rug|79.00 EUR",
        'sep=;\n"ID";"Title";"Price"\nr1;Rug;79.00 EUR',
        "# Required | an id, unique,# Required | a title\nid,title,price\nr1,Rug,79.00 EUR\n",
        '"# Required | an id","# Optional | a price"\n\nid,title,price\n'
        "# Required | an id,# Required | a title,# Optional | p\nr1,Rug,79.00 EUR\n",
        " Id , g:title ,PRICE\nr1,Rug,79.00 EUR\n,,\n",
        "id,title,price\nr1,Rug,79.00 EUR,,\n",
    ],
)
def test_a_table_of_any_kind_gives_the_same_row(text: str) -> None:
    feed = read_table(text, "feed.csv")
    assert [row.fields for row in feed.rows] == [ROW]
    assert (feed.rejected, feed.warnings, feed.columns) == ([], [], ["id", "title", "price"])


def test_a_row_with_too_many_cells_is_named_by_its_line_and_costs_no_other() -> None:
    feed = read_table("id,title,price\nr1,Rug,1,234 USD\nr2,Mat,5 USD\nr3,Cut\n", "feed.csv")
    assert [(row.place, row.fields) for row in feed.rows] == [
        (3, {"id": "r2", "title": "Mat", "price": "5 USD"}),
        (4, {"id": "r3", "title": "Cut"}),
    ]
    [complaint] = feed.rejected
    assert (complaint.place, complaint.code, complaint.item_id) == (2, "row_broken", "r1")
    assert "has 4 cells where the head has 3" in complaint.message


def test_a_loose_quote_is_kept_and_said() -> None:
    feed = read_table('id\ttitle\tprice\nr1\t"27 inch\t9\nr2\tArm\t5\n', "feed.tsv")
    assert [row.fields["title"] for row in feed.rows] == ['"27 inch', "Arm"]
    assert [(complaint.place, complaint.code) for complaint in feed.warnings] == [(2, "quote_unmatched")]


@pytest.mark.parametrize(
    ("text", "id_column", "named"),
    [
        ("title,price\nRug,1\n", "", "no column id or item_id, but title, price"),
        ("", "", "no column id or item_id, but none"),
        ("id,title\n1,Rug\n", "EAN", "no column EAN, but id, title"),
    ],
)
def test_a_head_without_an_id_is_named(text: str, id_column: str, named: str) -> None:
    with pytest.raises(FileError, match=named):
        read_table(text, "feed.csv", id_column)


def test_an_id_never_keeps_a_quote_that_was_left_over() -> None:
    text = 'id,title,price\n"r1,"Rug",9\n"r2","Rug 6" long",8\n"r3,Mat,7\n'
    feed = read_table(text, "feed.csv")
    assert [(row.fields["id"], row.fields["title"]) for row in feed.rows] == [
        ("r1", "Rug"),
        ("r2", 'Rug 6" long'),
        ("r3", "Mat"),
    ]
    assert {complaint.code for complaint in feed.warnings} == {"quote_unmatched"}


def test_a_cell_that_holds_what_looks_like_a_row_is_said() -> None:
    text = 'id,title,description,price\nr1,Rug,"Sizes:\n36,37,38,39\nWool",9\nr2,Mat,"XS,S,M,L\nXS,S,M,L",8\n'
    feed = read_table(text, "feed.csv")
    assert [row.fields["id"] for row in feed.rows] == ["r1", "r2"]
    assert [(complaint.place, complaint.code) for complaint in feed.warnings] == [(2, "cell_holds_rows")]
