"""Locales: what a language, a country and a currency tell of amounts; what is none is named."""

import pytest

from models.base.errors import InvalidError
from models.catalog.feed.locales import (
    currency_of_locale,
    decimals_of,
    parse_locale,
    separators_of,
)


def test_a_locale_tells_separators_and_currency_in_any_spelling() -> None:
    assert separators_of("pt-BR") == separators_of("pt_BR") == (".", ",")
    assert [currency_of_locale(locale) for locale in ("hu-HU", "ja_JP", "fr", "", "xx-YY")] == [
        "HUF",
        "JPY",
        "",
        "",
        "",
    ]
    assert [decimals_of(code) for code in ("CLP", "BHD", "CHF")] == [0, 3, 2]


@pytest.mark.parametrize("text", ["xx-YY", "de-XX", "german", "-", "1"])
def test_a_locale_that_is_none_is_named(text: str) -> None:
    with pytest.raises(InvalidError, match=repr(text)):
        parse_locale(text)
    assert parse_locale("de-AT") == "de-AT"
