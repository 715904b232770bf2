"""Sequential statistics: figures of two groups compared so that looking at any time, and often, does no harm.

Intervals are asymptotic confidence sequences [1]_: with a stated chance they hold at every look together, so that an
experiment may be read each day and ended when it has told enough. The p-values are theirs, those of a mixture
sequential probability ratio test [2]_. Rates whose numerator and denominator both vary from visitor to visitor, and
relative lifts, have their variance by the delta method [3]_. The unit is the visitor throughout.

.. [1] Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic confidence
   sequences", Annals of Statistics 52(6), 2024, with the normal mixture's boundary.
.. [2] Johari, Koomen, Pekelis and Walsh, "Peeking at A/B Tests", KDD 2017.
.. [3] Deng, Knoblich and Lu, "Applying the Delta Method in Metric Analytics", KDD 2018.
"""

from collections.abc import Sequence
from math import erfc, exp, gamma, inf, log, sqrt
from typing import Final, NamedTuple

ALPHA: Final = 0.05
"""Chance that an interval ever leaves out what is true."""
TUNED_FOR: Final = 5_000.0
"""Visitors at which the intervals are narrowest for their kind; at a tenth or tenfold they are 7 % to 24 % wider."""


class Sums(NamedTuple):
    """What one group's visitors add up to, of two figures each, `above` over `below`: a mean has 1 below for each."""

    visitors: int
    above: float
    below: float
    above_squared: float
    below_squared: float
    product: float


class Estimate(NamedTuple):
    """A figure, and the interval around it."""

    value: float
    low: float
    high: float


class Comparison(NamedTuple):
    """One group against another: `difference` of their figures, `lift` relative to the other, None where that is 0.

    `p_value` is always valid: the chance that it ever falls below a number, where there is no difference, is at most
    that number.
    """

    difference: Estimate
    lift: Estimate | None
    p_value: float


def mean_sums(visitors: int, total: float, squared: float) -> Sums:
    """Give the sums of a figure that every visitor has one of.

    >>> figure(mean_sums(4, 2.0, 2.0))
    0.5
    """
    return Sums(visitors, total, float(visitors), squared, float(visitors), total)


def figure(sums: Sums) -> float | None:
    """Give a group's figure; None where there is nothing below."""
    return sums.above / sums.below if sums.below else None


def variance(sums: Sums) -> float:
    """Give the variance of a group's figure, by the delta method; 0 where it cannot be told."""
    ratio = figure(sums)
    if ratio is None or sums.visitors < 2:
        return 0.0
    spread = sums.above_squared - 2.0 * ratio * sums.product + ratio * ratio * sums.below_squared
    mean_below = sums.below / sums.visitors
    return max(spread, 0.0) / (sums.visitors - 1) / sums.visitors / (mean_below * mean_below)


def compare(one: Sums, other: Sums, alpha: float = ALPHA) -> Comparison | None:
    """Compare a group with another, at any time and as often as wanted; None where either has no figure.

    `alpha`, above 0 and below 1, is the chance that the interval ever leaves out the true difference.

    >>> found = compare(mean_sums(10_000, 600, 600), mean_sums(10_000, 500, 500))
    >>> round(found.difference.value, 4), round(found.lift.value, 4), found.difference.low < 0 < found.p_value < 1
    (0.01, 0.2, True)
    """
    mine, theirs = figure(one), figure(other)
    if mine is None or theirs is None:
        return None
    own, reference = variance(one), variance(other)
    visitors = one.visitors + other.visitors
    reach = _reach(visitors, alpha)
    difference = mine - theirs
    deviation = sqrt(own + reference)
    lift: Estimate | None = None
    if theirs > 0:
        ratio = mine / theirs
        lift = _around(ratio - 1.0, reach * sqrt(own + ratio * ratio * reference) / theirs)
    return Comparison(_around(difference, reach * deviation), lift, _p_value(difference, deviation, visitors))


def _around(value: float, reach: float) -> Estimate:
    return Estimate(value, value - reach, value + reach)


def _mixing(visitors: int) -> float:
    """Visitors times the mixture's variance, in units of one visitor's: best at `TUNED_FOR`."""
    from_alpha = -2.0 * log(ALPHA)
    return visitors * (from_alpha + log(from_alpha) + 1.0) / TUNED_FOR


def _reach(visitors: int, alpha: float) -> float:
    """Give how many standard errors an interval reaches to either side."""
    mixing = _mixing(visitors)
    return sqrt((1.0 + 1.0 / mixing) * (log(mixing + 1.0) - 2.0 * log(alpha))) if mixing else inf


def _p_value(difference: float, deviation: float, visitors: int) -> float:
    """Give the level at which the interval just leaves out 0."""
    if not deviation:
        return 1.0
    mixing = _mixing(visitors)
    statistic = (difference / deviation) ** 2 * mixing / (mixing + 1.0)
    return min(1.0, sqrt(mixing + 1.0) * exp(-min(statistic, 1_400.0) / 2.0))


def chi_square(counts: Sequence[int], shares: Sequence[float]) -> tuple[float, float]:
    """Compare counts with the shares they were to have: Pearson's statistic, and its p-value.

    `shares` are above 0 and sum to 1.

    >>> statistic, p = chi_square([510, 490], [0.5, 0.5])
    >>> round(statistic, 6), round(p, 6)
    (0.4, 0.527089)
    """
    whole = sum(counts)
    if not whole:
        return 0.0, 1.0
    statistic = sum((count - whole * share) ** 2 / (whole * share) for count, share in zip(counts, shares, strict=True))
    return statistic, _chi_square_above(statistic, len(counts) - 1)


def _chi_square_above(statistic: float, freedom: int) -> float:
    """Chance that a chi-square variable with whole degrees of freedom is larger: a finite sum."""
    half = statistic / 2.0
    if half > 700.0:
        return 0.0
    if freedom % 2 == 0:
        even: float = sum(half**place / gamma(place + 1.0) for place in range(freedom // 2))
        return exp(-half) * even
    rest: float = sum(half ** (place - 0.5) / gamma(place + 0.5) for place in range(1, (freedom + 1) // 2))
    return erfc(sqrt(half)) + exp(-half) * rest
