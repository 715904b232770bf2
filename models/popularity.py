"""Popularity: how much each item is wanted lately, overall and within a scope such as a category.

Weights grow with event time instead of everything else fading, so an event late or in order is one addition.
"""

from math import exp2
from typing import Final

import numpy as np
from numpy.typing import NDArray

_REBASE_DOUBLINGS: Final = 200.0
_MAX_LATE_DOUBLINGS: Final = 800.0


class Fading:
    """A weight of 1 now that halves each `half_life_s`, told as growth since a landmark.

    >>> clock = Fading(half_life_s=60.0)
    >>> clock.weight(at_s=1000.0), clock.weight(at_s=1060.0), clock.weight(at_s=940.0)
    (1.0, 2.0, 0.5)
    """

    def __init__(self, half_life_s: float, landmark_s: float | None = None) -> None:
        if half_life_s <= 0:
            raise ValueError(f"half_life_s must be above 0, got {half_life_s}")
        self.half_life_s = half_life_s
        self.landmark_s = landmark_s

    def weight(self, at_s: float) -> float:
        """Weight of an event at `at_s`, in units that all weights of this clock share."""
        if self.landmark_s is None:
            self.landmark_s = at_s
        return exp2(max((at_s - self.landmark_s) / self.half_life_s, -_MAX_LATE_DOUBLINGS))

    def rebase(self, at_s: float) -> float:
        """Factor that all weights must be multiplied with before an event at `at_s`: 1 but once in a long while."""
        if self.landmark_s is None or (at_s - self.landmark_s) / self.half_life_s < _REBASE_DOUBLINGS:
            return 1.0
        factor = exp2(-min((at_s - self.landmark_s) / self.half_life_s, _MAX_LATE_DOUBLINGS))
        self.landmark_s = at_s
        return factor


class Popularity:
    """Fading weight of each item, by item number.

    Parameters
    ----------
    half_life_s
        Seconds of event time until an event counts half. Above 0.
    """

    def __init__(self, half_life_s: float) -> None:
        self.clock = Fading(half_life_s)
        self.weights: NDArray[np.float64] = np.zeros(1024)

    def learn_one(self, item: int, weight: float, at_s: float) -> None:
        """Add one event of `at_s` (epoch seconds) on item number `item`."""
        factor = self.clock.rebase(at_s)
        if factor != 1.0:
            self.weights *= factor
        if item >= len(self.weights):
            self.weights = np.concatenate(
                [self.weights, np.zeros(max(item + 1 - len(self.weights), len(self.weights)))]
            )
        self.weights[item] += weight * self.clock.weight(at_s)

    def scores(self, count: int) -> NDArray[np.float32]:
        """Weights of items 0 to `count` - 1, the largest 1, shape `(count,)`."""
        known = np.zeros(count)
        shared = min(count, len(self.weights))
        known[:shared] = self.weights[:shared]
        largest = known.max(initial=0.0)
        scaled: NDArray[np.float32] = (known / largest if largest > 0 else known).astype(np.float32)
        return scaled
