"""Experiments: variants and who meets them, and what they have told."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from pydantic import Field

from api.http.schemas.catalog import MAX_RESOURCES
from api.http.schemas.documenting import CATEGORY, Shape, WireForm, moments, told, write_as
from models.base.ids import ID_PATTERN, MAX_SHORT_ID
from models.catalog.resources import Experiment, ListChange, SlotChange, Variant
from models.catalog.strategies import STRATEGIES
from models.decisions.recommend import MAX_LIMIT
from models.experiments.parsing import MAX_CHANGES, MAX_NAME, MAX_THRESHOLD, MAX_VARIANT_RULES, MAX_VARIANTS, MAX_WEIGHT

_ID: Final[dict[str, Any]] = {"maxLength": MAX_SHORT_ID, "pattern": ID_PATTERN}

_VARIANTS: Final = [
    {"variant_id": "control"},
    {"variant_id": "bestsellers", "lists": {"for_you": {"strategy": "bestsellers"}}},
]

write_as(
    ListChange,
    WireForm(
        fields={
            "strategy": {"strategy": {"enum": list(STRATEGIES), "description": "Instead of the one asked for."}},
            "category": {"category": CATEGORY},
            "limit": {"limit": {"type": ["integer", "null"], "minimum": 1, "maximum": MAX_LIMIT}},
            "threshold": {"threshold": {"type": ["number", "null"], "minimum": 0, "maximum": MAX_THRESHOLD}},
        },
    ),
)
write_as(SlotChange, WireForm(notes={"creative_ids": {"maxItems": MAX_CHANGES}}))
write_as(
    Variant,
    WireForm(
        notes={
            "variant_id": {**_ID, "examples": ["bestsellers"]},
            "name": {"maxLength": MAX_NAME},
            "weight": {"exclusiveMinimum": 0, "maximum": MAX_WEIGHT},
            "lists": {
                "maxProperties": MAX_CHANGES,
                "propertyNames": {"enum": list(STRATEGIES)},
                "description": "What becomes of the lists asked for by a strategy.",
                "examples": [{"for_you": {"strategy": "bestsellers"}}],
            },
            "placements": {
                "maxProperties": MAX_CHANGES,
                "description": "What becomes of placements.",
                "examples": [{"home_hero": {"policy": "random"}}],
            },
            "rules": {
                "maxItems": MAX_VARIANT_RULES,
                "description": "Rules that hold for its visitors beside the shop's.",
            },
        },
    ),
)
write_as(
    Experiment,
    WireForm(
        fields={
            "starts_at_s": moments("starts_at", "Visitors take part from then on.", "2026-03-01T00:00:00Z"),
            "ends_at_s": moments("ends_at", "Nobody takes part from then on.", "2026-06-01T00:00:00Z"),
            "began_at_s": {"began_at_s": told("When it could first show anybody anything, epoch seconds.")},
        },
        notes={
            "experiment_id": {**_ID, "examples": ["hero-test"]},
            "name": {"maxLength": MAX_NAME},
            "variants": {"minItems": 2, "maxItems": MAX_VARIANTS, "examples": [_VARIANTS]},
            "traffic": {
                "exclusiveMinimum": 0,
                "maximum": 1,
                "description": "Share of its visitors who take part.",
            },
            "layer": {"maxLength": MAX_NAME, "description": "Experiments of one layer share its visitors out."},
            "layer_from": {"minimum": 0, "maximum": 1},
            "layer_to": {"minimum": 0, "maximum": 1},
        },
        ids=("experiment_id",),
    ),
)


class Experiments(msgspec.Struct):
    """Experiments; a site has up to 200."""

    experiments: Annotated[list[Experiment], Meta(max_length=MAX_RESOURCES)]


write_as(Experiments, WireForm(open=True))


class ExperimentAssignment(Shape):
    """What a visitor meets of an experiment."""

    experiment_id: str
    visitor_id: str
    variant_id: str | None = Field(description="Null for a visitor who does not take part.")
    why: str = Field(examples=["not in its share of the traffic"])
    holdout: bool
    segments: list[str]
    shares: dict[str, float]


class Interval(Shape):
    """A figure, and the always-valid interval around it."""

    value: float
    low: float
    high: float


class MetricResult(Shape):
    """One metric of a variant, compared with the first variant's."""

    value: float | None
    difference: Interval | None
    lift: Interval | None
    p_value: float | None = Field(description="Always valid: it may be looked at at any time.")
    verdict: str | None = Field(description="better, worse, not told apart, or none for the reasons.")
    reasons: list[str]


class VariantFigures(Shape):
    """What a variant's visitors did since they first met it."""

    variant_id: str
    visitors: int
    impressions: int
    clicks: int
    orders: int
    buyers: int
    revenue: float
    metrics: dict[str, MetricResult]


class SampleRatioView(Shape):
    """Whether as many visitors met each variant as its weight says."""

    holds: bool
    chi_square: float
    p_value: float | None
    expected: dict[str, float]
    observed: dict[str, int]


class ExperimentResults(Shape):
    """What an experiment has told so far."""

    experiment_id: str
    metric: str = Field(description="The one that decides the verdict.")
    verdicts: dict[str, str] = Field(examples=[{"bestsellers": "not told apart"}])
    reasons: list[str] = Field(description="Why there is no verdict.")
    sample_ratio: SampleRatioView
    left_out: dict[str, int] = Field(examples=[{"bots": 3, "floods": 0, "several_variants": 0}])
    variants: list[VariantFigures]
