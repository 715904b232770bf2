"""Off-policy estimates: what another policy's click rate would have been, from a log that tells each choice's chance.

Three estimates [1]_, each with a bootstrapped interval: inverse propensity scoring (IPS), the same normalised by its
own weights (SNIPS), and doubly robust (DR), which asks a reward model first and weighs only what it got wrong. Where a
log cannot carry a verdict, none is given, and the reasons are.

.. [1] Dudík, Langford and Li, "Doubly Robust Policy Evaluation and Learning", ICML 2011; Swaminathan and Joachims, "The
   Self-Normalized Estimator for Counterfactual Learning", NIPS 2015.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import exp
from typing import Final, NamedTuple

import numpy as np

from models.base.array_state import Floats

MIN_CLICKS: Final = 300
"""Clicks on choices the judged policy might have made."""
MIN_EFFECTIVE_CLICKS: Final = 100.0
"""The same, counted by weight: (Σw)² / Σw² over clicked rows."""
MIN_EFFECTIVE_SAMPLE: Final = 1_000.0
MAX_WEIGHT_SHARE: Final = 0.02
"""What one row may hold of all weight."""
MAX_UNSUPPORTED: Final = 0.01
"""Share of the policy's choices that the log never made."""
MAX_DRIFT: Final = 0.05
"""The weights' mean is 1 where the chances are told rightly and all is supported; it may be off by so much, and three
standard errors more."""
RESAMPLES: Final = 1_000
INTERVAL: Final = 0.95
_MAX_BLOCKS: Final = 1_000
_DEVIATES: Final = 1.959964
"""Of a normal variable, to either side of 95 %."""


class PolicyEstimate(NamedTuple):
    """A click rate, and the 95 % interval around it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a log says of a policy.

    `verdict` is `better`, `worse` or `not told apart` from the policy that logged, by the interval of the doubly robust
    difference `gain`; or `refused`, for the `reasons`.
    """

    rows: int
    clicks: int
    logged: float
    ips: PolicyEstimate
    snips: PolicyEstimate
    dr: PolicyEstimate
    gain: PolicyEstimate
    effective_sample: float
    effective_clicks: float
    largest_weight_share: float
    mean_weight: float
    unsupported: float
    verdict: str
    reasons: tuple[str, ...]


def judge_policy(
    rewards: Floats,
    propensities: Floats,
    target: Floats,
    predicted: Floats,
    direct: Floats,
    *,
    unsupported: float = 0.0,
    seed: int = 0,
) -> Judgement:
    """Judge a policy by another's log; all arrays have shape `(n_rows,)`.

    Parameters
    ----------
    rewards
        1 for a click, 0 for none.
    propensities
        Chance, above 0 to 1, that the logging policy had of the choice it made.
    target
        Chance, 0 to 1, that the judged policy has of the same choice.
    predicted
        What a reward model, fitted without the row, expects of the choice made; 0 turns DR into IPS.
    direct
        What it expects of the judged policy's choices, by their chances.
    unsupported
        Share of the judged policy's choices that the log never made, as far as the caller knows.
    seed
        Of the bootstrap.

    Raises
    ------
    ValueError
        For an empty log, or a propensity outside (0, 1].
    """
    if not len(rewards):
        raise ValueError("a log of 0 rows cannot judge a policy")
    if propensities.min() <= 0.0 or propensities.max() > 1.0:
        raise ValueError(
            f"propensities must be above 0 and at most 1, got {propensities.min()} to {propensities.max()}"
        )
    weights = target / propensities
    corrected = direct + weights * (rewards - predicted)
    rows = len(rewards)
    sums = np.stack([np.ones(rows), weights, weights * rewards, corrected, rewards], axis=1)
    drawn = _resampled(sums, seed)
    plain = sums.sum(axis=0, keepdims=True)
    total = float(weights.sum())
    clicked = weights[rewards > 0]
    found = Judgement(
        rows=rows,
        clicks=int((clicked > 0).sum()),
        logged=float(rewards.mean()),
        ips=_estimate(plain, drawn, _ips),
        snips=_estimate(plain, drawn, _snips),
        dr=_estimate(plain, drawn, _dr),
        gain=_estimate(plain, drawn, _gain),
        effective_sample=effective_size(weights),
        effective_clicks=effective_size(clicked),
        largest_weight_share=float(weights.max()) / total if total > 0 else 1.0,
        mean_weight=total / rows,
        unsupported=unsupported,
        verdict="",
        reasons=(),
    )
    spread = float(weights.std()) / rows**0.5
    reasons = _reasons(found, spread)
    verdict = "not told apart"
    if reasons:
        verdict = "refused"
    elif found.gain.low > 0 or found.gain.high < 0:
        verdict = "better" if found.gain.low > 0 else "worse"
    return replace(found, verdict=verdict, reasons=reasons)


