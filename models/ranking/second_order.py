"""Second order: what came after two items in a row, in a bounded table where a newer pair may take an older one's
place."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.base.array_state import Stored, fill_rows, restored, stored
from models.base.jit import kernel
from models.ranking.candidate_table import CandidateTable, add

PAIR_ROWS: Final = 65_536
FOLLOWERS: Final = 24


class Pairs(NamedTuple):
    """Rows `(ROWS,)` by a mix of both item numbers: whose they are, what followed, how often."""

    owner: NDArray[np.int64]
    other: NDArray[np.int32]
    counts: NDArray[np.float32]
    total: NDArray[np.float32]


def new_pairs() -> Pairs:
    """Make an empty table."""
    return Pairs(
        owner=np.full(PAIR_ROWS, -1, np.int64),
        other=np.full((PAIR_ROWS, FOLLOWERS), -1, np.int32),
        counts=np.zeros((PAIR_ROWS, FOLLOWERS), np.float32),
        total=np.zeros(PAIR_ROWS, np.float32),
    )


def stored_pairs(t: Pairs) -> list[Stored]:
    """Give the stored form: the rows in use, and where they lie."""
    used = np.flatnonzero(t.owner >= 0)
    return [stored(used), *(stored(array[used]) for array in t)]


def restored_pairs(t: Pairs, arrays: list[Stored]) -> None:
    """Fill an empty table with what `stored_pairs` gave."""
    used, *rows = (restored(array) for array in arrays)
    into: list[NDArray[Any]] = [t.owner, t.other, t.counts, t.total]
    for array, values in zip(into, rows, strict=True):
        fill_rows(array, values, used)


@kernel
def _row_of(last: int, previous: int) -> int:
    # Fibonacci hashing (Knuth, TAOCP 6.4); the top 16 bits number 65,536 rows.
    mixed = np.uint64(last * 1_000_003 + previous) * np.uint64(11_400_714_819_323_198_485)
    return np.int64(mixed >> np.uint64(48))  # type: ignore[return-value]


@kernel
def learn_pair(t: Pairs, last: int, previous: int, item: int, weight: float) -> None:
    """Count, `weight` times, that `item` followed `previous`, `last`.

    A row that another pair owns fades until it is free.
    """
    row = _row_of(last, previous)
    owner = (last << 32) | previous
    if t.owner[row] != owner:
        t.total[row] *= 0.5
        if t.total[row] > 0.5:
            return
        t.owner[row] = owner
        t.other[row, :] = -1
        t.counts[row, :] = 0.0
        t.total[row] = 0.0
    weakest = 0
    for index in range(FOLLOWERS):
        if t.other[row, index] == item or t.other[row, index] < 0:
            weakest = index
            break
        if t.counts[row, index] < t.counts[row, weakest]:
            weakest = index
    if t.other[row, weakest] != item:
        t.other[row, weakest] = item
        t.counts[row, weakest] = 0.0
    t.counts[row, weakest] += weight
    t.total[row] += weight


@kernel
def score_pair(t: Pairs, table: CandidateTable, last: int, previous: int, channel: int) -> float:
    """Write how often each item followed the pair; gives how often the pair was seen."""
    row = _row_of(last, previous)
    if t.owner[row] != (last << 32) | previous:
        return 0.0
    for index in range(FOLLOWERS):
        if t.other[row, index] < 0:
            break
        add(table, t.other[row, index], channel, t.counts[row, index])
    return t.total[row]  # type: ignore[no-any-return]
