"""Items: a line that can be read is kept, whatever is odd about the rest of it."""

from typing import Any

import pytest
from hypothesis import given

from models.events.events import EventItem
from models.events.intake.event_warnings import EventWarning, EventWarnings
from models.events.intake.item_parsing import MAX_EVENT_ITEMS, MAX_TEXT, ReadItems, read_items
from tests.models.events.raw import JSON


def read_lines(name: str, raw: Any) -> tuple[ReadItems, list[EventWarning]]:
    warnings = EventWarnings()
    return read_items(raw, name, "", warnings), warnings.found


@pytest.mark.parametrize(
    ("name", "raw", "kept", "codes"),
    [
        ("purchase", {"item_id": "a", "price": "8,731.06"}, {"price": 8731.06}, ["read_as"]),
        ("purchase", {"item_id": "a", "price": ""}, {"price": None}, ["dropped"]),
        ("purchase", {"item_id": "a", "price": {"value": 3}}, {"price": None}, ["dropped"]),
        ("purchase", {"item_id": "a", "price": 3, "quantity": None}, {"price": 3, "quantity": 1}, ["read_as"]),
        ("purchase", {"item_id": "a", "quantity": "2"}, {"quantity": 2}, []),
        ("purchase", {"item_id": "a", "quantity": 2.0}, {"quantity": 2}, []),
        ("purchase", {"item_id": "a", "quantity": 0.75}, {"quantity": 0.75}, []),
        ("purchase", {"item_id": "a", "quantity": "0,75"}, {"quantity": 0.75}, ["read_as"]),
        ("purchase", {"item_id": "a", "quantity": "some"}, {"quantity": 1}, ["read_as"]),
        ("purchase", {"item_id": "a", "quantity": 1e9}, {"quantity": 1}, ["read_as"]),
        ("refund", {"item_id": "a", "price": 5, "quantity": -2}, {"price": 5, "quantity": 2}, ["read_as"]),
        ("view_item", {"item_id": "a", "quantity": 0}, {"quantity": 1}, ["read_as"]),
        ("view_item", {"item_id": "a", "price": -4}, {"price": None}, ["dropped"]),
        ("view_item", {"item_id": 41}, {"item_id": "41"}, []),
        ("view_item", {"item_id": 41.0}, {"item_id": "41"}, []),
        ("view_item", {"item_id": " a "}, {"item_id": "a"}, ["read_as"]),
        ("view_item", {"item_id": "", "item_name": "Oak"}, {"item_id": "Oak", "name": "Oak"}, []),
        ("view_item", {"item_id": "a", "item_name": "n" * 501}, {"name": "n" * MAX_TEXT}, ["shortened"]),
        ("view_item", {"item_id": "a", "item_brand": ["x"]}, {"brand": ""}, ["dropped"]),
        ("view_item", {"item_id": "a", "item_category": ["Home", "Desk"]}, {"category": ("Home", "Desk")}, []),
        ("view_item", {"item_id": "a", "item_category": "Home", "item_category3": "Desk"},
         {"category": ("Home", "Desk")}, []),
        ("view_item", {"item_id": "a", "item_variant": 38, "index": 2}, {"variant": "38", "index": 2}, []),
        ("view_item", {"item_id": "a", "discount": "1,50"}, {"discount": 1.5, "index": None}, ["read_as"]),
    ],
)  # fmt: skip
def test_what_is_odd_about_a_line_does_not_cost_it(
    name: str, raw: dict[str, Any], kept: dict[str, Any], codes: list[str]
) -> None:
    read, found = read_lines(name, [raw])
    (item,) = read.items
    assert {field: getattr(item, field) for field in kept} == kept
    assert [warning.code for warning in found] == codes


@pytest.mark.parametrize(
    ("name", "raw", "left_out"),
    [
        ("purchase", {"item_id": "gift", "price": 0, "quantity": 0}, None),
        ("purchase", {"item_id": "voucher", "price": -4}, -4),
        ("purchase", {"item_id": "back", "price": 4, "quantity": -2}, -8),
        ("purchase", {"price": 6}, 6),
        ("purchase", {"item_id": "x" * 151, "price": 6}, 6),
        ("purchase", {"item_id": ["a"], "price": 6}, 6),
        ("purchase", "a", None),
        ("add_to_cart", {"item_id": "a", "quantity": 0}, None),
    ],
)
def test_a_line_that_is_no_product_is_left_out_alone(name: str, raw: Any, left_out: float | None) -> None:
    read, found = read_lines(name, [raw, {"item_id": "kept"}])
    assert [item.item_id for item in read.items] == ["kept"]
    assert read.left_out == left_out
    assert found[-1].code == "dropped"
    assert found[-1].field.startswith("items[0]")


def test_one_item_that_is_no_list_is_one_and_too_many_are_cut() -> None:
    read, found = read_lines("view_item", {"item_id": "a"})
    assert (read.items, [warning.code for warning in found]) == ((EventItem(item_id="a"),), ["read_as"])
    read, found = read_lines(
        "purchase", [{"item_id": f"p{number}", "price": 2} for number in range(MAX_EVENT_ITEMS + 3)]
    )
    assert (len(read.items), read.left_out) == (MAX_EVENT_ITEMS, 6)
    assert [warning.code for warning in found] == ["shortened"]


@given(raw=JSON)
def test_any_json_is_read(raw: object) -> None:
    for item in read_lines("purchase", [raw, raw])[0].items:
        assert item.item_id
        assert item.quantity > 0
        assert item.price is None or item.price >= 0


@pytest.mark.parametrize(
    ("events", "lines", "main", "others"),
    [
        ("", [{"price": 5, "currency": "SEK"}, {"price": 6, "currency": "sek"}, {"price": 7}], "SEK", ["", "", ""]),
        ("", [{"price": 5}, {"price": "6 USD"}, {"price": "4,50 EUR"}], "USD", ["", "", "EUR"]),
        ("", [{"price": "6 USD"}, {"price": 4, "currency": "EUR"}, {"currency": "EUR"}], "USD", ["", "EUR", ""]),
        ("CHF", [{"price": 5, "currency": "EUR"}, {"price": "6 USD"}, {"price": "7 CHF"}], "CHF", ["", "USD", ""]),
    ],
)
def test_a_price_in_another_currency_than_the_events_says_so(
    events: str, lines: list[dict[str, Any]], main: str, others: list[str]
) -> None:
    read = read_items([{"item_id": "a", **line} for line in lines], "purchase", events, EventWarnings())
    assert read.currency == main
    assert [item.currency for item in read.items] == others
