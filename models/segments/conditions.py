"""Conditions: what a segment's rule may ask of a profile, one small type each.

Each answers `holds` at a moment, `next_s`: when time alone may change that answer (epoch seconds, infinite for never),
and `why`: what it was decided by. Whatever compares a time with now does so with the same sum as `next_s`, so that the
answer has changed exactly at the moment promised.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from models.base.durations import DAY_S
from models.catalog.assortment import Assortment
from models.catalog.feature_hashing import category_tokens, weights_of
from models.events.device import Device
from models.events.region import within
from models.events.traffic_source import Touch
from models.segments.lifecycle import Stage, Thresholds, next_stage_s, stage_of
from models.segments.rfm import ValueTier, scores_of, tier_of
from models.visitor.interest_sketch import directions
from models.visitor.order_value import OrderValue, order_value_of
from models.visitor.profile import Profile
from models.visitor.satisfaction import Mood

LEAST_SKETCH_SHARE: Final = 0.25
"""A token of items the catalog does not know counts from this share of the interest vector's length on."""

Days = Annotated[float, Meta(gt=0, le=3_650)]
Amount = Annotated[float, Meta(ge=0, le=1e12)]
Share = Annotated[float, Meta(ge=0, le=1)]
ShortText = Annotated[str, Meta(min_length=1, max_length=200)]
Texts = ShortText | Annotated[list[ShortText], Meta(min_length=1, max_length=50)]
Score = Annotated[int, Meta(ge=1, le=5)]
ConditionType = TypeVar("ConditionType")
Some = Annotated[list[ConditionType], Meta(min_length=1, max_length=50)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]


@dataclass
class Facts:
    """What conditions are asked about: a profile, with its catalog and the site's thresholds, at `now_s`."""

    profile: Profile
    assortment: Assortment
    thresholds: Thresholds
    now_s: float

    @cached_property
    def order_value(self) -> OrderValue:
        """The visitor's figures, reckoned once."""
        return order_value_of(self.profile.history, self.assortment.currency)


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One question to a profile. Each kind says whether it holds and why; time changes nothing unless it says so."""

    def holds(self, facts: Facts) -> bool:  # noqa: ARG002 - what each kind is given
        """Whether it holds now."""
        return False

    def next_s(self, facts: Facts) -> float:  # noqa: ARG002
        """When time alone may change the answer, epoch seconds; infinite for never."""
        return inf

    def why(self, facts: Facts) -> str:  # noqa: ARG002
        """What decides it, for a person."""
        return ""


class ActivityCondition(Condition, frozen=True):
    """`seen_within_days`: the newest event is younger; `silent_days`: it is at least so old; or both."""

    seen_within_days: Days | None = None
    silent_days: Days | None = None

    def __post_init__(self) -> None:
        _some(self, "seen_within_days", "silent_days")

    def holds(self, facts: Facts) -> bool:
        """Compare the newest event's time."""
        last_s = facts.profile.last_at_s
        return _within(last_s, self.seen_within_days, facts) and not (
            self.silent_days is not None and _within(last_s, self.silent_days, facts)
        )

    def next_s(self, facts: Facts) -> float:
        """When the newest event gets too old, or old enough."""
        last_s = facts.profile.last_at_s
        return min(_ends(last_s, self.seen_within_days, facts), _ends(last_s, self.silent_days, facts))

    def why(self, facts: Facts) -> str:
        """Days since the newest event."""
        return f"last seen {_days(facts.profile.last_at_s, facts)} ago"


