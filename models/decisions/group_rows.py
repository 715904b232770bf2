"""Group rows: which rows of the catalog are variants of one product, and which of them stands for it in a list."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


class GroupRows:
    """The groups of a catalog's rows.

    Parameters
    ----------
    numbers
        A group's number by row, that of one of its rows.
    by_id
        All rows in order of their ids.
    popularity
        How much each row alone is wanted.

    `in_order` holds all rows: groups by the first id in each, inside a group the most wanted first, then by id.
    """

    def __init__(self, numbers: Rows, by_id: Rows, popularity: NDArray[np.float32]) -> None:
        count = len(numbers)
        self.numbers = numbers
        place = np.empty(count, dtype=np.int64)
        place[by_id] = np.arange(count)
        first = np.full(count, count)
        np.minimum.at(first, numbers, place)
        self.in_order: Rows = np.lexsort((place, -popularity, first[numbers]))
        self._sizes = np.bincount(numbers, minlength=count)
        self._rows = self.in_order[np.argsort(numbers[self.in_order], kind="stable")]
        self._starts = np.cumsum(self._sizes) - self._sizes

    def variants(self, row: int) -> Rows:
        """Give all rows of a row's group, the most wanted first."""
        number = self.numbers[row]
        start = self._starts[number]
        return self._rows[start : start + self._sizes[number]]

    def firsts(self, rows: Rows) -> NDArray[np.int64]:
        """Give the places, in order, of the rows that come first of their group.

        >>> groups = GroupRows(np.array([0, 1, 0, 1]), np.arange(4), np.zeros(4, np.float32))
        >>> groups.firsts(np.array([3, 2, 1, 0])).tolist()
        [0, 1]
        """
        places = np.arange(len(rows))
        first = np.empty(len(self.numbers), dtype=np.int64)
        numbers = self.numbers[rows]
        first[numbers[::-1]] = places[::-1]  # of several writes to one place the last stays
        return np.flatnonzero(first[numbers] == places)

    def spread(self, rows: Rows) -> tuple[Rows, NDArray[np.int64]]:
        """Give the variants of each row in its place, a group once, and the place in `rows` each one comes from.

        >>> groups = GroupRows(np.array([0, 1, 0, 1]), np.arange(4), np.array([0, 0, 5, 0], np.float32))
        >>> [part.tolist() for part in groups.spread(np.array([3, 0, 2]))]
        [[1, 3, 2, 0], [0, 0, 1, 1]]
        """
        places = self.firsts(rows)
        numbers = self.numbers[rows[places]]
        sizes = self._sizes[numbers]
        ends = np.cumsum(sizes)
        within = np.arange(int(sizes.sum())) - np.repeat(ends - sizes, sizes)
        return self._rows[np.repeat(self._starts[numbers], sizes) + within], np.repeat(places, sizes)

    def summed(self, scores: NDArray[np.float32], rows: Rows) -> NDArray[np.float32]:
        """Give each row the sum of its group's scores, those of `rows`, as shares of the largest."""
        sums = np.bincount(self.numbers[rows], weights=scores, minlength=len(self.numbers))
        largest = sums.max(initial=0.0)
        scaled: NDArray[np.float32] = (sums / largest if largest > 0 else sums)[self.numbers].astype(np.float32)
        return scaled

    def distinct_rows(self, rows: Sequence[int]) -> list[int]:
        """Give the rows in their order, of each group the first alone."""
        array = np.array(rows, dtype=np.int64)
        found: list[int] = array[self.firsts(array)].tolist()
        return found

    def first_groups(self, rows: Rows, count: int) -> Rows:
        """Give those of the rows that are of the first so many groups."""
        chosen = np.zeros(len(self.numbers), dtype=bool)
        chosen[self.numbers[rows[self.firsts(rows)[:count]]]] = True
        return rows[chosen[self.numbers[rows]]]


class VariantChoice:
    """Which variants stand for their groups, of rows that may.

    Parameters
    ----------
    groups
        The groups.
    rows, scores
        What may stand, best first. `firsts` are the places of each group's first row.
    preferred
        Rows that come before any others of their group, the least number first.
    """

    def __init__(
        self, groups: GroupRows, rows: Rows, scores: NDArray[np.float64], preferred: Mapping[int, int]
    ) -> None:
        self.firsts = groups.firsts(rows)
        self._groups, self._scores, self._preferred = groups, scores, preferred
        self._places = np.full(len(groups.numbers), -1)
        self._places[rows] = np.arange(len(rows))

    def choose(self, row: int) -> int:
        """Give the variant that stands for a row's group: a preferred one, else the one of the best score, of those
        that are alike the most wanted."""
        variants = self._groups.variants(row)
        variants = variants[self._places[variants] >= 0]
        if len(variants) < 2:
            return row
        wanted: list[int] = (
            [variant for variant in variants.tolist() if variant in self._preferred] if self._preferred else []
        )
        if wanted:
            return min(wanted, key=self._preferred.__getitem__)
        return int(variants[int(self._scores[self._places[variants]].argmax())])
