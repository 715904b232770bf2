"""Thompson sampling: how likely each arm is to be drawn, exactly, under Gaussian Thompson sampling [1]_.

Thompson sampling shows an arm as often as it is believed to be the best. For normal beliefs that chance is an integral
over one variable, so it need not be sampled: P(a is best) = ∫ φ_a(x) Π_{b≠a} Φ_b(x) dx. The draw is made from the
numbers given here, whatever the integral's error, so the chance that is logged is the chance that was used.

.. [1] Agrawal and Goyal, "Thompson Sampling for Contextual Bandits with Linear Payoffs", ICML 2013.
"""

from collections.abc import Sequence
from math import erf, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.base.jit import kernel

UNIFORM_SHARE: Final = 0.01
"""Spread evenly over all arms: no arm is ever without a chance, so any policy can be judged from the log."""
CAUTION: Final = 0.5
"""Deviations are taken by this factor: a slot is shown often, and to explore less pays within fewer shows."""
_STEPS: Final = 64
_REACH: Final = 4.0
"""Deviations around each mean that are looked at; further down no arm is the best, but for one in 10,000 cases."""
_LEAST: Final = 1e-300


def chances(scores: Sequence[float], deviations: Sequence[float]) -> list[float]:
    """Give each arm's chance of being drawn; they sum to 1.

    Parameters
    ----------
    scores
        What is expected of each arm, in any unit; at least one arm.
    deviations
        Standard deviation of that belief, in the same unit. Above 0.

    >>> chances([0.3, 0.3], [0.1, 0.1])
    [0.5, 0.5]
    """
    given = best_chances(np.array(scores, np.float64), np.array(deviations, np.float64) * CAUTION)
    share = UNIFORM_SHARE / len(given)
    return [(1.0 - UNIFORM_SHARE) * chance + share for chance in given.tolist()]


@kernel
def best_chances(means: NDArray[np.float64], deviations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chance of each normal variable to be the largest, shape `(n_arms,)`; sums to 1."""
    n_arms = len(means)
    low, high = -np.inf, -np.inf
    for arm in range(n_arms):
        low = max(low, means[arm] - _REACH * deviations[arm])
        high = max(high, means[arm] + _REACH * deviations[arm])
    width = (high - low) / _STEPS
    found, below, above = np.zeros(n_arms), np.empty(n_arms), np.empty(n_arms)
    for arm in range(n_arms):
        below[arm] = _normal_below((low - means[arm]) / deviations[arm])
    for step in range(1, _STEPS + 1):
        product = 1.0
        for arm in range(n_arms):
            above[arm] = _normal_below((low + step * width - means[arm]) / deviations[arm])
            product *= max(0.5 * (below[arm] + above[arm]), _LEAST)
        for arm in range(n_arms):
            found[arm] += (above[arm] - below[arm]) * (product / max(0.5 * (below[arm] + above[arm]), _LEAST))
            below[arm] = above[arm]
    shares: NDArray[np.float64] = found / found.sum()
    return shares


@kernel
def _normal_below(deviate: float) -> float:
    return 0.5 * (1.0 + erf(deviate / sqrt(2.0)))
