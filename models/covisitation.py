"""Co-visitation: which items follow which in visitors' sessions, as a fading, bounded table.

An event on item j after p_d, d steps back, adds 1/d to p_d → j and a share of it to j → p_d: pairs carry order, and
the reverse share keeps alternatives that are looked at in any order.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.popularity import Fading

LOOK_BACK: Final = 3
REVERSE_SHARE: Final = 0.3


class CoVisitation:
    """Item-to-item weights; each row keeps its strongest `row_size` neighbours.

    Parameters
    ----------
    half_life_s
        Seconds of event time until a pair counts half. Above 0.
    row_size
        Neighbours published per item; twice as many are kept while learning, so that a newcomer can rise.
    reverse_share
        Weight of the reverse pair, 0 to 1.
    """

    def __init__(self, half_life_s: float, row_size: int = 64, reverse_share: float = REVERSE_SHARE) -> None:
        self.clock = Fading(half_life_s)
        self.row_size = row_size
        self.reverse_share = reverse_share
        self.rows: dict[int, dict[int, float]] = {}

    def learn_one(self, item: int, before: Sequence[int], at_s: float) -> None:
        """Add an event on `item` at `at_s` (epoch seconds), after the items `before`, latest first."""
        self._rebase(at_s)
        grown = self.clock.weight(at_s)
        for distance, other in enumerate(before[:LOOK_BACK], start=1):
            if other != item:
                self._add(other, item, grown / distance)
                if self.reverse_share:
                    self._add(item, other, grown / distance * self.reverse_share)

    def learn_together(self, items: Sequence[int], at_s: float, before: Sequence[int] = ()) -> None:
        """Add items taken at once, such as an order's: every pair, both ways, each with the share 1 / (n - 1).

        `before` are items of the same order that earlier events told of: paired with the new ones alone.
        """
        together = len(items) + len(before)
        if together < 2:
            return
        self._rebase(at_s)
        share = self.clock.weight(at_s) / (together - 1)
        for index, item in enumerate(items):
            for other in (*before, *items[:index]):
                if other != item:
                    self._add(item, other, share)
                    self._add(other, item, share)

    def _rebase(self, at_s: float) -> None:
        factor = self.clock.rebase(at_s)
        if factor != 1.0:
            for row in self.rows.values():
                for other in row:
                    row[other] *= factor

    def _add(self, item: int, other: int, weight: float) -> None:
        row = self.rows.setdefault(item, {})
        row[other] = row.get(other, 0.0) + weight
        if len(row) > 2 * self.row_size:
            # Ties go by item number, so that a replay drops the same neighbours.
            strongest = sorted(row, key=lambda number: (-row[number], number))[: self.row_size]
            self.rows[item] = {number: row[number] for number in strongest}

    def table(self, count: int) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
        """Give rows of items 0 to `count` - 1 end to end: starts `(count + 1,)`, neighbours and weights `(pairs,)`.

        Neighbours stand strongest first; each row's weights sum to at most 1.
        """
        starts = np.zeros(count + 1, dtype=np.int64)
        neighbours: list[int] = []
        weights: list[float] = []
        for item in range(count):
            row = self.rows.get(item)
            if row:
                total = sum(row.values()) or 1.0
                for other in sorted(row, key=lambda number: (-row[number], number))[: self.row_size]:
                    neighbours.append(other)
                    weights.append(row[other] / total)
            starts[item + 1] = len(neighbours)
        return starts, np.array(neighbours, dtype=np.int32), np.array(weights, dtype=np.float32)
