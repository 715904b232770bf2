"""Convert: a JSON value to a declared type, as a whole; the type is its schema."""

from typing import TypeVar

import msgspec

from models.base.durations import Duration, parse_duration
from models.base.errors import InvalidError, show_value

Declared = TypeVar("Declared")


def convert(value: object, kind: type[Declared], where: str, code: str) -> Declared:
    """Give a value as a `kind`, its nested types and limits checked.

    Raises `InvalidError` with `code`, which says `where`, the place within and the value.

    >>> convert({"to": "2h"}, dict[str, Duration], "span", "span_invalid")
    {'to': 7200.0}
    """
    try:
        return msgspec.convert(value, kind, dec_hook=_read_duration)
    except (msgspec.ValidationError, ValueError) as error:
        raise InvalidError(code, f"{where}: {error}, got {show_value(value)}") from error


def _read_duration(kind: type, value: object) -> Duration:
    if kind is not Duration:
        raise NotImplementedError(f"{kind} is not read here")
    return parse_duration(value)
