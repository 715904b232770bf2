"""Currencies: each sign means what it says, and one that several have is left to who knows more."""

import pytest

from models.base.currencies import currencies_of, is_currency_code, parse_currency_code
from models.base.errors import InvalidError


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("sek", ("SEK",)),
        ("S/.", ("PEN",)),
        ("zł", ("PLN",)),
        ("HK $", ("HKD",)),
        ("￥", ("JPY", "CNY")),
        ("₨", ("INR", "PKR", "LKR", "NPR")),
        ("CFA", ("XOF", "XAF")),
        ("$ MXN", ("MXN",)),
        ("$ EUR", ()),
        ("EUR pcs", ()),
        ("", ()),
        ("per kg", ()),
    ],
)
def test_codes_signs_and_words_mean_currencies(text: str, codes: tuple[str, ...]) -> None:
    assert currencies_of(text) == codes


def test_a_code_is_one_in_any_letters() -> None:
    assert [is_currency_code(text) for text in ("eur", "USD", "EU", "XXX", "")] == [True, True, False, False, False]


@pytest.mark.parametrize("value", ["$", "coins", "EU", 5, None])
def test_a_currency_that_is_none_or_several_is_named(value: object) -> None:
    with pytest.raises(InvalidError, match="base must name a currency by its ISO 4217 code"):
        parse_currency_code(value, "base")
    assert parse_currency_code("€") == "EUR"
