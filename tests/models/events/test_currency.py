"""Currency: amounts of several are never added, unless a rate makes them one."""

import msgspec
import pytest

from models.events.currency import NO_CURRENCY, CurrencySum, SiteCurrency, comparable, sums_by_currency, told_in
from models.events.event_amount import EventAmount, amount_of
from tests.models.makers import event

KRONER = SiteCurrency(base="DKK", rates={"EUR": 7.5, "SEK": 0.66})


@pytest.mark.parametrize(
    ("value", "currency", "reckoned"),
    [(2.0, "EUR", (15.0, "DKK")), (2.0, "", (2.0, "DKK")), (2.0, "DKK", (2.0, "DKK")), (2.0, "GBP", (2.0, "GBP"))],
)
def test_an_amount_is_reckoned_in_the_base_where_its_rate_is_known(
    value: float, currency: str, reckoned: tuple[float, str]
) -> None:
    assert KRONER.reckoned(value, currency) == reckoned
    assert NO_CURRENCY.reckoned(value, currency) == (value, currency)


def test_a_stamped_event_means_the_same_whatever_the_rates_become() -> None:
    sold = event("purchase", params={"transaction_id": "t", "value": 20, "currency": "EUR"})
    stamped = KRONER.stamped(sold)
    assert (stamped.rate, stamped.base, told_in(stamped)) == (7.5, "DKK", (7.5, "DKK"))
    assert amount_of(stamped) == EventAmount(150.0, "DKK")
    assert amount_of(sold) == EventAmount(20.0, "EUR")
    for currency in ("DKK", "GBP", ["EUR"]):
        other = msgspec.structs.replace(sold, params={"value": 20, "currency": currency})
        assert KRONER.stamped(other) is other


def test_amounts_that_name_no_currency_go_with_any_other_with_their_own_alone() -> None:
    assert comparable("", "GBP")
    assert comparable("GBP", "")
    assert not comparable("GBP", "EUR")


def test_sums_begin_with_the_base_though_nothing_is_of_it() -> None:
    told = [CurrencySum("GBP", 2, 30.0, 20.0), CurrencySum("CHF", 1, 9.0, 9.0)]
    assert sums_by_currency(told, KRONER) == [CurrencySum("DKK", 0, 0.0, 0.0), CurrencySum("CHF", 1, 9.0, 9.0), told[0]]
    assert sums_by_currency([], NO_CURRENCY) == [CurrencySum("", 0, 0.0, 0.0)]
    converted = [CurrencySum("SEK", 1, 100.0, 100.0), CurrencySum("EUR", 1, 2.0, 2.0), CurrencySum("", 1, 5.0, 5.0)]
    assert sums_by_currency(converted, KRONER) == [CurrencySum("DKK", 3, 86.0, 66.0)]
