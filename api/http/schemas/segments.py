"""Segments and stages: rules over profiles, thresholds, and how many visitors are where."""

from dataclasses import replace
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from pydantic import Field

from api.http.schemas.documenting import Shape, WireForm, put_component, reference, write_as
from models.segments.lifecycle import MAX_DAYS, Thresholds
from models.segments.segments import CONDITIONS, MAX_SEGMENTS, SHORT_CONDITIONS, WrittenSegment

MAX_EXAMPLES: Final = 10


def _condition(name: str) -> dict[str, Any]:
    """One condition; some may be written as what they ask for alone."""
    kind = CONDITIONS[name]
    if name not in SHORT_CONDITIONS:
        return reference(kind)
    (asked,) = msgspec.structs.fields(kind)
    return {"anyOf": [reference(kind), msgspec.json.schema(asked.type)]}


_RULE: Final = {"$ref": "#/components/schemas/SegmentRule"}
_RULES: Final = {"type": "array", "items": _RULE, "minItems": 1}
SEGMENT_RULE: Final = put_component(
    "SegmentRule",
    {
        "type": "object",
        "description": "One condition under its name, or all, any (lists of rules), not (a rule).",
        "properties": {"all": _RULES, "any": _RULES, "not": _RULE, **{name: _condition(name) for name in CONDITIONS}},
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "examples": [{"all": [{"interest": {"category": "Home > Kitchen"}}, {"activity": {"seen_within_days": 7}}]}],
    },
)
_SEGMENT: Final = WireForm(
    name="Segment",
    fields={"rule": {"rule": SEGMENT_RULE}},
    notes={"segment_id": {"examples": ["kitchen-lovers"]}},
    ids=("segment_id",),
)
write_as(WrittenSegment, _SEGMENT)
_DAYS: Final = {"exclusiveMinimum": 0, "maximum": MAX_DAYS}
write_as(
    Thresholds,
    WireForm(
        notes={"dormant_after_days": _DAYS, "lost_after_days": _DAYS},
        required=("dormant_after_days", "lost_after_days"),
    ),
)


class Segments(msgspec.Struct):
    """Up to 500 segments."""

    segments: Annotated[list[WrittenSegment], Meta(max_length=MAX_SEGMENTS)]


write_as(Segments, WireForm(open=True))


class SegmentNow(WrittenSegment, frozen=True, kw_only=True):
    """A segment as it stands."""

    count: Annotated[int, Meta(description="Visitors in it now.", examples=[1042])]
    changed_at: Annotated[str | None, Meta(description="When a visitor last came or went.")]
    settled: Annotated[bool, Meta(description="False while visitors are still being judged by a changed rule.")]


write_as(SegmentNow, replace(_SEGMENT, name="SegmentNow", open=True))


class SegmentTaken(WrittenSegment, frozen=True, kw_only=True):
    """A segment as it was taken; `warnings` where something is odd about it."""

    warnings: list[dict[str, Any]] = msgspec.field(default_factory=list)


write_as(SegmentTaken, replace(_SEGMENT, name="SegmentTaken", open=True))


class PreviewRule(msgspec.Struct):
    """A rule to try."""

    rule: dict[str, Any]
    limit: Annotated[int, Meta(ge=0, le=MAX_EXAMPLES, description="Examples to show.")] = MAX_EXAMPLES


write_as(PreviewRule, WireForm(fields={"rule": {"rule": SEGMENT_RULE}}))


class StageNow(msgspec.Struct):
    """A stage's visitors."""

    count: int
    changed_at: str | None


class Stages(msgspec.Struct):
    """The stages of life."""

    thresholds: Thresholds
    stages: dict[str, StageNow]
    settled: bool


write_as(StageNow, WireForm(open=True))
write_as(Stages, WireForm(open=True))


class PreviewExample(Shape):
    """One visitor a rule holds for."""

    visitor_id: str
    stage: str
    last_seen: str
    why: str


class Preview(Shape):
    """How many visitors a rule holds for."""

    count: int
    judged: int = Field(description="Visitors looked at.")
    complete: bool = Field(description="False where there were too many visitors to look at all in 10 s.")
    examples: list[PreviewExample]