class InterestCondition(Condition, frozen=True):
    """At least `items` of the recent items, looked at within `within_days`, are of a category path or a brand.

    A single category name is found at any level. Recent items the catalog does not know count where the interest vector
    shows what they were.
    """

    category: ShortText | None = None
    brand: ShortText | None = None
    items: Annotated[int, Meta(ge=1, le=24)] = 1
    within_days: Days = 30.0

    def __post_init__(self) -> None:
        if (self.category is None) == (self.brand is None):
            raise ValueError("give category or brand, one of them")

    def holds(self, facts: Facts) -> bool:
        """Count what is young enough."""
        return sum(_within(at_s, self.within_days, facts) for at_s in self._times(facts)) >= self.items

    def next_s(self, facts: Facts) -> float:
        """When the item that makes the number full gets too old."""
        times = sorted(self._times(facts), reverse=True)
        return _ends(times[self.items - 1], self.within_days, facts) if len(times) >= self.items else inf

    def why(self, facts: Facts) -> str:
        """How many items."""
        count = sum(_within(at_s, self.within_days, facts) for at_s in self._times(facts))
        return f"{count} recent items of {self.category or self.brand} in {self.within_days:g} days"

    def _times(self, facts: Facts) -> list[float]:
        found: list[float] = []
        unknown: list[float] = []
        for seen in facts.profile.recent:
            item = facts.assortment.item_of(seen.item_id)
            if item is None:
                unknown.append(seen.at_s)
            elif self._is(item.category, item.brand):
                found.append(seen.at_s)
        return found + unknown if unknown and self._in_sketch(facts) else found

    def _is(self, category: tuple[str, ...], brand: str) -> bool:
        if self.brand is not None:
            return brand.casefold() == self.brand.strip().casefold()
        wanted = self._path
        levels = [level.casefold() for level in category]
        return wanted[0] in levels if len(wanted) == 1 else levels[: len(wanted)] == wanted

    @property
    def _path(self) -> list[str]:
        return [level.strip().casefold() for level in (self.category or "").split(">")]

    def _in_sketch(self, facts: Facts) -> bool:
        if not facts.profile.sketch:
            return False
        if self.brand is not None:
            token = f"brand:{self.brand.strip().casefold()}"
        else:
            path = [level.strip() for level in (self.category or "").split(">")]
            token = category_tokens(path)[-1]
        return bool(weights_of([token], directions(facts.profile.sketch)[-1])[0] >= LEAST_SKETCH_SHARE)


class SourceCondition(Condition, frozen=True):
    """Where the visitor came from: the first touch, the last one, or either."""

    source: Texts | None = None
    medium: Texts | None = None
    campaign: Texts | None = None
    touch: Literal["first", "last", "any"] = "any"

    def __post_init__(self) -> None:
        _some(self, "source", "medium", "campaign")

    def holds(self, facts: Facts) -> bool:
        """Compare the touches, without regard to case."""
        return any(self._is(touch) for touch in self._touches(facts))

    def why(self, facts: Facts) -> str:
        """The touches looked at."""
        shown = [f"{touch.source} / {touch.medium} / {touch.campaign}" for touch in self._touches(facts)]
        return f"{self.touch} touch: {', '.join(dict.fromkeys(shown)) or 'none'}"

    def _touches(self, facts: Facts) -> list[Touch]:
        first, last = facts.profile.first_touch, facts.profile.last_touch
        wanted = {"first": (first,), "last": (last,), "any": (first, last)}[self.touch]
        return [touch for touch in wanted if touch is not None]

    def _is(self, touch: Touch) -> bool:
        asked = ((self.source, touch.source), (self.medium, touch.medium), (self.campaign, touch.campaign))
        return all(wanted is None or _one_of(found, wanted) for wanted, found in asked)


class RegionCondition(Condition, frozen=True):
    """`is`: countries or regions; `DE` holds for `DE-BE` too."""

    is_: Texts = msgspec.field(name="is")

    def holds(self, facts: Facts) -> bool:
        """Compare the region of the latest event that told one."""
        return any(within(facts.profile.region, value) for value in _list(self.is_))

    def why(self, facts: Facts) -> str:
        """Name the region of the latest event that told one, such as `region DE-BE`."""
        return f"region {facts.profile.region or 'unknown'}"


class DeviceCondition(Condition, frozen=True):
    """`is`: kinds of device, by the latest event that told one."""

    is_: Device | Some[Device] = msgspec.field(name="is")

    def holds(self, facts: Facts) -> bool:
        """Whether the latest event that told a device told one of these."""
        return facts.profile.device in _list(self.is_)

    def why(self, facts: Facts) -> str:
        """Name the device of the latest event that told one, such as `device mobile`."""
        return f"device {facts.profile.device or 'unknown'}"


class StageCondition(Condition, frozen=True):
    """`is`: stages of life."""

    is_: Stage | Some[Stage] = msgspec.field(name="is")

    def holds(self, facts: Facts) -> bool:
        """Compare the stage."""
        return stage_of(facts.profile, facts.thresholds, facts.now_s)[0] in _list(self.is_)

    def next_s(self, facts: Facts) -> float:
        """When silence changes the stage."""
        return next_stage_s(facts.profile, facts.thresholds, facts.now_s)

    def why(self, facts: Facts) -> str:
        """Give the stage with its own reason."""
        stage, why = stage_of(facts.profile, facts.thresholds, facts.now_s)
        return f"{stage}: {why}"


