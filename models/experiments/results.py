"""Results: what an experiment has told so far, and whether that is enough for a verdict.

A verdict is given on the experiment's own metric alone, and none where visitors are missing on one side, too few have
acted, or fewer than two variants have met anybody. Figures, intervals and p-values may be looked at at any time
(`models.experiments.sequential`); with several variants against the first, the chance of error is shared out among
them.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from models.catalog.resources import METRICS, Metric
from models.experiments.sequential import ALPHA, Comparison, Sums, chi_square, compare, figure, mean_sums

MIN_VISITORS: Final = 100
"""Visitors of each of the two variants compared."""
MIN_ACTING: Final = 100
"""Visitors of both together who clicked, or ordered: below it sums are not yet as normal as the intervals take them."""
SAMPLE_RATIO_ALPHA: Final = 0.001
"""The sample ratio is off below this p-value: strict, because it is looked at time and again. A false alarm only holds
a verdict back."""
MIN_EXPECTED: Final = 5.0
"""Visitors expected of each variant before its share is judged."""


class Group(NamedTuple):
    """What the visitors of one variant did since they first met it; the last six are sums of squares and products."""

    variant_id: str
    visitors: int = 0
    impressions: float = 0.0
    clicks: float = 0.0
    clickers: int = 0
    orders: int = 0
    buyers: int = 0
    revenue: float = 0.0
    impressions_squared: float = 0.0
    clicks_squared: float = 0.0
    clicks_impressions: float = 0.0
    revenue_squared: float = 0.0

    def sums(self, metric: Metric) -> Sums:
        """Give what a metric is reckoned from."""
        if metric == "click_rate":
            return Sums(
                self.visitors,
                self.clicks,
                self.impressions,
                self.clicks_squared,
                self.impressions_squared,
                self.clicks_impressions,
            )
        if metric == "conversion":
            return mean_sums(self.visitors, self.buyers, self.buyers)
        return mean_sums(self.visitors, self.revenue, self.revenue_squared)

    def acting(self, metric: Metric) -> int:
        """How many of them did what a metric counts."""
        return self.clickers if metric == "click_rate" else self.buyers


class SampleRatio(NamedTuple):
    """Whether as many visitors met each variant as its weight says; `p_value` is None where it is too early to tell."""

    expected: tuple[float, ...]
    chi_square: float
    p_value: float | None
    holds: bool


class VariantResult(NamedTuple):
    """One variant by one metric: its figure, and the first variant's compared with it; `verdict` is `better`, `worse`,
    `not told apart`, or `none` for the `reasons`."""

    variant_id: str
    metric: Metric
    value: float | None
    comparison: Comparison | None
    verdict: str
    reasons: tuple[str, ...]


class Results(NamedTuple):
    """All of an experiment: `verdicts` has each variant's on the metric that decides, the first variant left out."""

    groups: tuple[Group, ...]
    sample_ratio: SampleRatio
    results: tuple[VariantResult, ...]
    verdicts: dict[str, str]
    reasons: tuple[str, ...]


def sample_ratio(groups: Sequence[Group], shares: Sequence[float]) -> SampleRatio:
    """Hold the numbers of visitors against the shares they should have, which sum to 1."""
    whole = sum(group.visitors for group in groups)
    expected = tuple(whole * share for share in shares)
    statistic, p_value = chi_square([group.visitors for group in groups], shares)
    if min(expected) < MIN_EXPECTED:
        return SampleRatio(expected, statistic, None, True)
    return SampleRatio(expected, statistic, p_value, p_value >= SAMPLE_RATIO_ALPHA)


def results_of(groups: Mapping[str, Group], shares: Mapping[str, float], metric: Metric) -> Results:
    """Judge an experiment; `shares` has every variant, the first of which the others are compared with."""
    rows = tuple(groups.get(variant_id, Group(variant_id)) for variant_id in shares)
    ratio = sample_ratio(rows, list(shares.values()))
    alpha = ALPHA / max(1, len(rows) - 1)
    results: list[VariantResult] = []
    for kind in METRICS:
        results.append(VariantResult(rows[0].variant_id, kind, figure(rows[0].sums(kind)), None, "", ()))
        for row in rows[1:]:
            found = compare(row.sums(kind), rows[0].sums(kind), alpha)
            reasons = _reasons(row, rows[0], kind, ratio)
            verdict = "none" if reasons else _verdict(found)
            results.append(VariantResult(row.variant_id, kind, figure(row.sums(kind)), found, verdict, reasons))
    decision = [result for result in results if result.metric == metric and result.variant_id != rows[0].variant_id]
    return Results(
        groups=rows,
        sample_ratio=ratio,
        results=tuple(results),
        verdicts={variant.variant_id: variant.verdict for variant in decision},
        reasons=tuple(dict.fromkeys(reason for result in decision for reason in result.reasons)),
    )


def _verdict(found: Comparison | None) -> str:
    if found is None or found.difference.low <= 0.0 <= found.difference.high:
        return "not told apart"
    return "better" if found.difference.low > 0.0 else "worse"


def _reasons(one: Group, other: Group, metric: Metric, ratio: SampleRatio) -> tuple[str, ...]:
    least = min(one.visitors, other.visitors)
    acting = one.acting(metric) + other.acting(metric)
    did = "clicked" if metric == "click_rate" else "ordered"
    checks = {
        f"sample ratio mismatch: visitors are missing or counted twice (chi-square {ratio.chi_square:.1f}, p below "
        f"{SAMPLE_RATIO_ALPHA:g})": not ratio.holds,
        f"{least} visitors of a variant, {MIN_VISITORS} are needed": least < MIN_VISITORS,
        f"{acting} visitors {did}, {MIN_ACTING} are needed": acting < MIN_ACTING,
    }
    return tuple(reason for reason, holds in checks.items() if holds)
