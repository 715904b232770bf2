"""Documents: XML as feeds have it, a little broken too, and JSON in each of its forms."""

from typing import Any

import pytest

from shopwindow.feeds.documents import read_json_feed, read_xml_feed
from shopwindow.files import FileError

HEAD = '<?xml version="1.0" encoding="ISO-8859-1"?><rss xmlns:g="http://base.google.com/ns/1.0"><channel>'


def fields_of(text: str) -> list[dict[str, Any]]:
    return [row.fields for row in read_xml_feed(text, "feed.xml").rows]


def test_googles_names_win_and_the_first_of_several_categories_is_kept() -> None:
    text = (
        f"{HEAD}<language>de-DE</language><item><title>Plain</title><g:title>Boot</g:title><g:ID>b1</g:ID>"
        "<g:product_type>A &gt; B</g:product_type><g:product_type>C</g:product_type><g:title></g:title></item>"
        "</channel></rss>"
    )
    feed = read_xml_feed(text, "feed.xml")
    assert [(row.place, row.fields) for row in feed.rows] == [
        (1, {"title": "Boot", "id": "b1", "product_type": "A > B"})
    ]
    assert feed.locale == "de-DE"


def test_products_are_found_under_several_names() -> None:
    atom = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><link href="/a"/></entry></feed>'
    assert fields_of(atom) == [{"id": "1", "link": "/a"}]
    offer = '<!DOCTYPE yml SYSTEM "shops.dtd"><yml><offer id="3" available="false"><name>x</name></offer></yml>'
    assert fields_of(offer) == [{"id": "3", "available": "false", "name": "x"}]
    assert fields_of('<products><product id="7"><name>x</name></product></products>') == [{"id": "7", "name": "x"}]


def test_signs_that_xml_does_not_allow_are_mended_and_said() -> None:
    feed = read_xml_feed(
        f"{HEAD}<item><g:id>1</g:id><g:title>Salt & pepper&nbsp;\x0b</g:title></item></channel></rss>", "f"
    )
    assert feed.rows[0].fields["title"] == "Salt & pepper&nbsp;"
    assert [complaint.code for complaint in feed.warnings] == ["xml_mended"]


@pytest.mark.parametrize("text", ["<rss><item>", '<!DOCTYPE x [<!ENTITY a "b">]><rss/>'])
def test_xml_that_is_none_is_named(text: str) -> None:
    with pytest.raises(FileError, match=r"feed\.xml (is not XML|declares entities of its own)"):
        read_xml_feed(text, "feed.xml")


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": 1, "imageLink": "/a"}]',
        '{"items": [{"id": 1, "imageLink": "/a"}]}',
        '{"products": [{"id": 1, "imageLink": "/a"}], "total": 1}',
        '{"id": 1, "imageLink": "/a"}',
        '{"id": 1,\n "imageLink": "/a"}',
    ],
)
def test_json_in_each_form_gives_the_same(text: str) -> None:
    assert [row.fields for row in read_json_feed(text, "feed.json").rows] == [{"id": 1, "image_link": "/a"}]


def test_json_lines_may_hold_each_character_and_what_is_no_object_has_no_fields() -> None:
    feed = read_json_feed('{"id": "a", "title": "one\u2028two"}\r\n\n7\n', "feed.jsonl")
    assert [row.fields for row in feed.rows] == [{"id": "a", "title": "one\u2028two"}, {}]


@pytest.mark.parametrize("text", ["[", '{"id": 1}\n{', '{"total": 1}', '"items"'])
def test_json_that_is_none_is_named(text: str) -> None:
    with pytest.raises(FileError, match=r"feed\.json (is not JSON|must hold an array of items)"):
        read_json_feed(text, "feed.json")
