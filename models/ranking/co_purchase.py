"""Co-purchase: which items are ordered together more often than chance would have it.

A pair is named once the log-likelihood ratio of its orders [1]_ reaches `LEAST_RATIO`, and only where it is ordered
together `LEAST_ORDERS` times and more often than the two items' own counts say. The gate counts orders whole: evidence
does not fade, and whole counts are what the ratio's distribution holds for. Which of the pairs that pass come first,
fading weights say.

.. [1] Dunning, "Accurate Methods for the Statistics of Surprise and Coincidence", Computational Linguistics 1993.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.base.array_state import Floats
from models.base.decay import Fading

LEAST_RATIO: Final = 10.83
"""Chi-square with 1 degree of freedom, p = .001: one in 1,000 pairs that have nothing to do with each other passes."""
LEAST_ORDERS: Final = 2
"""Two items that nobody else orders pass the ratio with a single order: that names no habit."""


def log_likelihood_ratio(both: Floats, first: Floats, second: Floats, orders: float) -> Floats:
    """Give Dunning's G² of pairs, 0 or more.

    Parameters
    ----------
    both, first, second
        Orders that hold both items, the first, the second.
    orders
        All orders.

    >>> log_likelihood_ratio(np.array([10.0]), np.array([20.0]), np.array([20.0]), 100.0).round(2).tolist()
    [12.07]
    """
    cells = (both, first - both, second - both, orders - first - second + both)
    rows, columns = (first, first, orders - first, orders - first), (second, orders - second) * 2
    ratio = np.zeros_like(both)
    for cell, row, column in zip(cells, rows, columns, strict=True):
        held = cell > 0
        expected = row[held] * column[held] / orders
        ratio[held] += 2.0 * cell[held] * np.log(cell[held] / expected)
    return np.maximum(ratio, 0.0)


class StoredCoPurchase(msgspec.Struct):
    """A co-purchase table as bytes."""

    landmark_s: float | None
    orders: int
    ordered: bytes
    rows: bytes
    others: bytes
    weights: bytes
    counts: bytes


class CoPurchase:
    """Pairs of one shop's orders; each item keeps its strongest `row_size` partners.

    `rows` holds fading weights, `counts` whole orders, under the same keys; `ordered` is in how many of the `orders` an
    item stood. A partner dropped from a full row and met again counts from 0, which can only hold a pair back.

    Parameters
    ----------
    half_life_s
        Seconds of event time until an order counts half in a pair's weight. Above 0.
    row_size
        Partners published per item; twice as many are kept while learning, so that a newcomer can rise.

    >>> table = CoPurchase(half_life_s=60.0)
    >>> for order in [(1, 2), (1, 2), (1, 2), (1, 2), (3,), (4,), (3,), (4,), (3,), (4,)]:
    ...     table.learn_together(order, at_s=0.0)
    >>> [part.tolist() for part in table.table(3)]
    [[0, 0, 1, 2], [2, 1], [1.0, 1.0]]
    """

    def __init__(self, half_life_s: float, row_size: int = 64) -> None:
        self.clock = Fading(half_life_s)
        self.row_size = row_size
        self.orders = 0
        self.ordered: dict[int, int] = {}
        self.rows: dict[int, dict[int, float]] = {}
        self.counts: dict[int, dict[int, int]] = {}

    def learn_together(self, items: Sequence[int], at_s: float, before: Sequence[int] = ()) -> None:
        """Add an order's items: every pair, both ways, each with the share 1 / (n - 1) of a weight.

        `before` are items of the same order that earlier events told of: paired with the new ones alone.
        """
        self.orders += not before
        for item in items:
            self.ordered[item] = self.ordered.get(item, 0) + 1
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
        row, counts = self.rows.setdefault(item, {}), self.counts.setdefault(item, {})
        row[other] = row.get(other, 0.0) + weight
        counts[other] = counts.get(other, 0) + 1
        if len(row) > 2 * self.row_size:
            # Ties go by item number, so that a replay drops the same partners.
            strongest = sorted(row, key=lambda number: (-row[number], number))[: self.row_size]
            self.rows[item] = {number: row[number] for number in strongest}
            self.counts[item] = {number: counts[number] for number in strongest}

    def renumber(self, new: dict[int, int]) -> None:
        """Keep the items named, each under its new number."""

        def kept(row: dict[int, float]) -> dict[int, float]:
            return {new[other]: value for other, value in row.items() if other in new}

        self.ordered = {new[item]: count for item, count in self.ordered.items() if item in new}
        self.rows = {new[item]: kept(row) for item, row in self.rows.items() if item in new}
        self.counts = {
            new[item]: {new[other]: count for other, count in row.items() if other in new}
            for item, row in self.counts.items()
            if item in new
        }

    def ratio(self, item: int, other: int) -> float:
        """Give the log-likelihood ratio of one pair; 0 for one ordered together no more often than by chance."""
        ratios = self._ratios(np.array([item]), np.array([other]), np.array([self._together(item, other)]))
        return float(ratios[0])

    def _together(self, item: int, other: int) -> int:
        """Orders with both, by whichever of the two remembers more."""
        return max(self.counts.get(item, {}).get(other, 0), self.counts.get(other, {}).get(item, 0))

    def _ratios(self, items: NDArray[np.int64], others: NDArray[np.int64], both: NDArray[np.int64]) -> Floats:
        first, second = (
            np.array([self.ordered.get(item, 0) for item in part.tolist()], dtype=np.float64)
            for part in (items, others)
        )
        orders = float(max(self.orders, 1))
        # An order told of in very many events may count an item twice.
        first, second = np.minimum(first, orders), np.minimum(second, orders)
        together = np.minimum(both.astype(np.float64), np.minimum(first, second))
        ratios = log_likelihood_ratio(together, first, second, orders)
        ratios[together * orders <= first * second] = 0.0
        return ratios

    def table(self, count: int) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
        """Give rows of items 0 to `count` - 1 end to end: starts `(count + 1,)`, partners and weights `(pairs,)`.

        Only pairs that pass the gate, strongest first; each row's weights sum to at most 1.
        """
        pairs: list[tuple[int, int, float, int]] = []
        often = {item for item, orders in self.ordered.items() if orders >= LEAST_ORDERS}
        for item, row in self.rows.items():
            if item < count and item in often:
                total = sum(row.values()) or 1.0
                for other, together in self.counts[item].items():
                    if other in often:
                        together = max(together, self.counts.get(other, {}).get(item, 0))
                        if together >= LEAST_ORDERS:
                            pairs.append((item, other, row[other] / total, together))
        items, others, both = (np.array([pair[column] for pair in pairs], dtype=np.int64) for column in (0, 1, 3))
        shares = np.array([pair[2] for pair in pairs], dtype=np.float64)
        kept = np.flatnonzero(self._ratios(items, others, both) >= LEAST_RATIO)
        kept = kept[np.lexsort((others[kept], -shares[kept], items[kept]))]
        # Within each row the first `row_size`.
        begins = np.searchsorted(items[kept], items[kept])
        kept = kept[np.arange(len(kept)) - begins < self.row_size]
        starts = np.searchsorted(items[kept], np.arange(count + 1)).astype(np.int64)
        return starts, others[kept].astype(np.int32), shares[kept].astype(np.float32)

    def stored(self) -> StoredCoPurchase:
        """Give the stored form."""
        # A row's weights and counts stand under the same keys in the same order.
        sizes = [len(row) for row in self.rows.values()]
        weights = chain.from_iterable(row.values() for row in self.rows.values())
        return StoredCoPurchase(
            landmark_s=self.clock.landmark_s,
            orders=self.orders,
            ordered=np.array(list(self.ordered.items()), dtype=np.int64).tobytes(),
            rows=np.repeat(np.array(list(self.rows), dtype=np.int32), sizes).tobytes(),
            others=np.fromiter(chain.from_iterable(self.rows.values()), dtype=np.int32).tobytes(),
            weights=np.fromiter(weights, dtype=np.float64).tobytes(),
            counts=np.fromiter(
                chain.from_iterable(self.counts[item].values() for item in self.rows), dtype=np.int64
            ).tobytes(),
        )

    def restore(self, stored: StoredCoPurchase) -> None:
        """Take over what `stored` gave."""
        self.clock.landmark_s, self.orders = stored.landmark_s, stored.orders
        ordered = np.frombuffer(stored.ordered, np.int64).reshape(-1, 2)
        self.ordered = dict(zip(ordered[:, 0].tolist(), ordered[:, 1].tolist(), strict=True))
        self.rows, self.counts = {}, {}
        for item, other, weight, count in zip(
            np.frombuffer(stored.rows, np.int32).tolist(),
            np.frombuffer(stored.others, np.int32).tolist(),
            np.frombuffer(stored.weights, np.float64).tolist(),
            np.frombuffer(stored.counts, np.int64).tolist(),
            strict=True,
        ):
            self.rows.setdefault(item, {})[other] = weight
            self.counts.setdefault(item, {})[other] = count
