"""Prices as people and exports write them: "1,299.00 USD", "€ 19,90", "1'234.50 CHF", "12.500 VND".

Which sign stands before the decimals is told by the text itself where it can be, else by the currency, by the other
prices of the feed, and by the feed's locale. A lone point or comma before exactly three digits is read as thousands,
unless the currency has three decimals, or other prices prove three decimals; where nothing proves it, that is said.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from models.base.errors import InvalidError, show_value
from models.catalog.feed.currencies import currencies_of, currency_of_locale, decimals_of, separators_of
from models.catalog.feed.texts import decode_entities
from models.events.amounts import parse_amount

PRICE_FIELDS: Final = ("price", "sale_price", "cost_of_goods_sold")
_WRITTEN: Final = re.compile(
    r"(?P<before>[^\d]*?)(?P<number>\.?\d(?:[\d.,'٬٫ ]*\d)?)(?P<round>[.,] ?[-–—]{1,2}|/[-–—])?(?P<after>[^\d]*)"
)
_MARKS: Final = str.maketrans("’‘ʼ´`", "'''''", "\u200b\u200e\u200f\u061c\ufeff*†")
_SEPARATOR: Final = re.compile(r"[.,'٬٫ ]")
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:\D\d{3})+")
_INDIAN: Final = re.compile(r"\d{1,2}(?:\D\d{2})+\D\d{3}")
_ALWAYS_GROUPS: Final = "'٬ "
_MICROS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """An amount, the currency it names (empty for none), and what of it was guessed (empty for nothing)."""

    amount: float
    currency: str = ""
    guess: str = ""


@dataclass(frozen=True, slots=True)
class _Written:
    """A price taken apart: digits and separators, and the currencies it may be of."""

    number: str
    currencies: tuple[str, ...]


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
        written = _taken_apart(value) if isinstance(value, str) else None
        if written is None:
            return
        told = currencies_of(currency) if isinstance(currency, str) else ()
        code = (written.currencies or told or ("",))[0]
        if len(written.currencies or told) == 1:
            self.currencies[code] += 1
        for kind, sign in _proved(written.number):
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
    written = _taken_apart(value)
    amount = None
    if written is not None:
        code, guess = _currency(written, currency, evidence)
        amount, guessed = _amount(written.number, code or currency, evidence)
        guess = guess or guessed
    if written is None or amount is None:
        raise InvalidError(f"{name}_invalid", f"{name} must be such as '15.00 EUR', got {show_value(value)}")
    return Price(parse_amount(amount, name, f"{name}_invalid"), code, guess and f"{name} {show_value(value)} {guess}")


def _from_object(value: Mapping[Any, Any], name: str, evidence: PriceEvidence) -> Price:
    given = value.get("currency", value.get("currencyCode"))
    codes = currencies_of(given) if isinstance(given, str) else ()
    code = codes[0] if codes else ""
    micros = value.get("amountMicros")
    if micros is not None and "value" not in value:
        return Price(parse_amount(micros, name, f"{name}_invalid") / _MICROS, code)
    price = read_price(value.get("value", value.get("amount")), name, evidence, code)
    return Price(price.amount, price.currency or code, price.guess)


@lru_cache(maxsize=16_384)
def _taken_apart(text: str) -> _Written | None:
    """Take a price apart; None where there is not one number, or anything beside it but a currency."""
    digits = decode_entities(text).translate(_MARKS)
    if not digits.isascii():
        digits = unicodedata.normalize("NFKC", digits).translate(_MARKS)
        digits = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in digits)
    found = _WRITTEN.fullmatch(" ".join(digits.split()))
    if found is None:
        return None
    named = [part for part in (found["before"].strip(" :;.,"), found["after"].strip(" :;.,")) if part]
    # "US $" is one sign, "AUD $" two that agree.
    read = [currencies_of(part) for part in named]
    if any(not codes for codes in read):
        read = [currencies_of(word) for part in named for word in part.split()]
    common = tuple(code for code in read[0] if all(code in codes for codes in read)) if read else ()
    if read and not common:
        return None
    return _Written(found["number"], common)


def _currency(written: _Written, given: str, evidence: PriceEvidence) -> tuple[str, str]:
    """Give the currency a price names, and what to say where its sign left several open."""
    if len(written.currencies) <= 1:
        return (written.currencies[0] if written.currencies else ""), ""
    if given in written.currencies:
        return given, ""
    known = evidence.currency_among(written.currencies)
    first = written.currencies[0]
    return (known, "") if known else (first, f"has a sign of several currencies: taken as {first}")


def _amount(number: str, currency: str, evidence: PriceEvidence) -> tuple[float | None, str]:
    """Give the amount that digits and separators mean, None for none, and what to say where it was a guess."""
    signs = _SEPARATOR.findall(number)
    kinds = set(signs)
    if not signs:
        return float(number), ""
    head, tail = number[: number.rindex(signs[-1])], number[number.rindex(signs[-1]) + 1 :]
    if len(signs) == 1 and signs[0] in ".,":
        return _lone(head, signs[0], tail, currency, evidence)
    if len(kinds) == 1 and signs[0] != "٫":
        return (_joined(number), "") if _is_grouped(number) else (None, "")
    if (len(kinds) == 2 or (len(kinds) == 1 and len(signs) == 1)) and signs.count(signs[-1]) == 1:
        grouped = _SEPARATOR.search(head) is None or _is_grouped(head)
        decimal = signs[-1] not in _ALWAYS_GROUPS
        return (float(f"{_SEPARATOR.sub('', head)}.{tail}"), "") if grouped and decimal else (None, "")
    return None, ""


def _lone(head: str, sign: str, tail: str, currency: str, evidence: PriceEvidence) -> tuple[float, str]:
    """Read a number whose one separator is a point or a comma."""
    as_decimal, key = float(f"{head or '0'}.{tail}"), (currency, sign)
    if _must_be_decimal(head, tail):
        return as_decimal, ""
    as_thousands = float(head + tail)
    decimals, proved = decimals_of(currency), key in evidence.groups
    if decimals == 0:
        return as_thousands, ""
    if decimals == 3 and not proved and (sign == "." or key in evidence.decimals | evidence.three_decimals):
        return as_decimal, ""
    if key in evidence.three_decimals and not proved:
        return as_decimal, ""
    local = separators_of(evidence.locale)[0] == sign
    sure = (proved or local) and key not in evidence.decimals
    return as_thousands, "" if sure else f"has three digits behind its only separator: taken as {as_thousands:.0f}"


def _must_be_decimal(head: str, tail: str) -> bool:
    """Whether what stands around a lone point or comma cannot be a group of thousands."""
    return len(tail) != 3 or not head or head.startswith("0") or len(head) > 3


def _is_grouped(number: str) -> bool:
    """Whether digits stand in groups as thousands do, or as lakhs and crores."""
    return bool(_THOUSANDS.fullmatch(number) or _INDIAN.fullmatch(number))


def _joined(number: str) -> float:
    return float(_SEPARATOR.sub("", number))


def _proved(number: str) -> list[tuple[str, str]]:
    """What a number proves of its separators, whatever the rest of the feed says."""
    signs = _SEPARATOR.findall(number)
    if not signs:
        return []
    head, _, tail = number.rpartition(signs[-1])
    if len(signs) == 1:
        if signs[0] not in ".,":
            return []
        if not _must_be_decimal(head, tail):
            return []
        return [("three" if len(tail) == 3 else "decimal", signs[0])]
    if len(set(signs)) == 1:
        return [("group", signs[0])] if _is_grouped(number) else []
    if signs.count(signs[-1]) != 1 or not _is_grouped(head):
        return []
    return [("group", signs[0]), ("three" if len(tail) == 3 else "decimal", signs[-1])]
