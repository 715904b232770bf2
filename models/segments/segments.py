"""Segments: named rules over profiles.

A rule is one of the conditions of `models.segments.conditions` under its name, or `all`, `any` (lists of rules) or
`not` (a rule); nothing in it is ever executed.
"""

from typing import Annotated, Any, Final, NamedTuple, Protocol

import msgspec
from msgspec import Meta

from models.base.convert import convert
from models.base.errors import InvalidError, show_value
from models.base.fields import Fields, parse_object
from models.base.ids import ID_PATTERN, MAX_SHORT_ID
from models.segments.conditions import (
    ActivityCondition,
    Condition,
    DeviceCondition,
    Facts,
    InterestCondition,
    OrdersCondition,
    PriceSensitivityCondition,
    RegionCondition,
    SatisfactionCondition,
    SourceCondition,
    StageCondition,
    ValueCondition,
)

MAX_SEGMENTS: Final = 500
MAX_CONDITIONS: Final = 64
MAX_DEPTH: Final = 8
MAX_SEGMENT_NAME: Final = 200
CONDITIONS: Final[dict[str, type[Condition]]] = {
    "activity": ActivityCondition,
    "interest": InterestCondition,
    "source": SourceCondition,
    "region": RegionCondition,
    "device": DeviceCondition,
    "stage": StageCondition,
    "value": ValueCondition,
    "orders": OrdersCondition,
    "price_sensitivity": PriceSensitivityCondition,
    "satisfaction": SatisfactionCondition,
}
SHORT_CONDITIONS: Final = frozenset({"region", "device", "stage"})
"""May be written as a text or a list: `device: mobile` for `device: {is: mobile}`."""
_GROUPS: Final = ("all", "any", "not")


class SegmentRule(Protocol):
    """A condition, or some of them together."""

    def holds(self, facts: Facts) -> bool:
        """Whether it holds now."""

    def next_s(self, facts: Facts) -> float:
        """When time alone may change the answer, epoch seconds, not later than it does; infinite for never."""

    def why(self, facts: Facts) -> str:
        """What decides it, for a person."""


class AllOf(NamedTuple):
    """Every one of the rules."""

    rules: tuple[SegmentRule, ...]

    def holds(self, facts: Facts) -> bool:
        """Whether all hold."""
        return all(rule.holds(facts) for rule in self.rules)

    def next_s(self, facts: Facts) -> float:
        """The earliest of theirs."""
        return min(rule.next_s(facts) for rule in self.rules)

    def why(self, facts: Facts) -> str:
        """Theirs; of one that does not hold, those that do not."""
        holding = self.holds(facts)
        return "; ".join(rule.why(facts) for rule in self.rules if holding or not rule.holds(facts))


class AnyOf(NamedTuple):
    """At least one of the rules."""

    rules: tuple[SegmentRule, ...]

    def holds(self, facts: Facts) -> bool:
        """Whether one holds."""
        return any(rule.holds(facts) for rule in self.rules)

    def next_s(self, facts: Facts) -> float:
        """The earliest of theirs."""
        return min(rule.next_s(facts) for rule in self.rules)

    def why(self, facts: Facts) -> str:
        """Those that hold; all, where none does."""
        holding = self.holds(facts)
        return "; ".join(rule.why(facts) for rule in self.rules if rule.holds(facts) or not holding)


class Not(NamedTuple):
    """The opposite of a rule."""

    rule: SegmentRule

    def holds(self, facts: Facts) -> bool:
        """Whether the rule does not hold."""
        return not self.rule.holds(facts)

    def next_s(self, facts: Facts) -> float:
        """When the rule under it may change next: this changes with it."""
        return self.rule.next_s(facts)

    def why(self, facts: Facts) -> str:
        """Say of the rule under it what there is to see; that it does not hold is said by whoever lists it."""
        return self.rule.why(facts)


class WrittenSegment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A named rule over profiles."""

    segment_id: Annotated[str, Meta(max_length=MAX_SHORT_ID, pattern=ID_PATTERN)]
    name: Annotated[str, Meta(max_length=MAX_SEGMENT_NAME)] = ""
    rule: dict[str, Any]


class Segment(NamedTuple):
    """A named rule; `raw` is the rule as it was written."""

    segment_id: str
    name: str
    rule: SegmentRule
    raw: dict[str, Any]


def parse_segment(raw: object) -> Segment:
    """Check a segment as it came from outside; raises `InvalidError` that names the place and the value.

    >>> segment = parse_segment({"segment_id": "quiet", "rule": {"activity": {"silent_days": 90}}})
    >>> segment.segment_id, segment.raw
    ('quiet', {'activity': {'silent_days': 90}})
    """
    written = parse_object(raw, "a segment", WrittenSegment.__struct_fields__, "segment_invalid")
    fields = Fields(written)
    segment_id = fields.own_id("segment_id")
    name = fields.text("name", "", MAX_SEGMENT_NAME)
    return Segment(segment_id, name, parse_segment_rule(written.get("rule")), written["rule"])


def parse_segment_rule(raw: object) -> SegmentRule:
    """Check a rule as it came from outside; raises `InvalidError` that names the place and the value."""
    left = [MAX_CONDITIONS]
    return _parse(raw, "rule", MAX_DEPTH, left)


def _parse(raw: object, path: str, depth: int, left: list[int]) -> SegmentRule:
    names = [*_GROUPS, *CONDITIONS]
    if not isinstance(raw, dict) or len(raw) != 1:
        raise InvalidError(
            "rule_invalid", f"{path} must be an object with one of {', '.join(names)}, got {show_value(raw)}"
        )
    left[0] -= 1
    if depth == 0 or left[0] < 0:
        raise InvalidError("rule_too_large", f"{path}: a rule has at most {MAX_CONDITIONS} parts, {MAX_DEPTH} deep")
    ((name, value),) = raw.items()
    path = f"{path}.{name}"
    if name in ("all", "any"):
        if not isinstance(value, list) or not value:
            raise InvalidError("rule_invalid", f"{path} must be a list of rules, got {show_value(value)}")
        rules = tuple(_parse(rule, f"{path}[{index}]", depth - 1, left) for index, rule in enumerate(value))
        return AllOf(rules) if name == "all" else AnyOf(rules)
    if name == "not":
        return Not(_parse(value, path, depth - 1, left))
    if name not in CONDITIONS:
        raise InvalidError("rule_invalid", f"{path} is none of {', '.join(names)}")
    if name in SHORT_CONDITIONS and isinstance(value, (str, list)):
        value = {"is": value}
    return convert(value, CONDITIONS[name], path, "rule_invalid")
