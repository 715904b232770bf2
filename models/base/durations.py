"""Durations: lengths of time as people write them, and the two that everything is counted in."""

import re
from math import isfinite
from typing import Final

from models.base.errors import InvalidError, show_value

HOUR_S: Final = 3_600
DAY_S: Final = 86_400
MAX_DURATION_S: Final = 3_650 * DAY_S
_UNITS: Final = {"s": 1, "m": 60, "h": HOUR_S, "d": DAY_S}
_WRITTEN: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([smhd]?)")


class Duration(float):
    """Seconds."""


def parse_duration(value: object) -> Duration:
    """Read a duration: seconds, or a number with its unit: `45s`, `10m`, `2h`, `100d`. Raises `InvalidError`.

    >>> parse_duration("2h"), parse_duration(90)
    (7200.0, 90.0)
    """
    seconds: float | None = None
    if isinstance(value, str) and (written := _WRITTEN.fullmatch(value.strip())):
        seconds = float(written[1]) * _UNITS[written[2] or "s"]
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value):
        seconds = float(value)
    if seconds is None or not 0 <= seconds <= MAX_DURATION_S:
        raise InvalidError(
            "span_invalid", f"a span is seconds, or such as 45s, 10m, 2h, 100d, at most 3650d, got {show_value(value)}"
        )
    return Duration(seconds)


def written_duration(seconds: float) -> str:
    """Write a duration in the largest unit that fits whole.

    >>> written_duration(7200.0), written_duration(90.0)
    ('2h', '90s')
    """
    for unit in ("d", "h", "m"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{seconds / _UNITS[unit]:g}{unit}"
    return f"{seconds:g}s"