class ValueCondition(Condition, frozen=True):
    """Value tier by RFM, its three scores, lifetime value and average basket; all that are given must hold."""

    tier: ValueTier | Some[ValueTier] | None = None
    recency_min: Score | None = None
    frequency_min: Score | None = None
    monetary_min: Score | None = None
    lifetime_min: Amount | None = None
    lifetime_max: Amount | None = None
    average_basket_min: Amount | None = None
    average_basket_max: Amount | None = None

    def __post_init__(self) -> None:
        _some(self, *self.__struct_fields__)

    def holds(self, facts: Facts) -> bool:
        """Compare scores and sums."""
        order_value = facts.order_value
        recency, frequency, monetary = scores_of(order_value, facts.thresholds, facts.now_s)
        return (
            (self.tier is None or tier_of(recency, frequency, monetary, order_value.orders) in _list(self.tier))
            and _between(recency, self.recency_min, None)
            and _between(frequency, self.frequency_min, None)
            and _between(monetary, self.monetary_min, None)
            and _between(order_value.revenue, self.lifetime_min, self.lifetime_max)
            and _between(order_value.average_basket, self.average_basket_min, self.average_basket_max)
        )

    def next_s(self, facts: Facts) -> float:
        """When the recency score falls."""
        if (self.tier is None and self.recency_min is None) or not facts.order_value.orders:
            return inf
        return min(_ends(facts.order_value.last_at_s, days, facts) for days in facts.thresholds.recency_days)

    def why(self, facts: Facts) -> str:
        """Give the tier, the three scores it comes from and the lifetime value."""
        order_value = facts.order_value
        scores = scores_of(order_value, facts.thresholds, facts.now_s)
        named = "".join(str(score) for score in scores)
        return f"{tier_of(*scores, order_value.orders)}, RFM {named}, lifetime value {order_value.revenue:g}"


class OrdersCondition(Condition, frozen=True):
    """Order pattern: `none`, `single`, `repeat` or `wholesale` (an order of `units` or `value` or more); bounds; times.

    All that are given must hold.
    """

    pattern: Literal["none", "single", "repeat", "wholesale"] | None = None
    units: Annotated[int, Meta(ge=1)] = 20
    value: Amount = 1_000.0
    min: Count | None = None
    max: Count | None = None
    within_days: Days | None = None
    silent_days: Days | None = None

    def __post_init__(self) -> None:
        _some(self, "pattern", "min", "max", "within_days", "silent_days")

    def holds(self, facts: Facts) -> bool:
        """Compare number, size and time of the orders."""
        order_value = facts.order_value
        if not _between(order_value.orders, self.min, self.max) or not self._fits(order_value):
            return False
        if self.within_days is None and self.silent_days is None:
            return True
        return bool(
            order_value.orders
            and _within(order_value.last_at_s, self.within_days, facts)
            and not (self.silent_days is not None and _within(order_value.last_at_s, self.silent_days, facts))
        )

    def _fits(self, order_value: OrderValue) -> bool:
        match self.pattern:
            case "none":
                return order_value.orders == 0
            case "single":
                return order_value.orders == 1
            case "repeat":
                return order_value.orders >= 2
            case "wholesale":
                return order_value.most_units >= self.units or order_value.most_value >= self.value
        return True

    def next_s(self, facts: Facts) -> float:
        """When the last order gets too old, or old enough."""
        if not facts.order_value.orders:
            return inf
        last_s = facts.order_value.last_at_s
        return min(_ends(last_s, self.within_days, facts), _ends(last_s, self.silent_days, facts))

    def why(self, facts: Facts) -> str:
        """Number and size."""
        order_value = facts.order_value
        text = (
            f"{order_value.orders} orders, the largest of {order_value.most_units} units and {order_value.most_value:g}"
        )
        return f"{text}, the last {_days(order_value.last_at_s, facts)} ago" if order_value.orders else text


