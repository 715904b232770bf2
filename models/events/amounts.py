"""Amounts of an event: money and quantities as shops' programs send them, read or given up with a warning."""

from math import isfinite
from typing import Final, NamedTuple

from models.base.errors import InvalidError, show_value
from models.base.money import read_currency, read_money
from models.events.intake.event_warnings import EventWarnings

MOST_MONEY: Final = 1e12
MAX_QUANTITY: Final = 1_000_000
_QUANTUM: Final = 6
"""Decimals of a quantity: a gram of a ton."""


class ReadAmount(NamedTuple):
    """An amount, None where none could be read, and the currency its text named, else empty."""

    value: float | None
    currency: str = ""


NO_AMOUNT: Final = ReadAmount(None)


def read_amount(value: object, field: str, warnings: EventWarnings) -> ReadAmount:
    """Read an amount of money, below 0 too; what is none is dropped with a warning, null without."""
    if value is None:
        return NO_AMOUNT
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if -MOST_MONEY < value < MOST_MONEY:
            return ReadAmount(float(value))
    elif isinstance(value, str) and (money := read_money(value)) is not None and abs(money.amount) < MOST_MONEY:
        if value != f"{money.amount:g}" and not _is_number(value):
            named = f" {money.currency}" if money.currency else ""
            warnings.add(field, "read_as", value, f"was read as {money.amount:g}{named}")
        return ReadAmount(money.amount, money.currency)
    warnings.add(field, "dropped", value, "is no amount, and was left out")
    return NO_AMOUNT


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def read_quantity(value: object, field: str, warnings: EventWarnings) -> int | float:
    """Read how many, or how much of what is sold by weight; below 0 too. What is no quantity is 1, with a warning."""
    number: float | None = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = value if -MAX_QUANTITY <= value <= MAX_QUANTITY else None
    elif isinstance(value, str) and (money := read_money(value)) is not None and not money.currency:
        number = money.amount if abs(money.amount) <= MAX_QUANTITY else None
        if number is not None and not _is_number(value):
            warnings.add(field, "read_as", value, f"was read as {number:g}")
    if number is None:
        warnings.add(field, "read_as", value, "is no quantity, and was read as 1")
        return 1
    return whole_if_it_is(number)


def whole_if_it_is(quantity: float) -> int | float:
    """Give a quantity as an int where it is whole: what was summed up of fractions leaves no dust.

    >>> whole_if_it_is(2.0), whole_if_it_is(1.25), whole_if_it_is(0.3 - 0.1 - 0.1 - 0.1)
    (2, 1.25, 0)
    """
    rounded = round(quantity, _QUANTUM)
    return int(rounded) if isfinite(rounded) and rounded == int(rounded) else rounded


def read_currency_code(value: object, field: str, warnings: EventWarnings) -> str:
    """Read a currency's ISO 4217 code; empty, with a warning, for what names none."""
    code = read_currency(value) if isinstance(value, str) else None
    if not code:
        warnings.add(field, "dropped", value, "names no currency (ISO 4217), and was left out")
        return ""
    if code != value:
        warnings.add(field, "read_as", value, f"was read as {code}")
    return code


def parse_amount(value: object, field: str, code: str) -> float:
    """Read an amount of money: a number, or digits as text; 0 or more, finite. Raises `InvalidError`."""
    amount: float | None = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        amount = float(value) if abs(value) < 1e15 else None
    elif isinstance(value, str):
        try:
            amount = float(value)
        except ValueError:
            amount = None
    if amount is None or not isfinite(amount) or not 0 <= amount < MOST_MONEY:
        raise InvalidError(code, f"{field} must be a number of 0 or more, got {show_value(value)}")
    return amount
