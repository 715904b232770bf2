"""Amounts: money and quantities of an event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.errors import InvalidError
from models.events.amounts import (
    ReadAmount,
    parse_amount,
    read_amount,
    read_currency_code,
    read_quantity,
    whole_if_it_is,
)
from models.events.intake.event_warnings import EventWarnings
from tests.models.events.raw import JSON


def test_an_amount_may_be_below_0_and_what_is_none_is_noted() -> None:
    warnings = EventWarnings()
    assert [read_amount(value, "price", warnings) for value in (None, -2, "3.50", "3,50 EUR", float("inf"), "x")] == [
        ReadAmount(None), ReadAmount(-2), ReadAmount(3.5), ReadAmount(3.5, "EUR"), ReadAmount(None), ReadAmount(None),
    ]  # fmt: skip
    assert [warning.message for warning in warnings.found] == [
        "price '3,50 EUR' was read as 3.5 EUR",
        "price inf is no amount, and was left out",
        "price 'x' is no amount, and was left out",
    ]


@given(JSON)
def test_a_quantity_is_always_one(value: object) -> None:
    assert abs(read_quantity(value, "quantity", EventWarnings())) <= 1_000_000


@given(st.lists(st.integers(1, 10**6), max_size=30))
def test_fractions_put_in_and_taken_out_leave_nothing(grams: list[int]) -> None:
    quantity: float = 0
    for gram in grams:
        quantity = whole_if_it_is(quantity + gram / 1000)
    for gram in grams:
        quantity = whole_if_it_is(quantity - gram / 1000)
    assert quantity == 0


def test_currency_codes() -> None:
    assert [read_currency_code(value, "currency", EventWarnings()) for value in ("gbp", "£", "", 7)] == [
        "GBP", "GBP", "", "",
    ]  # fmt: skip


@pytest.mark.parametrize("value", [-1, "1,5", None, True, "nan", 1e12])
def test_a_strict_amount_is_refused_by_name_and_value(value: object) -> None:
    with pytest.raises(InvalidError, match="price must be a number of 0 or more"):
        parse_amount(value, "price", "price_invalid")
    assert parse_amount("2.5", "price", "price_invalid") == 2.5
