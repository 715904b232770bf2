"""Sale dates: from when until when a sale price holds, as Google's `sale_price_effective_date` and others write it."""

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from models.base.durations import DAY_S
from models.base.errors import InvalidError, show_value
from models.base.timestamps import parse_time

_ZONE: Final = r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
_DATES_ALONE: Final = tuple(
    re.compile(written + _ZONE, re.IGNORECASE)
    for written in (
        r"(?P<year>\d{4})(?P<sign>[-./]?)(?P<month>\d{2})(?P=sign)(?P<day>\d{2})",
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
    )
)
"""Days without a time; those with points, the day first, are written so in half of Europe."""
_UNSET: Final = re.compile(r"0{4}-0{2}-0{2}.*|0001-01-01.*")
_BETWEEN: Final = re.compile(r"/|\s+(?:-|–|to)\s+")
_MAX_TEXT: Final = 200
_NAME: Final = "sale_price_effective_date"


def read_sale_dates(source: Mapping[str, Any]) -> tuple[float, float]:
    """Give the first moment of a sale and the first behind it, epoch seconds; 0 and infinity where none is set.

    A last day without a time counts whole; times without a zone are UTC. Raises `InvalidError`.

    >>> read_sale_dates({"sale_price_effective_date": "2024-03-01T00:00+0100/2024-03-02"})
    (1709247600.0, 1709424000.0)
    """
    starts, ends = source.get("sale_starts_at"), source.get("sale_ends_at")
    both = source.get(_NAME)
    if isinstance(both, Mapping):
        starts, ends = both.get("startTime", both.get("start")), both.get("endTime", both.get("end"))
    elif isinstance(both, str) and both.strip():
        parts = [part.strip() for part in _BETWEEN.split(both.strip())] if len(both) <= _MAX_TEXT else []
        if len(parts) != 2:
            raise _refused(both)
        starts, ends = parts
    elif both not in (None, ""):
        raise _refused(both)
    starts_at_s = _moment(starts, source.get("sale_starts_at_s"), 0.0, ends=False)
    ends_at_s = _moment(ends, source.get("sale_ends_at_s"), math.inf, ends=True)
    if ends_at_s <= starts_at_s:
        raise InvalidError(
            f"{_NAME}_invalid", f"{_NAME}: the sale ends before it begins, got {show_value(both or ends)}"
        )
    return starts_at_s, ends_at_s


def _moment(value: Any, seconds: Any, default: float, *, ends: bool) -> float:
    if isinstance(value, str) and (not value.strip() or _UNSET.fullmatch(value.strip())):
        value = None
    if value is None:
        value = None if seconds in (None, 0, math.inf) else seconds
    if value is None:
        return default
    day = _day_alone(value)
    written = value.strip() if isinstance(value, str) else value
    try:
        at_s = parse_time(day or written, now_s=math.inf)
    except InvalidError as error:
        raise _refused(value) from error
    return at_s + DAY_S if ends and day else at_s


def _day_alone(value: Any) -> str:
    """Give the first moment of a day that is told without a time; empty for anything else."""
    text = str(value).strip() if isinstance(value, (str, int)) else ""
    found = next((found for pattern in _DATES_ALONE if (found := pattern.fullmatch(text))), None)
    if found is None:
        return ""
    zone = found["zone"] or ""
    return f"{found['year']}-{found['month']:0>2}-{found['day']:0>2}T00:00:00{zone if zone[:1] in ('+', '-') else 'Z'}"


def _refused(value: object) -> InvalidError:
    example = f"{date(2026, 3, 1)}T00:00+01:00/{date(2026, 3, 8)}T00:00+01:00"
    return InvalidError(f"{_NAME}_invalid", f"{_NAME} must be such as '{example}', got {show_value(value)}")
