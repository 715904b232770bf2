"""Currency parsing: codes in any letters, rates above 0, and what is wrong named with its value."""

from typing import Any

import pytest

from models.base.errors import InvalidError
from models.catalog.currency_parsing import parse_site_currency
from models.events.currency import NO_CURRENCY, SiteCurrency


@pytest.mark.parametrize(
    ("raw", "parsed"),
    [
        ({"base": "chf"}, SiteCurrency(base="CHF")),
        ({"base": "€", "rates": {"sek": 0.09, "EUR": 1}}, SiteCurrency(base="EUR", rates={"SEK": 0.09})),
        ({"base": "", "rates": {}}, NO_CURRENCY),
        ({"base": None, "rates": None}, NO_CURRENCY),
        ({}, NO_CURRENCY),
    ],
)
def test_a_base_and_its_rates_are_read(raw: dict[str, Any], parsed: SiteCurrency) -> None:
    assert parse_site_currency(raw) == parsed


@pytest.mark.parametrize(
    ("raw", "code", "named"),
    [
        ("EUR", "currency_invalid", "must be a JSON object, got 'EUR'"),
        ({"base": "EUR", "rate": {}}, "fields_unknown", "rate"),
        ({"base": "XXQ"}, "base_invalid", "base must name a currency by its ISO 4217 code, such as EUR, got 'XXQ'"),
        ({"base": "$"}, "base_invalid", "got '$'"),
        ({"base": 5}, "base_invalid", "got 5"),
        ({"rates": {"USD": 1.1}}, "base_missing", "base is required where rates are"),
        ({"base": "EUR", "rates": [1]}, "rates_invalid", "got [1]"),
        ({"base": "EUR", "rates": {"coins": 2}}, "rates_invalid", "got 'coins'"),
        ({"base": "EUR", "rates": {"USD": 0}}, "rates_invalid", "rates.USD must be a number above 0"),
        ({"base": "EUR", "rates": {"USD": -1}}, "rates_invalid", "rates.USD must be a number from 0"),
        ({"base": "EUR", "rates": {"USD": "much"}}, "rates_invalid", "got 'much'"),
        ({"base": "EUR", "rates": {"EUR": 1.2}}, "rates_invalid", "rates.EUR is the base's own, which is 1, got 1.2"),
    ],
)
def test_what_is_wrong_is_named_with_its_value(raw: Any, code: str, named: str) -> None:
    with pytest.raises(InvalidError) as refused:
        parse_site_currency(raw)
    assert named in refused.value.message
    assert refused.value.code == code or code == "fields_unknown"
