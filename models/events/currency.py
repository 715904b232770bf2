"""Currency: which one a site reckons in, what others are worth in it, and sums that are kept apart by currency."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from models.base.texts import text_or_empty
from models.events.events import Event

SITE_CURRENCY_ID: Final = "site"


class SiteCurrency(msgspec.Struct, omit_defaults=True, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A site's `base` currency, by its ISO 4217 code, and `rates`: what a unit of each other is worth in it.

    Amounts that name no currency are of the base. Empty for a site that has not said: its amounts are kept apart by the
    currency they name, and none is worth anything in another.

    >>> euros = SiteCurrency(base="EUR", rates={"USD": 0.5})
    >>> euros.reckoned(8.0, "USD"), euros.reckoned(8.0, ""), euros.reckoned(8.0, "JPY")
    ((4.0, 'EUR'), (8.0, 'EUR'), (8.0, 'JPY'))
    """

    base: str = ""
    rates: dict[str, float] = {}

    @property
    def currency_id(self) -> str:
        """Under which it is stored: a site has one."""
        return SITE_CURRENCY_ID

    def reckoned(self, value: float, currency: str) -> tuple[float, str]:
        """Give an amount in the base where its currency is known there, else as it is, each with its currency."""
        if not currency or currency == self.base:
            return value, self.base
        rate = self.rates.get(currency)
        return (value, currency) if rate is None else (value * rate, self.base)

    def stamped(self, event: Event) -> Event:
        """Give an event with what its currency is worth now, so that whoever reads it later reckons alike."""
        currency = event.params.get("currency")
        rate = self.rates.get(currency) if isinstance(currency, str) else None
        return event if rate is None else msgspec.structs.replace(event, rate=rate, base=self.base)

    def rate_between(self, currency: str, other: str) -> float | None:
        """What a unit of a currency is worth in another; None where that is not known."""
        rates = {self.base: 1.0, **self.rates}
        if not self.base or currency not in rates or other not in rates:
            return None
        return rates[currency] / rates[other]


NO_CURRENCY: Final = SiteCurrency()


def told_in(event: Event) -> tuple[float, str]:
    """Give what an event's amounts are to be taken times, and the currency that makes them, empty for none named."""
    if event.rate:
        return event.rate, event.base
    return 1.0, text_or_empty(event.params.get("currency"))


def comparable(one: str, other: str) -> bool:
    """Whether amounts of two currencies may be compared and added: an amount that names none is of the other's.

    >>> comparable("EUR", "EUR"), comparable("EUR", ""), comparable("EUR", "USD")
    (True, True, False)
    """
    return one == other or not one or not other


class CurrencySum(NamedTuple):
    """What `amounts` of one currency come to: how many there are, their sum, the largest."""

    currency: str
    amounts: int
    total: float
    largest: float


def sums_by_currency(amounts: Iterable[CurrencySum], currency: SiteCurrency) -> list[CurrencySum]:
    """Add up amounts of each currency, those of known rates in the base; first the one that is reckoned in.

    That is the base, also where nothing is of it; without a base, the currency of most amounts, those that name none
    with it. The others follow by code.

    >>> told = [CurrencySum("JPY", 1, 900.0, 900.0), CurrencySum("", 1, 5.0, 5.0), CurrencySum("EUR", 2, 40.0, 30.0)]
    >>> [(each.currency, each.amounts, each.total) for each in sums_by_currency(told, NO_CURRENCY)]
    [('EUR', 3, 45.0), ('JPY', 1, 900.0)]
    """
    sums: dict[str, CurrencySum] = {}
    for amount in amounts:
        total, code = currency.reckoned(amount.total, amount.currency)
        largest, _ = currency.reckoned(amount.largest, amount.currency)
        sums[code] = _together(sums.get(code), CurrencySum(code, amount.amounts, total, largest))
    main = currency.base or min(
        (code for code in sums if code), key=lambda code: (-sums[code].amounts, code), default=""
    )
    if main and not currency.base and "" in sums:
        sums[main] = _together(sums.get(main), sums.pop("")._replace(currency=main))
    first = sums.pop(main, CurrencySum(main, 0, 0.0, 0.0))
    return [first, *(sums[code] for code in sorted(sums))]


def _together(one: CurrencySum | None, other: CurrencySum) -> CurrencySum:
    if one is None:
        return other
    amounts, largest = one.amounts + other.amounts, max(one.largest, other.largest)
    return CurrencySum(other.currency, amounts, one.total + other.total, largest)
