"""Prices as people and exports write them: "1,299.00 USD", "€ 19,90", "1'234.50 CHF", "12.500 VND".

Which sign stands before the decimals is told by the text itself where it can be, else by the currency, by the other
prices of the feed, and by the feed's locale. A lone point or comma before exactly three digits is read as thousands,
unless the currency has three decimals, or other prices prove three decimals; where nothing proves it, that is said.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from models.base.currencies import currencies_of
from models.base.errors import InvalidError, show_value
from models.base.money import amount_written, proved_of, take_apart
from models.catalog.feed.locales import currency_of_locale, decimals_of, separators_of
from models.events.amounts import parse_amount

PRICE_FIELDS: Final = ("price", "sale_price", "cost_of_goods_sold")
_MICROS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """An amount, the currency it names (empty for none), and what of it was guessed (empty for nothing)."""

    amount: float
    currency: str = ""
    guess: str = ""


@dataclass(slots=True)
class PriceEvidence:
    """What the other prices of a feed tell of one that can be read in two ways.

    Separators are noted by currency: those seen between thousands, before decimals, and before three decimals.
    """

    locale: str = ""
    groups: set[tuple[str, str]] = field(default_factory=set)
    decimals: set[tuple[str, str]] = field(default_factory=set)
    three_decimals: set[tuple[str, str]] = field(default_factory=set)
    currencies: Counter[str] = field(default_factory=Counter)

    @classmethod
    def from_rows(cls, rows: Iterable[object], locale: str = "") -> "PriceEvidence":
        """Look at all prices of some rows, each an object by Google's names; what is none tells nothing."""
        evidence = cls(locale)
        for row in rows:
            if isinstance(row, Mapping):
                for name in PRICE_FIELDS:
                    evidence.learn_one(row.get(name), row.get("currency"))
        return evidence

    def learn_one(self, value: object, currency: object = None) -> None:
        """Note what one price proves."""
        written = take_apart(value) if isinstance(value, str) else None
        if written is None:
            return
        told = currencies_of(currency) if isinstance(currency, str) else ()
        code = (written.currencies or told or ("",))[0]
        if len(written.currencies or told) == 1:
            self.currencies[code] += 1
        for kind, sign in proved_of(written.number):
            kind_of = {"group": self.groups, "decimal": self.decimals, "three": self.three_decimals}
            kind_of[kind].add((code, sign))

    def currency_among(self, candidates: tuple[str, ...]) -> str:
        """The one of several currencies that the feed's other prices or its locale speak for; empty for none."""
        seen = [code for code in candidates if self.currencies[code]]
        if seen:
            return max(seen, key=lambda code: (self.currencies[code], code))
        local = currency_of_locale(self.locale)
        return local if local in candidates else ""


def read_price(value: object, name: str, evidence: PriceEvidence, currency: str = "") -> Price:
    """Read a price: a number, a text, or the Merchant API's object.

    Parameters
    ----------
    value
        As written.
    name
        Field that errors name.
    evidence
        What the feed's other prices tell.
    currency
        The currency a field of its own names; counts where the price names none.

    Raises
    ------
    InvalidError
        With `<name>_invalid`, for what is no single amount of 0 or more.

    >>> read_price("1.299,00 EUR", "price", PriceEvidence()), read_price("1,299", "price", PriceEvidence(), "JPY")
    (Price(amount=1299.0, currency='EUR', guess=''), Price(amount=1299.0, currency='', guess=''))
    """
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        return _from_object(value, name, evidence)
    if not isinstance(value, str):
        return Price(parse_amount(value, name, f"{name}_invalid"))
    written = take_apart(value)
    amount = None
    if written is not None and not written.negative:
        code, guess = _currency(written.currencies, currency, evidence)
        lone = _LoneSign(code or currency, evidence)
        amount = amount_written(written.number, lone.groups)
        guess = guess or (f"has three digits behind its only separator: taken as {amount:.0f}" if lone.guessed else "")
    if amount is None:
        raise InvalidError(f"{name}_invalid", f"{name} must be such as '15.00 EUR', got {show_value(value)}")
    return Price(parse_amount(amount, name, f"{name}_invalid"), code, guess and f"{name} {show_value(value)} {guess}")


def lacks_currency(fields: Mapping[str, Any], currency: str) -> bool:
    """Whether a product's prices, and its `currency`, name none: at most a sign that the given one may have."""
    if fields.get("currency") not in (None, ""):
        return False
    for name in PRICE_FIELDS:
        value = fields.get(name)
        if isinstance(value, Mapping) and (value.get("currency") or value.get("currencyCode")):
            return False
        written = take_apart(value) if isinstance(value, str) else None
        if written is not None and written.currencies and currency not in written.currencies:
            return False
    return True


def _from_object(value: Mapping[Any, Any], name: str, evidence: PriceEvidence) -> Price:
    given = value.get("currency", value.get("currencyCode"))
    codes = currencies_of(given) if isinstance(given, str) else ()
    code = codes[0] if codes else ""
    micros = value.get("amountMicros")
    if micros is not None and "value" not in value:
        return Price(parse_amount(micros, name, f"{name}_invalid") / _MICROS, code)
    price = read_price(value.get("value", value.get("amount")), name, evidence, code)
    return Price(price.amount, price.currency or code, price.guess)


def _currency(named: tuple[str, ...], given: str, evidence: PriceEvidence) -> tuple[str, str]:
    """Give the currency a price names, and what to say where its sign left several open."""
    if len(named) <= 1:
        return (named[0] if named else ""), ""
    if given in named:
        return given, ""
    known = evidence.currency_among(named)
    return (known, "") if known else (named[0], f"has a sign of several currencies: taken as {named[0]}")


@dataclass(slots=True)
class _LoneSign:
    """Says what a lone point or comma before three digits does in a currency, and whether that was guessed."""

    currency: str
    evidence: PriceEvidence
    guessed: bool = False

    def groups(self, sign: str) -> bool:
        """Whether it stands between thousands."""
        evidence, key = self.evidence, (self.currency, sign)
        decimals, proved = decimals_of(self.currency), key in evidence.groups
        if decimals == 0:
            return True
        if decimals == 3 and not proved and (sign == "." or key in evidence.decimals | evidence.three_decimals):
            return False
        if key in evidence.three_decimals and not proved:
            return False
        local = separators_of(evidence.locale)[0] == sign
        self.guessed = not (proved or local) or key in evidence.decimals
        return True
