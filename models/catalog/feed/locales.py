"""Locales: how many decimals a currency has, and how a language and country write amounts, by CLDR."""

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

from models.base.errors import InvalidError, show_value

MOST_DECIMALS: Final = 4


@lru_cache(maxsize=1)
def _known_codes() -> frozenset[str]:
    return frozenset(list_currencies())


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


def parse_locale(text: str) -> str:
    """Check that a locale is a language's, as `de` or `de-DE`; raises `InvalidError`."""
    if _parsed(text) is None:
        raise InvalidError("locale_invalid", f"locale must be such as de-DE or fr, got {show_value(text)}")
    return text
