"""Prices: each way of writing one gives its amount, and what could be read in two ways is never read in silence."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.errors import InvalidError
from models.catalog.feed.prices import Price, PriceEvidence, lacks_currency, read_price
from tests.models.base.written_amounts import WRITTEN_AMOUNTS

NOTHING = PriceEvidence()


def evidence_of(*prices: str, locale: str = "") -> PriceEvidence:
    return PriceEvidence.from_rows([{"price": price} for price in prices], locale)


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("2,499.00 USD", 2499.0, "USD"),
        ("2.499,00 EUR", 2499.0, "EUR"),
        ("4'321.50 CHF", 4321.5, "CHF"),
        ("CHF 4’321.50", 4321.5, "CHF"),
        ("€ 24,90", 24.9, "EUR"),
        ("24,90\u00a0€", 24.9, "EUR"),
        ("1\u202f299,50 EUR", 1299.5, "EUR"),
        ("7,50,000.00 INR", 750_000.0, "INR"),
        ("12,34,567", 1_234_567.0, ""),
        ("1.234.567 IDR", 1_234_567.0, "IDR"),
        ("١٬٢٣٤٫٥٠ SAR", 1234.5, "SAR"),
        ("۹۹٫۵", 99.5, ""),
        ("２９．９０ EUR", 29.9, "EUR"),
        ("29,- €", 29.0, "EUR"),
        ("29.– CHF", 29.0, "CHF"),
        ("£.75", 0.75, "GBP"),
        ("0.125 USD", 0.125, "USD"),
        ("34.0000", 34.0, ""),
        ("1299.500", 1299.5, ""),
        ("US $12.00", 12.0, "USD"),
        ("AUD $12.00", 12.0, "AUD"),
        ("₹2,49,900/-", 249_900.0, "INR"),
        ("US$ 12.00 USD", 12.0, "USD"),
        ("&euro;&nbsp;5,25", 5.25, "EUR"),
        ("usd 7", 7.0, "USD"),
        ("1.299,5", 1299.5, ""),
        ("79.00  TRY", 79.0, "TRY"),
        ("45 000 ₫", 45_000.0, "VND"),
    ],
)
def test_a_price_that_can_be_read_in_one_way_alone_is_read_so(text: str, amount: float, currency: str) -> None:
    assert read_price(text, "price", NOTHING) == Price(amount, currency)


@pytest.mark.parametrize(("text", "amount", "currency"), WRITTEN_AMOUNTS)
def test_prices_are_read_as_amounts_of_events_are(text: str, amount: float, currency: str) -> None:
    price = read_price(text, "price", NOTHING)
    assert price.amount == pytest.approx(amount)
    assert price.currency == currency


@pytest.mark.parametrize("text", ["34.50-", "-34.50", "(34.50)", "EUR 34,50-"])
def test_a_price_below_0_is_none(text: str) -> None:
    with pytest.raises(InvalidError, match="price must be such as"):
        read_price(text, "price", NOTHING)


@pytest.mark.parametrize(
    "text",
    [
        "cheap",
        "from 5 EUR",
        "5-10 EUR",
        "-5 EUR",
        "1.2.3",
        "12 34",
        "1E+05",
        "5 EUR / kg",
        "5 USD EUR",
        "5 AUD each",
        "12,34.5,6",
    ],
)
def test_what_is_no_single_price_is_named(text: str) -> None:
    with pytest.raises(InvalidError, match="price must be such as") as found:
        read_price(text, "price", NOTHING)
    assert found.value.code == "price_invalid"


def test_three_digits_behind_a_lone_sign_are_thousands_and_what_proves_it_keeps_it_quiet() -> None:
    for text in ("2,345 USD", "2.345 USD"):
        guessed = read_price(text, "price", NOTHING)
        assert guessed.amount == 2345.0
        assert "taken as 2345" in guessed.guess
    assert read_price("2,345 USD", "price", evidence_of("9,876.00 USD", "5.50 USD")) == Price(2345.0, "USD")
    assert read_price("2.345 EUR", "price", evidence_of("9.876,00 EUR")) == Price(2345.0, "EUR")
    assert read_price("2.345 EUR", "price", evidence_of(locale="de-DE")) == Price(2345.0, "EUR")
    against = read_price("2.345 EUR", "price", evidence_of("19.90 EUR", "5.49 EUR"))
    assert against.amount == 2345.0
    assert against.guess, "elsewhere in the feed the point stands before decimals"


def test_the_currency_tells_how_many_decimals_there_are() -> None:
    assert read_price("45.000 VND", "price", NOTHING) == Price(45_000.0, "VND")
    assert read_price("1,980", "price", NOTHING, "JPY") == Price(1980.0, "")
    assert read_price("12.500 KWD", "price", NOTHING) == Price(12.5, "KWD")
    assert read_price("12.500 KWD", "price", evidence_of("1.200,500 KWD")) == Price(12_500.0, "KWD")
    assert read_price("12,500 TND", "price", evidence_of("7,5 TND")) == Price(12.5, "TND")


def test_a_column_of_three_decimals_is_known_by_the_rows_that_can_be_nothing_else() -> None:
    column = evidence_of("0.990", "1234.500", "8.500")
    assert read_price("8.500", "price", column) == Price(8.5)
    assert read_price("8.500", "price", NOTHING).amount == 8500.0


def test_a_sign_of_several_currencies_is_the_feeds_own_or_said_to_be_a_guess() -> None:
    assert read_price("$5", "price", NOTHING).guess == "price '$5' has a sign of several currencies: taken as USD"
    assert read_price("$5", "price", evidence_of("4.00 AUD")) == Price(5.0, "AUD")
    assert read_price("$5", "price", NOTHING, "CAD") == Price(5.0, "CAD")
    assert read_price("99 kr", "price", evidence_of(locale="nb-NO")) == Price(99.0, "NOK")
    assert read_price("99 kr.", "price", evidence_of("5 DKK")) == Price(99.0, "DKK")


def test_objects_of_the_merchant_api_and_numbers_are_prices() -> None:
    assert read_price({"value": "1,234.5", "currency": "usd"}, "price", NOTHING) == Price(1234.5, "USD")
    assert read_price({"amountMicros": "15990000", "currencyCode": "EUR"}, "price", NOTHING) == Price(15.99, "EUR")
    assert read_price(9.5, "price", NOTHING) == Price(9.5)
    assert read_price(["9.50 EUR"], "price", NOTHING) == Price(9.5, "EUR")
    for value in (True, -1, [1, 2], {"value": None}, float("nan"), {}):
        with pytest.raises(InvalidError):
            read_price(value, "price", NOTHING)


@given(amount=st.integers(0, 99_999_999_99), style=st.sampled_from([(",", "."), (".", ","), ("'", "."), (" ", ",")]))
def test_an_amount_written_with_decimals_is_read_as_written(amount: int, style: tuple[str, str]) -> None:
    group, decimal = style
    whole, cents = divmod(amount, 100)
    text = f"{whole:,}".replace(",", group) + f"{decimal}{cents:02}"
    assert read_price(f"{text} EUR", "price", NOTHING) == Price(amount / 100, "EUR")


@given(text=st.text("0123456789.,' €$kr-", max_size=12))
def test_any_text_is_read_or_named(text: str) -> None:
    with suppress(InvalidError):
        assert 0 <= read_price(text, "price", NOTHING).amount < 1e12


@pytest.mark.parametrize(
    ("fields", "lacks"),
    [
        ({"price": "5"}, True),
        ({"price": 5, "currency": None}, True),
        ({"price": "$5"}, True),
        ({"price": "5", "sale_price": "4 EUR"}, False),
        ({"price": "kr 5"}, False),
        ({"price": {"value": 5, "currency": "EUR"}}, False),
        ({"price": {"value": 5}}, True),
        ({"price": "5", "currency": "EUR"}, False),
        ({"price": "cheap"}, True),
    ],
)
def test_a_default_currency_is_for_prices_that_name_none_or_one_of_its_signs(
    fields: dict[str, object], lacks: bool
) -> None:
    assert lacks_currency(fields, "CAD") == lacks
