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
    assert (feed.unit, [row.place for row in feed.rows]) == ("line", [1, 3])
    assert [row.fields for row in feed.rows] == [{"id": "a", "title": "one\u2028two"}, {}]


@pytest.mark.parametrize("text", ["[", '[{"id": 1},\n{"id": 2', '{"total": 1}', '"items"', '{"items": [{"id": 1}'])
def test_json_that_is_none_is_named(text: str) -> None:
    with pytest.raises(FileError, match=r"feed\.json (is not JSON|must hold an array of items)"):
        read_json_feed(text, "feed.json")


@pytest.mark.parametrize(
    "broken", ['{"id": "b", "title": "cut o', '{"id": "b" "title": 5}', '{"title": 1, "itemId": "b", ]']
)
def test_a_broken_line_costs_no_other(broken: str) -> None:
    feed = read_json_feed(f'{{"id": "a"}}\n{broken}\n{{"id": "c", "price": 1,}}\n', "feed.jsonl")
    assert [row.fields["id"] for row in feed.rows] == ["a", "c"]
    assert [(complaint.place, complaint.code, complaint.item_id) for complaint in feed.rejected] == [
        (2, "row_broken", "b")
    ]
    first = read_json_feed(f'{broken}\n{{"id": "a"}}', "feed.jsonl")
    assert ([row.place for row in first.rows], [complaint.place for complaint in first.rejected]) == ([2], [1])


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": "a", "title": "Pot \\ud83d", "price": NaN, "gtin": 123456789012345678901}]',
        '{"items": [{"id": "a", "title": "Pot \\ud83d", "price": -Infinity, "gtin": 123456789012345678901,},]}',
        '{"id": "a", "title": "Pot \\ud83d", "price": 1e999, "gtin": 123456789012345678901}\n{"id": "b"}',
    ],
)
def test_what_json_does_not_have_is_mended_and_said(text: str) -> None:
    feed = read_json_feed(text, "feed.json")
    assert feed.rows[0].fields == {"id": "a", "title": "Pot \ufffd", "price": None, "gtin": "123456789012345678901"}
    said = [(complaint.place, complaint.code) for complaint in feed.warnings if complaint.place]
    assert said == [(1, "read_as"), (1, "dropped"), (1, "read_as")]


def test_a_whole_emoji_needs_no_word() -> None:
    feed = read_json_feed('[{"id": "a", "title": "Pot \\ud83d\\ude00"}]', "feed.json")
    assert (feed.rows[0].fields["title"], feed.warnings) == ("Pot \U0001f600", [])


@pytest.mark.parametrize("reference", ["&#x1F;", "&#11;", "&#0;", "&#xFFFE;", "&#xD83D;", "&#999999999;", "&#x110000;"])
def test_references_to_what_is_no_character_are_dropped(reference: str) -> None:
    feed = read_xml_feed(f"<rss><item><id>1</id><title>Pot{reference} &#252; &#x20AC;</title></item></rss>", "f")
    assert feed.rows[0].fields["title"] == "Pot ü €"
    assert [complaint.code for complaint in feed.warnings] == ["xml_mended"]


def test_a_character_written_as_two_halves_is_whole() -> None:
    assert fields_of("<rss><item><id>1</id><title>&#55357;&#56832;</title></item></rss>")[0]["title"] == "\U0001f600"


def test_the_link_is_the_product_s_page() -> None:
    links = ["<link href='/a'/>", "<link rel='self' href='/feed'/>", "<link rel='enclosure' href='/a.jpg'/>"]
    for order in (links, links[::-1], [links[0].replace("href", "rel='alternate' href"), *links[1:]]):
        assert fields_of(f"<feed><entry><id>1</id>{''.join(order)}</entry></feed>")[0]["link"] == "/a"


@pytest.mark.parametrize(
    ("element", "price"),
    [
        ("<price currency='EUR'>12</price>", "12 EUR"),
        ("<price unit='USD'> 12.50 </price>", "12.50 USD"),
        ("<price currencyCode='EUR'>12 SEK</price>", "12 SEK"),
        ("<price><value>12</value> <currency>EUR</currency></price>", "12 EUR"),
        ("<price type='net'>12</price>", "12"),
    ],
)
def test_a_currency_beside_a_price_belongs_to_it(element: str, price: str) -> None:
    assert fields_of(f"<rss><item><id>1</id>{element}</item></rss>")[0]["price"] == price


LAUGHS = '<!DOCTYPE a [<!ENTITY b "' + "x" * 1_000 + '"><!ENTITY c "&b;&b;&b;">]>'


@pytest.mark.parametrize(
    "before", ["", "<?xml version='1.0'?>", "\n" * 9_000, f"<!-- {'-' * 9_000}\u2013 -->", "<!-- <a> -->"]
)
def test_entities_of_its_own_are_refused_wherever_they_are_declared(before: str) -> None:
    with pytest.raises(FileError, match="entities of its own"):
        read_xml_feed(f"{before}{LAUGHS}<rss><item><id>&c;</id></item></rss>", "feed.xml")


def test_a_doctype_without_any_and_one_within_a_text_are_passed_over() -> None:
    text = '<?xml version="1.0"?>\n<!-- made <by> hand -->\n<!DOCTYPE rss SYSTEM "rss.dtd">\n'
    item = "<item><id>a</id><description><![CDATA[<!DOCTYPE html [ <p>x]]></description></item>"
    assert read_xml_feed(f"{text}<rss>{item}</rss>", "feed.xml").rows[0].fields["id"] == "a"


@pytest.mark.parametrize("tag", ["item", "a"])
def test_elements_in_elements_in_elements_are_refused(tag: str) -> None:
    with pytest.raises(FileError, match="nested deeper than 100"):
        read_xml_feed(f"<{tag}>" * 50_000 + f"</{tag}>" * 50_000, "feed.xml")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"items": ' + '[{"a": ' * 50_000, '{"a":' * 9_999 + "}" * 9_999])
def test_json_nested_without_end_is_no_feed(text: str) -> None:
    with pytest.raises(FileError):
        read_json_feed(text, "feed.json")
