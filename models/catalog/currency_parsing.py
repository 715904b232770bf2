"""Currency parsing: a site's base currency and rates as they come from outside, checked."""

from typing import Final

from models.base.currencies import parse_currency_code
from models.base.errors import InvalidError, show_value
from models.base.fields import Fields, parse_object
from models.events.currency import NO_CURRENCY, SiteCurrency

MAX_RATES: Final = 200
MOST_RATE: Final = 1e9


def parse_site_currency(raw: object) -> SiteCurrency:
    """Check a site's `base` and `rates`, units of the base for one of each other; raises `InvalidError`.

    >>> parse_site_currency({"base": "eur", "rates": {"USD": 0.92}})
    SiteCurrency(base='EUR', rates={'USD': 0.92})
    """
    written = parse_object(raw, "a currency", ("base", "rates"), "currency_invalid")
    given = written.get("base")
    rates = written.get("rates")
    if rates is None:
        rates = {}
    if not isinstance(rates, dict) or len(rates) > MAX_RATES:
        raise InvalidError(
            "rates_invalid", f"rates must be an object of at most {MAX_RATES} codes and rates, got {show_value(rates)}"
        )
    if given in (None, ""):
        if rates:
            raise InvalidError("base_missing", f"base is required where rates are, got {show_value(given)}")
        return NO_CURRENCY
    base = parse_currency_code(given, "base")
    found: dict[str, float] = {}
    for code in rates:
        rate = Fields(rates, "rates.", "rates_invalid").number(code, None, 0.0, MOST_RATE)
        if not rate:
            raise InvalidError(
                "rates_invalid", f"rates.{code} must be a number above 0 to {MOST_RATE:g}, got {show_value(rate)}"
            )
        currency = parse_currency_code(code, "rates")
        if currency == base and rate != 1.0:
            raise InvalidError("rates_invalid", f"rates.{code} is the base's own, which is 1, got {show_value(rate)}")
        if currency != base:
            found[currency] = rate
    return SiteCurrency(base=base, rates=found)
