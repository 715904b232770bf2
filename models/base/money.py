"""Money: an amount and its currency out of text as people and programs write it, or nothing where it cannot be told.

A number is read by how it is written: of `.` and `,` the later one parts the decimals; one that stands more than once
groups thousands, and so does a lone one with three digits behind it where people write (`1,234`, `1.299 EUR`). A plain
number with a point (`12.995`) is a program's, and its point parts the decimals. Text of two numbers is no amount.
"""

import re
import unicodedata
from math import isfinite
from typing import Final, NamedTuple

_MAX_TEXT: Final = 64
_PLAIN: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_NUMBER: Final = r"(?P<number>\d[\d.,' ]*|[.,]\d+)"
_WORD: Final = r"[^\d\s+\-(),.']+(?:\.(?=\s|\d|$))?"
_WRITTEN: Final = re.compile(
    rf"(?P<before>{_WORD})?\s*(?P<sign>[+-])?\s*(?P<middle>{_WORD})?\s*{_NUMBER}(?P<dash>[.,:]?[-\u2013\u2014]+)?"
    rf"\s*(?P<after>{_WORD})?"
)
_GROUPED: Final = re.compile(r"[1-9]\d{0,2}(?:[., ']\d{3})+|[1-9]\d?(?:[., ']\d{2})+[., ']\d{3}")
"""Groups of three, or as India writes them, of two before the last three; no group begins an amount with 0."""
_SYMBOLS: Final = {
    "€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "us$": "USD", "ca$": "CAD", "c$": "CAD", "a$": "AUD",
    "au$": "AUD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "nt$": "TWD", "r$": "BRL", "mx$": "MXN", "₫": "VND",
    "zł": "PLN", "zl": "PLN", "kč": "CZK", "₴": "UAH", "₽": "RUB", "руб": "RUB", "руб.": "RUB", "₹": "INR",
    "rs.": "INR", "₩": "KRW", "₺": "TRY", "₪": "ILS", "฿": "THB", "₱": "PHP", "₦": "NGN", "₸": "KZT", "ft": "HUF",
    "lei": "RON", "лв": "BGN", "лв.": "BGN", "元": "CNY", "cn¥": "CNY", "円": "JPY", "jp¥": "JPY",
    "rp": "IDR", "rm": "MYR", "chf.": "CHF", "fr.": "CHF",
}  # fmt: skip
_OF_SEVERAL: Final = frozenset({"$", "¥", "￥", "kr", "kr."})
"""Signs of more than one currency: the amount is read, its currency is not."""
_CODES: Final = frozenset(
    re.findall(
        "[A-Z]{3}",
        """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
        CDF CHF CLF CLP CNH CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
        GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT
        LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD
        OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN
        SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF
        XPF YER ZAR ZMW ZWG ZWL""",
    )
)
"""ISO 4217, and a few that ended lately."""
_THREE_DECIMALS: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


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
    written = _simplified(plain)
    negative = written.startswith("(") and written.endswith(")")
    found = _WRITTEN.fullmatch(written[1:-1].strip() if negative else written)
    if found is None:
        return None
    words = [word for name in ("before", "middle", "after") if (word := found[name])]
    codes = {read_currency(word) for word in words}
    if None in codes or len(codes - {""}) > 1:
        return None
    named = next((code for code in codes if code), "")
    digits = _plain_digits(found["number"].strip(), named or currency, decimal_mark, by_people=bool(words))
    if digits is None:
        return None
    amount = float(digits)
    return _finite(-amount if negative or found["sign"] == "-" else amount, named)


def read_currency(text: str) -> str | None:
    """Give the ISO 4217 code that a code, a sign or a word stands for; empty for a sign of several, None for none.

    >>> read_currency("eur"), read_currency("€"), read_currency("$"), read_currency("quite")
    ('EUR', 'EUR', '', None)
    """
    word = text.strip().casefold()
    if word in _SYMBOLS:
        return _SYMBOLS[word]
    if word in _OF_SEVERAL:
        return ""
    return word.upper() if word.upper() in _CODES else None


def _finite(amount: float, currency: str) -> Money | None:
    return Money(amount, currency) if isfinite(amount) else None


def _simplified(text: str) -> str:
    """Digits of any script as ours, spaces as one space, minus signs and apostrophes as ASCII has them."""
    made: list[str] = []
    for letter in text:
        digit = unicodedata.decimal(letter, None)
        if digit is not None:
            made.append(str(digit))
        elif letter.isspace() or letter in "\u202f\u2009\u00a0":
            made.append(" ")
        else:
            made.append(
                {"\u2212": "-", "\u2019": "'", "\u02bc": "'", "\u066b": ",", "\u066c": "'", "\uff0c": ","}.get(
                    letter, letter
                )
            )
    return " ".join("".join(made).split())


def _plain_digits(number: str, currency: str, decimal_mark: str, *, by_people: bool) -> str | None:
    """Give a number with a point before its decimals and no groups; None where it is written like no amount."""
    marks = [mark for mark in number if mark in ".,"]
    if not marks:
        whole, tail = number, ""
    elif len({*marks}) == 2 or len(marks) == 1:
        whole, _, tail = number.rpartition(marks[-1])
        if len({*marks}) == 1 and _groups(whole, tail, marks[-1], currency, decimal_mark, by_people=by_people):
            whole, tail = number, ""
        elif marks[-1] in whole:
            return None  # 1,234.567,89
    else:
        whole, tail = number, ""
    if tail and not tail.isdecimal():
        return None
    separators = {mark for mark in whole if not mark.isdecimal()}
    if separators and (len(separators) > 1 or not _GROUPED.fullmatch(whole)):
        return None
    return f"{''.join(mark for mark in whole if mark.isdecimal()) or '0'}.{tail or '0'}"


def _groups(whole: str, tail: str, mark: str, currency: str, decimal_mark: str, *, by_people: bool) -> bool:
    """Whether a lone mark groups thousands rather than parts decimals."""
    if len(tail) != 3 or not whole or len(whole) > 3 or whole.startswith("0") or not whole.isdecimal():
        return False
    if decimal_mark:
        return mark != decimal_mark
    if mark == ",":
        return True
    return by_people and currency not in _THREE_DECIMALS
