"""Spans: lengths of time as people write them."""

import re
from math import isfinite
from typing import Final

from models.base.errors import InvalidError, show_value

_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_WRITTEN: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([smhd]?)")
MAX_SPAN_S: Final = 3_650 * 86_400.0


class Span(float):
    """Seconds."""


def parse_span(value: object) -> Span:
    """Read a span: seconds, or a number with its unit: `45s`, `10m`, `2h`, `100d`. Raises `InvalidError`.

    >>> parse_span("2h"), parse_span(90)
    (7200.0, 90.0)
    """
    seconds: float | None = None
    if isinstance(value, str) and (written := _WRITTEN.fullmatch(value.strip())):
        seconds = float(written[1]) * _UNITS[written[2] or "s"]
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value):
        seconds = float(value)
    if seconds is None or not 0 <= seconds <= MAX_SPAN_S:
        raise InvalidError(
            "span_invalid", f"a span is seconds, or such as 45s, 10m, 2h, 100d, at most 3650d, got {show_value(value)}"
        )
    return Span(seconds)


def written_span(seconds: float) -> str:
    """Write a span in the largest unit that fits whole.

    >>> written_span(7200.0), written_span(90.0)
    ('2h', '90s')
    """
    for unit in ("d", "h", "m"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{seconds / _UNITS[unit]:g}{unit}"
    return f"{seconds:g}s"