def effective_size(weights: Floats) -> float:
    """Give how many equal weights say as much as these: (Σw)² / Σw² [2]_.

    >>> effective_size(np.array([1.0, 1.0, 0.0])), effective_size(np.array([]))
    (2.0, 0.0)

    .. [2] Kish, "Survey Sampling", 1965.
    """
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def _ips(sums: Floats) -> Floats:
    return np.asarray(sums[:, 2] / sums[:, 0])


def _snips(sums: Floats) -> Floats:
    return np.asarray(np.divide(sums[:, 2], sums[:, 1], out=np.zeros(len(sums)), where=sums[:, 1] > 0))


def _dr(sums: Floats) -> Floats:
    return np.asarray(sums[:, 3] / sums[:, 0])


def _gain(sums: Floats) -> Floats:
    return np.asarray((sums[:, 3] - sums[:, 4]) / sums[:, 0])


def _estimate(plain: Floats, drawn: Floats, of: Callable[[Floats], Floats]) -> PolicyEstimate:
    """Give a rate and its interval: the bootstrap's percentiles, or the log-normal one where that reaches further.

    Few clicks with large weights make rates skewed, and percentiles end too low. A difference has percentiles only.
    """
    value, values = float(of(plain)[0]), of(drawn)
    low, high = (float(end) for end in np.quantile(values, ((1 - INTERVAL) / 2, (1 + INTERVAL) / 2)))
    if value > 0 and of is not _gain:
        reach = exp(min(_DEVIATES * float(values.std()) / value, 50.0))
        low, high = min(low, value / reach), max(high, value * reach)
    return PolicyEstimate(value, low, high)


def _resampled(sums: Floats, seed: int) -> Floats:
    """Give the column sums of `RESAMPLES` bootstrap samples, shape `(RESAMPLES, n_columns)`.

    Every estimate is a function of these, so none needs the rows again. A long log is drawn in blocks of random rows.
    """
    random = np.random.default_rng(seed)
    blocks = min(len(sums), _MAX_BLOCKS)
    if blocks < len(sums):
        shuffled = sums[random.permutation(len(sums))]
        sums = np.add.reduceat(shuffled, np.arange(blocks) * len(sums) // blocks, axis=0)
    counts = random.multinomial(blocks, np.full(blocks, 1.0 / blocks), size=RESAMPLES)
    return np.asarray(counts.astype(np.float64) @ sums)


def _reasons(found: Judgement, spread: float) -> tuple[str, ...]:
    checks = {
        f"{found.clicks} clicks, {MIN_CLICKS} are needed": found.clicks < MIN_CLICKS,
        f"the clicks weigh as much as {found.effective_clicks:.0f}, {MIN_EFFECTIVE_CLICKS:.0f} are needed": (
            found.effective_clicks < MIN_EFFECTIVE_CLICKS
        ),
        f"effective sample size {found.effective_sample:.0f}, {MIN_EFFECTIVE_SAMPLE:.0f} are needed": (
            found.effective_sample < MIN_EFFECTIVE_SAMPLE
        ),
        f"one row holds {found.largest_weight_share:.1%} of all weight, at most {MAX_WEIGHT_SHARE:.0%} may": (
            found.largest_weight_share > MAX_WEIGHT_SHARE
        ),
        f"{found.unsupported:.1%} of the policy's choices were never logged, at most {MAX_UNSUPPORTED:.0%} may": (
            found.unsupported > MAX_UNSUPPORTED
        ),
        f"the weights' mean is {found.mean_weight:.3f}, not 1: propensities are wrong or choices unsupported": (
            abs(found.mean_weight - 1.0) > MAX_DRIFT + 3.0 * spread
        ),
    }
    return tuple(reason for reason, holds in checks.items() if holds)
