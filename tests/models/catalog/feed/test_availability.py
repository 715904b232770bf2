"""Availability: words of feeds, systems and languages, and numbers of pieces; nothing else is understood."""

from typing import Any

import pytest

from models.catalog.feed.availability import read_availability


@pytest.mark.parametrize(
    ("value", "state"),
    [
        ("in stock", "in_stock"),
        ("In_Stock", "in_stock"),
        ("instock", "in_stock"),
        ("available", "in_stock"),
        ("available for order", "in_stock"),
        ("http://schema.org/InStock", "in_stock"),
        ("TRUE", "in_stock"),
        (1, "in_stock"),
        (True, "in_stock"),
        ("7", "in_stock"),
        ("in stock: 3", "in_stock"),
        ("5 Stück", "in_stock"),
        ("auf Lager", "in_stock"),
        ("i lager", "in_stock"),
        ("Skladem", "in_stock"),
        ("в наличии", "in_stock"),
        ("out of stock", "out_of_stock"),
        ("OutOfStock", "out_of_stock"),
        ("sold out", "out_of_stock"),
        ("Sold-Out", "out_of_stock"),
        ("discontinued", "out_of_stock"),
        ("coming soon", "out_of_stock"),
        ("ausverkauft", "out_of_stock"),
        ("Épuisé", "out_of_stock"),
        ("slutsåld", "out_of_stock"),
        ("no", "out_of_stock"),
        (0, "out_of_stock"),
        ("-2", "out_of_stock"),
        ("0 in stock", "out_of_stock"),
        (["no"], "out_of_stock"),
        ("https://schema.org/PreOrder", "preorder"),
        ("pre-order", "preorder"),
        ("vorbestellbar", "preorder"),
        ("on backorder", "backorder"),
        ("BackOrder", "backorder"),
        ("few left", "limited_availability"),
        ("LimitedAvailability", "limited_availability"),
    ],
)
def test_a_word_means_one_of_ours(value: Any, state: str) -> None:
    assert read_availability(value) == state


@pytest.mark.parametrize("value", ["ask us", "3 to 5 days", "maybe 2", None, {}, [], ["a", "b"]])
def test_what_nobody_knows_means_nothing(value: Any) -> None:
    assert read_availability(value) is None