class PriceSensitivityCondition(Condition, frozen=True):
    """Share of the units ever ordered that were bought on sale; `units_min` of them make it worth saying."""

    sale_share_min: Share | None = None
    sale_share_max: Share | None = None
    units_min: Annotated[int, Meta(ge=1)] = 1

    def __post_init__(self) -> None:
        _some(self, "sale_share_min", "sale_share_max")

    def holds(self, facts: Facts) -> bool:
        """Whether enough units were bought for a share to mean anything, and theirs lies within the bounds."""
        order_value = facts.order_value
        return order_value.units >= self.units_min and _between(
            order_value.sale_share, self.sale_share_min, self.sale_share_max
        )

    def why(self, facts: Facts) -> str:
        """Give the share on sale, and of how many units it is."""
        return f"{facts.order_value.sale_share:.0%} of {facts.order_value.units} units bought on sale"


class SatisfactionCondition(Condition, frozen=True):
    """What the visitor said last: a mood, or bounds of one measure; within some days, if given."""

    is_: Mood | Some[Mood] | None = msgspec.field(name="is", default=None)
    nps_min: Annotated[float, Meta(ge=0, le=10)] | None = None
    nps_max: Annotated[float, Meta(ge=0, le=10)] | None = None
    csat_min: Annotated[float, Meta(ge=1, le=5)] | None = None
    csat_max: Annotated[float, Meta(ge=1, le=5)] | None = None
    rating_min: Annotated[float, Meta(ge=1, le=5)] | None = None
    rating_max: Annotated[float, Meta(ge=1, le=5)] | None = None
    complained: bool | None = None
    within_days: Days | None = None

    def __post_init__(self) -> None:
        _some(self, *(name for name in self.__struct_fields__ if name != "within_days"))

    def holds(self, facts: Facts) -> bool:
        """Compare what was said."""
        return all(self._answers(facts))

    def _answers(self, facts: Facts) -> Iterable[bool]:
        satisfaction = facts.profile.satisfaction
        if self.is_ is not None:
            latest = satisfaction.latest if satisfaction else None
            yield latest is not None and latest[0] in _list(self.is_) and _within(latest[1], self.within_days, facts)
        for kind in ("nps", "csat", "rating"):
            least, most = getattr(self, f"{kind}_min"), getattr(self, f"{kind}_max")
            if least is not None or most is not None:
                said = getattr(satisfaction, kind) if satisfaction else None
                yield (
                    said is not None
                    and _between(said.value, least, most)
                    and _within(said.at_s, self.within_days, facts)
                )
        if self.complained is not None:
            said = satisfaction.complaints if satisfaction else None
            yield (said is not None and _within(said.at_s, self.within_days, facts)) == self.complained

    def next_s(self, facts: Facts) -> float:
        """When something said gets too old."""
        satisfaction = facts.profile.satisfaction
        if satisfaction is None or self.within_days is None:
            return inf
        told = (satisfaction.nps, satisfaction.csat, satisfaction.rating, satisfaction.complaints)
        return min((_ends(answer.at_s, self.within_days, facts) for answer in told if answer is not None), default=inf)

    def why(self, facts: Facts) -> str:
        """What was said."""
        satisfaction = facts.profile.satisfaction
        if satisfaction is None:
            return "has said nothing"
        told = [
            f"{kind} {said.value:g}" for kind in satisfaction.__struct_fields__ if (said := getattr(satisfaction, kind))
        ]
        return ", ".join(told)


def _some(condition: Condition, *names: str) -> None:
    if all(getattr(condition, name) is None for name in names):
        raise ValueError(f"give at least one of {', '.join(name.rstrip('_') for name in names)}")


def _list(value: str | Iterable[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _one_of(found: str, wanted: Texts) -> bool:
    return found.casefold() in [wanted_value.casefold() for wanted_value in _list(wanted)]


def _between(value: float, least: float | None, most: float | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


def _within(at_s: float, days: float | None, facts: Facts) -> bool:
    return days is None or facts.now_s < at_s + days * DAY_S


def _ends(at_s: float, days: float | None, facts: Facts) -> float:
    """When `_within` turns false; infinite where it never will, or has already."""
    if days is None:
        return inf
    end_s = at_s + days * DAY_S
    return end_s if end_s > facts.now_s else inf


def _days(at_s: float, facts: Facts) -> str:
    return f"{max(0.0, facts.now_s - at_s) / DAY_S:.1f} days"
