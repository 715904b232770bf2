"""Feed: a file of any form gives the same rows, and what it is is told by what is in it."""

import gzip
import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from models.base.errors import InvalidError
from shopwindow.feeds.feed import FeedOptions, read_feed, read_feed_ids
from shopwindow.files import FileError

XML = """<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel><title>Shop</title>
<item><g:id>a</g:id><title>Plain</title><g:title>Boot</g:title><g:price>15.00 EUR</g:price>
<g:product_type>Shoes &gt; Boots</g:product_type><g:product_type>Other</g:product_type></item>
<item><g:id>b</g:id><link href="https://shop.example/b"/></item>
</channel></rss>"""
BOOT = {"id": "a", "title": "Boot", "price": "15.00 EUR", "product_type": "Shoes > Boots"}
FEEDS = {
    "feed.xml": XML,
    "feed.csv": '\ufeffID,Title,Price,Product Type\na,Boot,15.00 EUR,"Shoes > Boots"\nb,,,\n',
    "feed.tsv": "id\ttitle\tprice\tproduct_type\na\tBoot\t15.00 EUR\tShoes > Boots\nb\t\t\t\n",
    "feed.txt": "sku|name|price|categories\na|Boot|15.00 EUR|Shoes > Boots\nb|||\n",
    "feed.json": '[{"id": "a", "title": "Boot", "price": "15.00 EUR", "productType": "Shoes > Boots"}, {"id": "b"}]',
    "whole.json": '{"items": [{"id": "a", "title": "Boot", "price": "15.00 EUR", "product_type": "Shoes > Boots"},'
    ' {"id": "b"}]}',
    "feed.php": '{"id": "a", "title": "Boot", "price": "15.00 EUR", "product_type": "Shoes > Boots"}\n\n{"id": "b"}\n',
}


def written(tmp_path: Path, name: str, data: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize("name", FEEDS)
@pytest.mark.parametrize("packed", [False, True])
def test_a_feed_of_every_form_gives_the_same_rows(name: str, packed: bool, tmp_path: Path) -> None:
    data = FEEDS[name].encode()
    feed = read_feed(written(tmp_path, name, gzip.compress(data) if packed else data))
    first, second = (row.fields for row in feed.rows)
    assert first == BOOT
    assert second["id"] == "b"
    assert "title" not in second
    assert (feed.kind, feed.unread) == ("", [])


def test_standard_input_is_a_feed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(FEEDS["feed.csv"].encode())))
    assert read_feed(Path("-")).rows[0].fields == BOOT
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"<rss/>")))
    with pytest.raises(FileError, match="standard input has no items"):
        read_feed(Path("-"))


def test_what_a_person_knows_of_a_file_counts(tmp_path: Path) -> None:
    path = written(tmp_path, "feed.csv", "EAN,SKU,name,shoe size,price\n400,s1,Нож,40,5\n".encode("windows-1251"))
    options = FeedOptions("windows-1251", "EAN", "UAH", "uk-UA")
    feed = read_feed(path, options)
    assert feed.rows[0].fields == {
        "id": "400",
        "sku": "s1",
        "title": "Нож",
        "shoe_size": "40",
        "price": "5",
        "currency": "UAH",
    }
    assert (feed.unread, feed.locale) == (["sku", "shoe_size"], "uk-UA")
    with pytest.raises(FileError, match="--encoding"):
        read_feed(written(tmp_path, "other.csv", "id,title\n1,Ножницы кухонные\n".encode("windows-1251")))
    guessed = read_feed(written(tmp_path, "third.csv", "id,title\n1,Käse aus der Schweiz\n".encode("windows-1252")))
    assert [complaint.code for complaint in guessed.warnings] == ["encoding_guessed"]


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ("<rss/>", "no items"),
        ("[]", "no items"),
        ("id,title\n", "no items"),
        ("title,price\nBoot,1\n", "no column id or item_id, but title, price"),
        (b"%PDF-1.7 binary", "no column id or item_id"),
    ],
)
def test_a_bad_feed_is_named(data: str | bytes, named: str, tmp_path: Path) -> None:
    path = written(tmp_path, "feed", data)
    with pytest.raises(FileError) as found:
        read_feed(path)
    assert str(path) in str(found.value)
    assert named in str(found.value)
    with pytest.raises(FileError, match=r"nowhere\.csv cannot be read"):
        read_feed(tmp_path / "nowhere.csv")


def test_ids_are_read_from_feeds_and_from_lists(tmp_path: Path) -> None:
    assert read_feed_ids(written(tmp_path, "feed.csv", "id,price\n a ,x\nb,\n,5\na,1\n")) == ["a", "b"]
    assert read_feed_ids(written(tmp_path, "ids.txt", "a\n\nb 2\na\n")) == ["a", "b 2"]
    assert read_feed_ids(written(tmp_path, "one.csv", "id\na\nb\n")) == ["a", "b"]


MIXED = [
    ("j.json", '[{"id": "a", "title": "Boot", "price": 1}, {"id": "b", "name": "Shoe", "regularPrice": 2}]'),
    (
        "x.xml",
        "<rss><item><id>a</id><title>Boot</title><price>1</price></item>"
        "<item><id>b</id><title/><name>Shoe</name><regular_price>2</regular_price></item></rss>",
    ),
]


@pytest.mark.parametrize(("name", "data"), MIXED)
def test_products_of_several_shapes_are_each_read_by_their_own_names(name: str, data: str, tmp_path: Path) -> None:
    feed = read_feed(written(tmp_path, name, data))
    assert [(row.fields["title"], str(row.fields["price"])) for row in feed.rows] == [("Boot", "1"), ("Shoe", "2")]
    assert feed.unread == []


def test_a_misspelt_column_is_asked_about(tmp_path: Path) -> None:
    feed = read_feed(written(tmp_path, "f.csv", "id,title,price,availabilty,name\na,A,1,no,B\n"))
    [complaint] = feed.warnings
    assert complaint.code == "column_unknown"
    assert complaint.message.endswith("'availabilty' that nobody reads: did you mean 'availability'?")
    assert feed.unread == ["availabilty", "name"]


def test_a_misspelt_field_is_asked_about_whatever_other_products_have(tmp_path: Path) -> None:
    data = '[{"id": 1, "title": "A", "pirce": 5, "colr": "x", "color": "y"}, {"id": 2, "title": "B", "price": 6}]'
    feed = read_feed(written(tmp_path, "f.json", data))
    assert [complaint.message.partition(": ")[2] for complaint in feed.warnings] == ["did you mean 'price'?"]


@pytest.mark.parametrize(("option", "value"), [("currency", "coins"), ("locale", "xx-YY"), ("locale", "german")])
def test_options_that_say_nothing_are_named(option: str, value: str) -> None:
    with pytest.raises(InvalidError, match=repr(value)):
        FeedOptions(**{option: value})
