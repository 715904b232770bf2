"""Money: read as it is meant, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.money import Money, read_currency, read_money
from tests.models.base.written_amounts import WRITTEN_AMOUNTS


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("17", 17, ""),
        (" 17.5 ", 17.5, ""),
        ("12.995", 12.995, ""),
        ("0.500", 0.5, ""),
        ("1e3", 1000, ""),
        (".99", 0.99, ""),
        ("-3.5", -3.5, ""),
        ("8,731.06", 8731.06, ""),
        ("8.731,06", 8731.06, ""),
        ("2,345", 2345, ""),
        ("0,345", 0.345, ""),
        ("2,5", 2.5, ""),
        ("2,50", 2.5, ""),
        ("7.654.321", 7_654_321, ""),
        ("7,654,321.99", 7_654_321.99, ""),
        ("7'654.30", 7654.3, ""),
        ("7\u2019654.30 CHF", 7654.3, "CHF"),
        ("7 654,30", 7654.3, ""),
        ("7\u202f654\u00a0€", 7654, "EUR"),
        ("12,34,567.80 INR", 1_234_567.8, "INR"),
        ("3.499 EUR", 3499, "EUR"),
        ("€3.499", 3499, "EUR"),
        ("3.499 KWD", 3.499, "KWD"),
        ("12.500 VND", 12_500, "VND"),
        ("3,499 USD", 3499, "USD"),
        ("USD 3,499.00", 3499, "USD"),
        ("us$ 12", 12, "USD"),
        ("$12.30", 12.3, ""),
        ("kr 1 299:-", 1299, ""),
        ("49,- €", 49, "EUR"),
        ("-€5.00", -5, "EUR"),
        ("€ -5.00", -5, "EUR"),
        ("(5.00)", -5, ""),
        ("\u22125", -5, ""),
        ("٤٥٫٥", 45.5, ""),
        ("12,00zł", 12, "PLN"),
        ("25.", 25, ""),
    ],
)
def test_amounts_are_read_as_people_and_programs_write_them(text: str, amount: float, currency: str) -> None:
    money = read_money(text)
    assert money is not None
    assert abs(money.amount - amount) < 1e-9
    assert money.currency == currency


@pytest.mark.parametrize(("text", "amount", "currency"), WRITTEN_AMOUNTS)
def test_amounts_are_read_as_they_are_written_anywhere(text: str, amount: float, currency: str) -> None:
    money = read_money(text)
    assert money is not None
    assert money.amount == pytest.approx(amount)
    assert money.currency == currency


@pytest.mark.parametrize(
    ("text", "amount"),
    [("34.50-", -34.5), ("34,50- EUR", -34.5), ("EUR 34,50-", -34.5), ("34.50 EUR-", -34.5), ("34-", -34), ("+34", 34),
     ("34,-", 34), ("34.–", 34), ("34–", 34), ("34:-", 34), ("(34.50 EUR)", -34.5), ("(-34)", None), ("-34-", None),
     ("- 34", -34), ("€+34", 34)],
)  # fmt: skip
def test_a_minus_stands_before_or_behind_and_a_dash_for_no_cents(text: str, amount: float | None) -> None:
    money = read_money(text)
    assert (money.amount if money else None) == amount


@pytest.mark.parametrize("text", ["99 kr.", "$ 5", "¥500", "Rs. 500", "FCFA 500", "Dhs 5", "5 ﷼", "5 pesos"])
def test_a_sign_of_several_currencies_names_none(text: str) -> None:
    money = read_money(text)
    assert money is not None
    assert money.currency == ""


@pytest.mark.parametrize(
    "text",
    ["", " ", "free", "2 for 10", "12 34", "1,23,4", "1.2.3", "10%", "1,234.567,89", "nan", "inf", "1e999", "EUR",
     "12 EUR USD", "12 apples", "12 pcs", "0,123,456", "9" * 80, "--5", "4..5", "1 234.5 678"],
)  # fmt: skip
def test_what_is_no_amount_or_could_be_two_is_none(text: str) -> None:
    assert read_money(text) is None


def test_evidence_of_the_locale_settles_what_could_be_two_things() -> None:
    assert read_money("1.299", decimal_mark=",") == Money(1299.0)
    assert read_money("1,299", decimal_mark=",") == Money(1.299)
    assert read_money("1,299 EUR", decimal_mark=".") == Money(1299.0, "EUR")
    assert read_money("1.299 EUR", decimal_mark=".") == Money(1.299, "EUR")


@given(st.integers(0, 10**9), st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", ".")]))
def test_whatever_the_marks_two_decimals_come_back(cents: int, marks: tuple[str, str]) -> None:
    groups, decimals = marks
    written = f"{cents // 100:,}".replace(",", groups) + f"{decimals}{cents % 100:02}"
    for text, currency in ((written, ""), (f"{written} EUR", "EUR")):
        money = read_money(text)
        assert money is not None
        assert abs(money.amount - cents / 100) < 1e-6
        assert money.currency == currency


@given(st.text(max_size=80))
def test_any_text_is_read_or_not(text: str) -> None:
    money = read_money(text)
    assert money is None or abs(money.amount) < float("inf")


def test_currencies_by_code_sign_and_word() -> None:
    assert [read_currency(text) for text in (" usd ", "Euro", "zł", "kr", "quid", "")] == [
        "USD", "EUR", "PLN", "", None, None,
    ]  # fmt: skip
