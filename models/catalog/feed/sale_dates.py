"""Sale dates: from when until when a sale price holds, as Google's `sale_price_effective_date` and others write it."""

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from models.base.durations import DAY_S
from models.base.errors import InvalidError, show_value
from models.base.timestamps import parse_time

_DATE_ALONE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_UNSET: Final = re.compile(r"0{4}-0{2}-0{2}.*|0001-01-01.*")
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
        parts = [part.strip() for part in re.split(r"/|\s+(?:-|–|to)\s+", both.strip())]
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
    try:
        at_s = parse_time(value.strip() if isinstance(value, str) else value, now_s=math.inf)
    except InvalidError as error:
        raise _refused(value) from error
    if ends and isinstance(value, str) and _DATE_ALONE.fullmatch(value.strip()):
        at_s += DAY_S
    return at_s


def _refused(value: object) -> InvalidError:
    example = f"{date(2026, 3, 1)}T00:00+01:00/{date(2026, 3, 8)}T00:00+01:00"
    return InvalidError(f"{_NAME}_invalid", f"{_NAME} must be such as '{example}', got {show_value(value)}")
