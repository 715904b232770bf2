"""Money: an amount and its currency out of text as people and programs write it, or nothing where it cannot be told.

One grammar serves prices of feeds and amounts of events. A text is one number, with or without a currency before or
behind it. Of `.` and `,` the later one parts the decimals; one that stands more than once groups thousands; spaces,
apostrophes and U+066C only group, U+066B only parts. What a lone `.` or `,` before three digits does is for the caller
to say, who may know the feed or its language: `read_money`, which knows neither, takes it to group where people write
(`1,234`, `1.299 EUR`), and the point of a plain number (`12.995`) for a program's.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from html import unescape
from math import isfinite
from typing import Final, NamedTuple

from models.base.currencies import THREE_DECIMALS, currencies_of, is_currency_code

_MAX_TEXT: Final = 64
_PLAIN: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_WRITTEN: Final = re.compile(
    r"(?P<before>[^\d]*?)(?P<number>[.,٫]?\d(?:[\d.,'٬٫ ]*\d)?)"
    r"(?P<round>[.,:] ?[-–—]{1,2}|/[-–—]|[–—])?[.,]?(?P<after>[^\d]*)"
)
_SEPARATOR: Final = re.compile(r"[.,'٬٫ ]")
_GROUPED: Final = re.compile(r"[1-9]\d{0,2}(?:[.,'٬ ]\d{3})+|[1-9]\d?(?:[.,'٬ ]\d{2})+[.,'٬ ]\d{3}")
"""Groups of three, or as India writes them, of two before the last three; no group begins an amount with 0."""
_PARTS: Final = ".,٫"
_RAISED: Final = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_RAISED_CENTS: Final = re.compile(rf"(?<=\d)[.,]?([{_RAISED}]{{2}})(?![{_RAISED}])")
_MARKS: Final = str.maketrans("’‘ʼ´`−،", "'''''-,", "\u200b\u200e\u200f\u061c\ufeff*†" + _RAISED)
_OF_RAISED: Final = str.maketrans(_RAISED, "0123456789")
_AROUND: Final = " :;.,"


class WrittenMoney(NamedTuple):
    """A text taken apart: the number's digits and separators, its sign, and the currencies it may be of; `has_words`
    where there is anything but the number."""

    number: str
    negative: bool
    currencies: tuple[str, ...]
    has_words: bool


class Money(NamedTuple):
    """An amount, and the ISO 4217 code of its currency; empty where the text names none, or one sign of several."""

    amount: float
    currency: str = ""


def read_money(text: str, currency: str = "", decimal_mark: str = "") -> Money | None:
    """Read an amount of money; None for what is none, or could be two things.

    Parameters
    ----------
    text
        Such as `4,245.42`, `1.299,00 EUR`, `€ 1 299,-` or `-2`; any digits, any spaces.
    currency
        What the currency is where the text names none: Kuwait's has three decimals.
    decimal_mark
        `.` or `,` where it is known which one parts decimals: it settles `1.299` and `1,299`.

    >>> read_money("1.299,00 EUR"), read_money("1,234"), read_money("2 for 10")
    (Money(amount=1299.0, currency='EUR'), Money(amount=1234.0, currency=''), None)
    """
    if len(text) > _MAX_TEXT:
        return None
    plain = text.strip()
    if not decimal_mark and _PLAIN.fullmatch(plain):
        return _finite(float(plain), "")
    written = take_apart(plain)
    if written is None:
        return None
    named = written.currencies[0] if len(written.currencies) == 1 else ""
    three = (named or currency) in THREE_DECIMALS

    def groups(mark: str) -> bool:
        if decimal_mark:
            return mark != decimal_mark
        return mark == "," or (written.has_words and not three)

    amount = amount_written(written.number, groups)
    return None if amount is None else _finite(-amount if written.negative else amount, named)


def read_currency(text: str) -> str | None:
    """Give the ISO 4217 code that a code, a sign or a word stands for; empty for a sign of several, None for none.

    >>> read_currency("eur"), read_currency("€"), read_currency("$"), read_currency("quite")
    ('EUR', 'EUR', '', None)
    """
    codes = currencies_of(unescape(text)) if len(text) <= _MAX_TEXT else ()
    if not codes:
        return None
    return codes[0] if len(codes) == 1 else ""


def _finite(amount: float, currency: str) -> Money | None:
    return Money(amount, currency) if isfinite(amount) else None


def take_apart(text: str) -> WrittenMoney | None:
    """Take an amount apart; None where there is not one number, or anything beside it but a currency and a sign, or
    more text than any amount has.

    >>> take_apart("US $ 1 299.50-")
    WrittenMoney(number='1 299.50', negative=True, currencies=('USD',), has_words=True)
    """
    return _taken_apart(text) if len(text) <= _MAX_TEXT else None


@lru_cache(maxsize=16_384)
def _taken_apart(text: str) -> WrittenMoney | None:
    found = _WRITTEN.fullmatch(_simplified(text))
    if found is None:
        return None
    before, number, after = found["before"], found["number"], found["after"]
    if number[0] == "." and (before[-1:].isalpha() or before[-1:] == "/") and not is_currency_code(before[-3:]):
        number = number[1:]  # the point is of an abbreviation, such as Rs.500
    minus = before.strip().startswith("(") and after.strip().endswith(")")
    if minus:
        before, after = before.strip()[1:], after.strip()[:-1]
    beside = f"{before} {after}"
    signs = beside.count("-") + beside.count("+")
    if signs > 1 or (signs and minus):
        return None
    minus = minus or "-" in beside
    words = [word for part in (before, after) if (word := part.strip(_AROUND + "+-"))]
    read = [currencies_of(word) for word in words]
    common = tuple(code for code in read[0] if all(code in codes for codes in read)) if read else ()
    if words and not common:
        return None
    return WrittenMoney(number, minus, common, bool(words))


def _simplified(text: str) -> str:
    """Entities decoded, digits of any script as ours, raised cents behind U+066B, spaces as one space."""
    if "&" in text:
        text = unescape(text)
    if not text.isascii():
        text = _RAISED_CENTS.sub(lambda cents: "٫" + cents[1].translate(_OF_RAISED), text)
        text = unicodedata.normalize("NFKC", text.translate(_MARKS)).translate(_MARKS)
        text = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
    return " ".join(text.translate(_MARKS).split())


def amount_written(number: str, groups: Callable[[str], bool]) -> float | None:
    """Give the amount that digits and separators mean; None where they are written like no amount.

    `groups` is asked whether a lone `.` or `,` before three digits stands between thousands.
    """
    signs = _SEPARATOR.findall(number)
    if not signs:
        return float(number)
    last = signs[-1]
    head, tail = number[: number.rindex(last)], number[number.rindex(last) + 1 :]
    if len(signs) == 1 and last in ".,":
        grouped = may_group(head, tail) and groups(last)
        return float(head + tail) if grouped else float(f"{head or '0'}.{tail}")
    if len(set(signs)) == 1 and last != "٫":
        return _joined(number) if _GROUPED.fullmatch(number) else None
    if last not in _PARTS or signs.count(last) != 1 or len(set(signs)) > 2:
        return None
    whole = head or "0"
    return float(f"{_SEPARATOR.sub('', whole)}.{tail}") if whole.isdecimal() or _GROUPED.fullmatch(whole) else None


def proved_of(number: str) -> list[tuple[str, str]]:
    """What a number proves of its separators, whatever stands elsewhere: `group`, `decimal`, or `three` decimals.

    >>> proved_of("1.299,50"), proved_of("0.125"), proved_of("1.299")
    ([('group', '.'), ('decimal', ',')], [('three', '.')], [])
    """
    signs = _SEPARATOR.findall(number)
    if not signs:
        return []
    head, _, tail = number.rpartition(signs[-1])
    decimal = ("three" if len(tail) == 3 else "decimal", signs[-1])
    if len(signs) == 1:
        return [decimal] if signs[0] in ".," and not may_group(head, tail) else []
    if len(set(signs)) == 1:
        return [("group", signs[0])] if _GROUPED.fullmatch(number) else []
    return [("group", signs[0]), decimal] if signs.count(signs[-1]) == 1 and _GROUPED.fullmatch(head) else []


def may_group(head: str, tail: str) -> bool:
    """Whether what stands around a lone `.` or `,` can be thousands."""
    return len(tail) == 3 and 0 < len(head) <= 3 and head[0] != "0"


def _joined(number: str) -> float:
    return float(_SEPARATOR.sub("", number))
