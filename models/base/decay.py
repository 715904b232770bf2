"""Decay: weights that grow with event time instead of everything else fading, so that an event late or in order is one
addition."""

from math import exp2
from typing import Final

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
