"""Timestamps: read as senders write them, and written as ISO 8601, UTC, milliseconds."""

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


def iso(at_s: float) -> str:
    """Give an epoch time as ISO 8601, UTC.

    >>> iso(1_767_268_800.25)
    '2026-01-01T12:00:00.250Z'
    """
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(value: object, now_s: float) -> float:
    """Read an ISO 8601 time (UTC when it names no zone), or epoch seconds, milliseconds or microseconds.

    Gives epoch seconds, at most `now_s + MAX_CLOCK_AHEAD_S`; `now_s` for None. Raises `InvalidError`.

    >>> parse_time("2019-10-01T00:00:00Z", now_s=2e9), parse_time(1569888000123, now_s=2e9)
    (1569888000.0, 1569888000.123)
    """
    if value is None:
        return now_s
    at_s: float | None = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        at_s = _from_number(value)
    elif isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
            at_s = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            at_s = None
    if at_s is None or not isfinite(at_s) or at_s < EARLIEST_S:
        raise InvalidError(
            "timestamp_invalid",
            f"timestamp must be an ISO 8601 time or epoch seconds, not before 2000, got {show_value(value)}",
        )
    return min(at_s, now_s + MAX_CLOCK_AHEAD_S)


def _from_number(value: int | float) -> float | None:
    """Epoch seconds from a number whose size tells its unit: ms from 1e11 (the year 5138 in s), µs from 1e14."""
    try:
        at = float(value)
    except OverflowError:
        return None
    if at >= 1e14:
        return at / 1e6
    return at / 1e3 if at >= 1e11 else at
