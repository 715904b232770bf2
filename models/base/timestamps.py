"""Timestamps: read as senders write them, and written as ISO 8601, UTC, milliseconds."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite
from typing import Final

from models.base.errors import InvalidError, show_value

MAX_CLOCK_AHEAD_S: Final = 300.0
"""Stamps further ahead of receipt are clamped to it."""
EARLIEST_S: Final = 946_684_800.0
"""2000-01-01: a stamp before it is a unit gone wrong."""
LATEST_MOMENT_S: Final = 4_102_444_800.0
"""2100-01-01: a moment asked for or expected after it is a slip."""

_MAX_TEXT: Final = 80
_MOST_SECONDS: Final = 1e11
"""The year 5138: a resource may be valid far into the future."""
_COMPACT: Final = 14
"""Digits of a time such as 20260131120000, which is no epoch number of any unit."""
_DATE: Final = 8
"""Digits of a day such as 20260131; any other number of digits alone is no ISO 8601."""
_UNIT_BOUNDS: Final = ((1e5, 1.0), (1e8, 1e3), (1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))
"""What a clock's number is less than, and how many of its unit a second has: one that began anew at 1970 counts seconds
in its first day, else milliseconds, until seconds reach 1973."""
_NUMBER: Final = re.compile(r"\d{1,20}(?:\.\d{0,12})?")
_ZONE_NAME: Final = re.compile(r"\s*(?:Z|z|UTC|GMT)$")
_ZONE_SPACE: Final = re.compile(r"\s+([+-]\d{2}:?(?:\d{2})?)$")
_COMMENT: Final = re.compile(r"\s*\([^()]*\)$")
_WRITTEN: Final = (
    "%a, %d %b %Y %H:%M:%S GMT",
    "%a, %d %b %Y %H:%M:%S UTC",
    "%a, %d %b %Y %H:%M:%S %z",
    "%d %b %Y %H:%M:%S %z",
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%a %b %d %H:%M:%S %Y",
    "%a %b %d %Y %H:%M:%S GMT%z",
)
"""HTTP dates (RFC 9110, all three forms), mail dates, and how browsers' `Date` writes itself."""


def iso(at_s: float) -> str:
    """Give an epoch time as ISO 8601, UTC.

    >>> iso(1_767_268_800.25)
    '2026-01-01T12:00:00.250Z'
    """
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(value: object, now_s: float) -> float:
    """Read a time: ISO 8601 (UTC when it names no zone), an HTTP date, or an epoch number, also as text.

    An epoch number's size tells whether it is seconds, milliseconds, microseconds or nanoseconds; one that would be
    outside 2000 to 2100 in the unit it looks like is refused, never taken for another; without a limit (`now_s` of
    infinity) seconds may go further. Gives epoch seconds, at most
    `now_s + MAX_CLOCK_AHEAD_S`; `now_s` for None. Raises `InvalidError`.

    >>> parse_time("2019-10-01T00:00:00Z", now_s=2e9), parse_time(1569888000123, now_s=2e9)
    (1569888000.0, 1569888000.123)
    """
    if value is None:
        return now_s
    at_s: float | None = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        at_s = _from_number(value, now_s)
    elif isinstance(value, str):
        at_s = _from_text(value, lambda number: _from_number(number, now_s))
    if at_s is None or not isfinite(at_s) or at_s < EARLIEST_S:
        raise InvalidError(
            "timestamp_invalid",
            "timestamp must be an ISO 8601 time, an HTTP date or epoch seconds, not before 2000, "
            f"got {show_value(value)}",
        )
    return min(at_s, now_s + MAX_CLOCK_AHEAD_S)


def parse_clock(value: object) -> float | None:
    """Read what a clock shows that may be wrong by decades, in epoch seconds; None for what is no time.

    Where the unit of a number cannot be told, a clock that began anew at 1970 is taken for one of its first days.

    >>> parse_clock("1970-01-01T00:10:00Z"), parse_clock(600), parse_clock(600_000), parse_clock(5_680_281_600_000)
    (600.0, 600.0, 600.0, 5680281600.0)
    """
    if isinstance(value, str):
        return _from_text(value, _clock_number)
    return _clock_number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _clock_number(value: int | float) -> float | None:
    try:
        at = float(value)
    except OverflowError:
        return None
    return next((at / unit for bound, unit in _UNIT_BOUNDS if 0 <= at < bound), None)


def _from_number(value: int | float, now_s: float) -> float | None:
    """Epoch seconds from a number whose size tells its unit; the ranges of 2000 to 2100 do not touch each other."""
    try:
        at = float(value)
    except OverflowError:
        return None
    if at < _MOST_SECONDS:
        return at if at <= LATEST_MOMENT_S or not isfinite(now_s) else None
    return next((at / unit for unit in (1e3, 1e6, 1e9) if EARLIEST_S <= at / unit <= LATEST_MOMENT_S), None)


def _from_text(text: str, from_number: Callable[[int | float], float | None]) -> float | None:
    """Epoch seconds from a written time; None for what is none."""
    text = text.strip()
    if len(text) > _MAX_TEXT:
        return None
    # Numbers first: ISO 8601 is read with any sign between day and hour, a digit too.
    if len(text) != _DATE and _NUMBER.fullmatch(text):
        if len(text) == _COMPACT and (moment := _first_format(text, ("%Y%m%d%H%M%S",))) is not None:
            return moment
        return from_number(float(text) if "." in text else int(text))
    try:
        return _epoch(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        pass
    named = _ZONE_NAME.sub("+00:00", _ZONE_SPACE.sub(r"\1", text.replace("t", "T")))
    try:
        return _epoch(datetime.fromisoformat(named))
    except (ValueError, OverflowError):
        return _first_format(_COMMENT.sub("", text), _WRITTEN)


def _first_format(text: str, formats: tuple[str, ...]) -> float | None:
    for form in formats:
        try:
            return _epoch(datetime.strptime(text, form))  # noqa: DTZ007 - `_epoch` says UTC where no zone is named
        except (ValueError, OverflowError):
            continue
    return None


def _epoch(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
