"""Items: an odd field is left out, cut or guessed, and said; a product is lost only without an id or a price."""

import math
from typing import Any

import pytest

from models.base.errors import InvalidError
from models.catalog.feed.items import ItemReading, lacking, read_id, read_item
from models.catalog.feed.prices import PriceEvidence
from models.catalog.resources import CatalogItem


def read(**fields: Any) -> ItemReading:
    raw: dict[str, Any] = {"id": "a", "title": "Kettle", "price": "50.00 EUR", **fields}
    return read_item(raw, PriceEvidence.from_rows([raw]))


@pytest.mark.parametrize(
    ("fields", "code", "kept"),
    [
        ({"sale_price": "60 EUR"}, "sale_price_invalid", {"sale_price": None, "price": 50.0}),
        ({"sale_price": "0.00 EUR"}, "sale_price_invalid", {"sale_price": None}),
        ({"sale_price": "cheap"}, "sale_price_invalid", {"sale_price": None}),
        ({"sale_price": "40 USD"}, "sale_price_invalid", {"sale_price": None, "currency": "EUR"}),
        (
            {"sale_price": "40 EUR", "sale_price_effective_date": "soon"},
            "sale_price_effective_date_invalid",
            {"sale_price": None},
        ),
        ({"price": "", "sale_price": "40 EUR"}, "price_missing", {"price": 40.0, "sale_price": None}),
        ({"availability": "ask us"}, "availability_invalid", {"availability": "in_stock"}),
        ({"currency": "coins"}, "currency_invalid", {"currency": "EUR"}),
        ({"currency": "USD"}, "currency_differs", {"currency": "EUR"}),
        ({"price": "$5"}, "price_guessed", {"price": 5.0, "currency": "USD"}),
        ({"price": "2,345 EUR"}, "price_guessed", {"price": 2345.0}),
        ({"cost_of_goods_sold": "much"}, "cost_of_goods_sold_invalid", {"cost_of_goods_sold": None}),
        ({"link": "javascript:alert(1)"}, "link_invalid", {"link": ""}),
        ({"title": "x" * 501}, "title_cut", {"title": "x" * 500}),
        ({"description": "x" * 5_001}, "description_cut", {"description": "x" * 5_000}),
        ({"brand": ["x"]}, "brand_invalid", {"brand": ""}),
        ({"hidden": "perhaps"}, "hidden_invalid", {"hidden": False}),
        ({"adult": "perhaps"}, "adult_invalid", {"adult": False}),
        ({"expiration_date": "soon"}, "expiration_date_invalid", {"expires_at_s": math.inf}),
        ({"available_from": "soon"}, "available_from_invalid", {"available_from_s": 0.0}),
        ({"category": {"a": 1}}, "category_invalid", {"category": ()}),
        ({"custom_labels": [{}]}, "custom_labels_invalid", {"custom_labels": ()}),
        ({"google_product_category": "536"}, "category_number", {"category": ()}),
        ({"google_product_category": 536}, "category_number", {"category": ()}),
        ({"google_product_category": "536.0"}, "category_number", {"category": ()}),
        ({"google_product_category": 536.0}, "category_number", {"category": ()}),
        ({"category": "536,00"}, "category_number", {"category": ()}),
        ({"category": "536"}, "category_number", {"category": ()}),
        ({"id": "4.00638E+12"}, "item_id_rounded", {"item_id": "4.00638E+12"}),
    ],
)
def test_an_odd_field_costs_no_product_and_is_said(fields: dict[str, Any], code: str, kept: dict[str, Any]) -> None:
    reading = read(**fields)
    assert [remark.code for remark in reading.remarks] == [code]
    assert {name: getattr(reading.item, name) for name in kept} == kept
    assert 0 < len(reading.remarks[0].message) < 300


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"title": "Salt &amp;amp; pepper &#8211; set"}, {"title": "Salt & pepper – set"}),
        ({"product_type": "Gifts &amp; Sets>Mills &gt; Salt"}, {"category": ("Gifts & Sets", "Mills", "Salt")}),
        ({"link": "https://shop.example/?a=1&amp;b=2&copy=3"}, {"link": "https://shop.example/?a=1&b=2&copy=3"}),
        ({"image_link": ["/1.jpg", "/2.jpg"]}, {"image_link": "/1.jpg"}),
        ({"id": " sku 1 "}, {"item_id": "sku 1"}),
        ({"id": "a&amp;b"}, {"item_id": "a&amp;b"}),
        ({"availability": "preorder", "availability_date": "2098-01-01"}, {"available_from_s": 0.0}),
        ({"availability": "backorder", "availability_date": "soon"}, {"availability": "backorder"}),
        ({"availability_date": "2001-09-09T01:46:40Z"}, {"available_from_s": 1e9}),
        ({"adult": "yes", "item_group_id": 54}, {"adult": True, "item_group_id": "54"}),
        ({"is_bundle": 1, "hidden": "0"}, {"is_bundle": True, "hidden": False}),
        ({"google_product_category": "2271 - Apparel > Dresses"}, {"category": ("Apparel", "Dresses")}),
        ({"category": "3-D Printers"}, {"category": ("3-D Printers",)}),
        ({"product_type": "Own", "google_product_category": "536"}, {"category": ("Own",)}),
        ({"price": "50", "currency": "eur"}, {"currency": "EUR", "price": 50.0}),
        ({"price": "50", "currency": "€"}, {"currency": "EUR"}),
        (
            {"sale_price": "40 EUR", "sale_price_effective_date": "2001-09-09T01:46:40Z/2001-09-09T01:46:41Z"},
            {"sale_price": 40.0, "sale_starts_at_s": 1e9, "sale_ends_at_s": 1e9 + 1},
        ),
        ({"sale_price": "50 EUR"}, {"sale_price": 50.0}),
    ],
)
def test_what_feeds_really_write_is_read_without_a_word(fields: dict[str, Any], kept: dict[str, Any]) -> None:
    reading = read(**fields)
    assert reading.remarks == []
    assert {name: getattr(reading.item, name) for name in kept} == kept


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"id": ""}, "item_id_missing"),
        ({"id": "x" * 101}, "item_id_invalid"),
        ({"price": "cheap"}, "price_invalid"),
        ({"price": -1}, "price_invalid"),
    ],
)
def test_without_an_id_or_with_a_price_nobody_can_read_there_is_no_product(fields: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidError) as found:
        read(**fields)
    assert found.value.code == code


def test_what_an_item_lacks_is_said_in_words() -> None:
    assert lacking(read().item) == ""
    assert lacking(CatalogItem(item_id="a", price=0.0)) == "has no title"
    assert lacking(CatalogItem(item_id="a")) == "has no title and no price"


def test_an_id_is_read_whatever_else_is_wrong() -> None:
    raws: list[object] = [{"id": 7, "price": "x"}, {"item_id": " b"}, {}, [], {"id": ""}]
    assert [read_id(raw) for raw in raws] == ["7", "b", "", "", ""]
