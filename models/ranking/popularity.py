"""Popularity: how much each item is wanted lately, overall and within a scope such as a category.

Weights grow with event time instead of everything else fading, so an event late or in order is one addition.
"""

import numpy as np
from numpy.typing import NDArray

from models.base.decay import Fading


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
        """Add one event of `at_s` (epoch seconds) on item number `item`; a negative weight takes one off again."""
        factor = self.clock.rebase(at_s)
        if factor != 1.0:
            self.weights *= factor
        if item >= len(self.weights):
            self.weights = np.concatenate(
                [self.weights, np.zeros(max(item + 1 - len(self.weights), len(self.weights)))]
            )
        added = self.weights[item] + weight * self.clock.weight(at_s)
        self.weights[item] = added if weight > 0 else max(added, 0.0)

    def scores(self, count: int) -> NDArray[np.float32]:
        """Weights of items 0 to `count` - 1, the largest 1, shape `(count,)`."""
        known = np.zeros(count)
        shared = min(count, len(self.weights))
        known[:shared] = self.weights[:shared]
        largest = known.max(initial=0.0)
        scaled: NDArray[np.float32] = (known / largest if largest > 0 else known).astype(np.float32)
        return scaled
