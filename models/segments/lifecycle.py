"""Lifecycle: how far a visitor has come with the shop, by what was done and by silence."""

from itertools import pairwise
from math import inf
from typing import Any, Final, Literal

from models.base.durations import DAY_S
from models.base.errors import InvalidError, show_value
from models.base.fields import Fields
from models.events.sessions import SESSION_GAP_S
from models.segments.rfm import Cutoffs
from models.visitor.profile import Profile

Stage = Literal["potential", "effective", "active", "dormant", "lost"]
STAGES: Final[tuple[Stage, ...]] = ("potential", "effective", "active", "dormant", "lost")
MAX_DAYS: Final = 3_650.0


class Thresholds(Cutoffs, frozen=True, kw_only=True):
    """Days without an event after which a visitor is dormant, and lost; and what divides visitors by value."""

    dormant_after_days: float = 30.0
    lost_after_days: float = 90.0


_DAYS: Final = ("dormant_after_days", "lost_after_days")
_CUTOFFS: Final = Cutoffs.__struct_fields__


def parse_thresholds(raw: object) -> Thresholds:
    """Check thresholds as they came from outside; raises `InvalidError`.

    >>> parse_thresholds({"dormant_after_days": 14, "lost_after_days": 60}).lost_after_days
    60.0
    """
    if not isinstance(raw, dict) or not set(_DAYS) <= set(raw) <= {*_DAYS, *_CUTOFFS}:
        raise InvalidError(
            "thresholds_invalid",
            f"thresholds are {', '.join(_DAYS)}, and if wanted {', '.join(_CUTOFFS)}, got {show_value(raw)}",
        )
    days: dict[str, Any] = {name: _days(Fields(raw), name) for name in _DAYS}
    if days["lost_after_days"] <= days["dormant_after_days"]:
        raise InvalidError(
            "lost_after_days_invalid",
            f"lost_after_days must be above dormant_after_days, got {raw['lost_after_days']!r} and "
            f"{raw['dormant_after_days']!r}",
        )
    cutoffs = {name: _rising(name, raw[name]) for name in _CUTOFFS if name in raw}
    return Thresholds(**days, **cutoffs)


def _days(fields: Fields, name: str) -> float:
    days = fields.number(name, None, 0.0, MAX_DAYS)
    if not days:
        raise fields.refused(name, "must be above 0", days)
    return days


def _rising(name: str, value: Any) -> Any:
    """Four numbers above 0, each above the one before."""
    numbers = value if isinstance(value, (list, tuple)) else []
    plain = all(
        isinstance(number, (int, float)) and not isinstance(number, bool) and 0 < number <= 1e12 for number in numbers
    )
    if len(numbers) != 4 or not plain or any(before >= other for before, other in pairwise(numbers)):
        raise InvalidError(
            f"{name}_invalid",
            f"{name} must be four numbers above 0, each above the one before, got {show_value(value)}",
        )
    return tuple(float(number) for number in numbers)


def stage_of(profile: Profile, thresholds: Thresholds, now_s: float) -> tuple[Stage, str]:
    """Give the stage at `now_s` (epoch seconds), and why.

    `lost` and `dormant` are silent; of the others, `active` has ordered twice, or ordered and visited again later;
    `effective` has ordered once or showed intent (`models.visitor.profile.INTENT`); `potential` has done neither.
    """
    dormant_s, lost_s = _limits(profile, thresholds)
    if now_s >= lost_s:
        return "lost", f"silent for {thresholds.lost_after_days:g} days or more"
    if now_s >= dormant_s:
        return "dormant", f"silent for {thresholds.dormant_after_days:g} days or more"
    if profile.orders is not None and (order_value := profile.order_value).orders:
        if order_value.orders >= 2:
            return "active", f"{order_value.orders} orders"
        if profile.last_at_s - order_value.first_at_s > SESSION_GAP_S:
            return "active", "visited again after the first order"
        return "effective", "the first order"
    if profile.intent:
        return "effective", "showed intent, not ordered yet"
    return "potential", "has neither ordered nor shown intent"


def next_stage_s(profile: Profile, thresholds: Thresholds, now_s: float) -> float:
    """Give when time alone changes the stage next, epoch seconds; infinite where it never will."""
    return min((limit_s for limit_s in _limits(profile, thresholds) if limit_s > now_s), default=inf)


def _limits(profile: Profile, thresholds: Thresholds) -> tuple[float, float]:
    return (
        profile.last_at_s + thresholds.dormant_after_days * DAY_S,
        profile.last_at_s + thresholds.lost_after_days * DAY_S,
    )
