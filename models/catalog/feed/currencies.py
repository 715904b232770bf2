"""Currencies: codes and signs as shops write them, and how many decimals an amount of each has."""

from functools import lru_cache
from typing import Final

from babel.core import Locale, UnknownLocaleError
from babel.numbers import (
    get_currency_precision,
    get_decimal_symbol,
    get_group_symbol,
    get_territory_currencies,
    list_currencies,
)

_SIGNS: Final[dict[str, tuple[str, ...]]] = {
    "€": ("EUR",),
    "euro": ("EUR",),
    "euros": ("EUR",),
    "£": ("GBP",),
    "₹": ("INR",),
    "rs": ("INR", "PKR", "LKR", "NPR"),
    "₽": ("RUB",),
    "руб": ("RUB",),
    "₴": ("UAH",),
    "грн": ("UAH",),
    "₺": ("TRY",),
    "tl": ("TRY",),
    "₫": ("VND",),
    "đ": ("VND",),
    "₩": ("KRW",),
    "₪": ("ILS",),
    "₱": ("PHP",),
    "₦": ("NGN",),
    "฿": ("THB",),
    "₸": ("KZT",),
    "₡": ("CRC",),
    "zł": ("PLN",),
    "kč": ("CZK",),
    "ft": ("HUF",),
    "lei": ("RON",),
    "лв": ("BGN",),
    "fr": ("CHF",),
    "sfr": ("CHF",),
    "元": ("CNY",),
    "円": ("JPY",),
    "원": ("KRW",),
    "د.إ": ("AED",),
    "ر.س": ("SAR",),
    "r$": ("BRL",),
    "us$": ("USD",),
    "a$": ("AUD",),
    "au$": ("AUD",),
    "c$": ("CAD",),
    "ca$": ("CAD",),
    "nz$": ("NZD",),
    "hk$": ("HKD",),
    "nt$": ("TWD",),
    "s$": ("SGD",),
    "mx$": ("MXN",),
    "cn¥": ("CNY",),
    "$": ("USD", "AUD", "CAD", "NZD", "HKD", "SGD", "MXN", "TWD", "ARS", "CLP", "COP"),
    "¥": ("JPY", "CNY"),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
}
"""Signs, by what they may mean; the first where nothing else tells."""
MOST_DECIMALS: Final = 4


@lru_cache(maxsize=1)
def _known_codes() -> frozenset[str]:
    return frozenset(list_currencies())


@lru_cache(maxsize=1_024)
def currencies_of(text: str) -> tuple[str, ...]:
    """Give the ISO 4217 codes a code or sign may mean, the likeliest first; none where it means no currency.

    >>> currencies_of("eur"), currencies_of("Kč"), currencies_of("kr."), currencies_of("pcs")
    (('EUR',), ('CZK',), ('SEK', 'NOK', 'DKK', 'ISK'), ())
    """
    plain = text.strip()
    if len(plain) == 3 and plain.isascii() and plain.upper() in _known_codes():
        return (plain.upper(),)
    sign = plain.casefold().replace(" ", "")
    return _SIGNS.get(sign) or _SIGNS.get(sign.strip("."), ())


@lru_cache(maxsize=512)
def decimals_of(currency: str) -> int:
    """Give the decimals amounts of a currency are written with, by CLDR; 2 for what is no currency.

    >>> decimals_of("EUR"), decimals_of("VND"), decimals_of("KWD"), decimals_of("")
    (2, 0, 3, 2)
    """
    return min(get_currency_precision(currency), MOST_DECIMALS) if currency in _known_codes() else 2


@lru_cache(maxsize=256)
def separators_of(locale: str) -> tuple[str, str]:
    """Give a locale's signs between thousands and before decimals, such as `de_DE` or `de-DE`; empty for unknown ones.

    >>> separators_of("de-DE"), separators_of("en_US"), separators_of("nowhere")
    (('.', ','), (',', '.'), ('', ''))
    """
    known = _parsed(locale)
    return (get_group_symbol(known), get_decimal_symbol(known)) if known else ("", "")


@lru_cache(maxsize=256)
def currency_of_locale(locale: str) -> str:
    """Give the currency paid where a locale is at home; empty where it names no country.

    >>> currency_of_locale("sv-SE"), currency_of_locale("en-AU"), currency_of_locale("en")
    ('SEK', 'AUD', '')
    """
    known = _parsed(locale)
    found = get_territory_currencies(known.territory) if known and known.territory else []
    return found[0] if found else ""


def _parsed(locale: str) -> Locale | None:
    try:
        return Locale.parse(locale.strip().replace("-", "_")) if locale.strip() else None
    except (UnknownLocaleError, ValueError):
        return None
