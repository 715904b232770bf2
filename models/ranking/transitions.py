"""Transitions: what comes after, before and together with each item (or token), as bounded rows of counts.

Each row keeps `ROW_SIZE` others, or `WIDE_ROW_SIZE` where there are few keys, and five counts of each: how often it
came right `NEXT`, how often `AFTER` and `BEFORE` (1/d for d steps), how often `TOGETHER` in a session, and how often
`LATELY`, fading with event time. A newcomer to a full row takes the place of the weakest.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.base.array_state import Renumbering, grown, kept_rows
from models.base.durations import DAY_S
from models.base.jit import kernel

ROW_SIZE: Final = 96
WIDE_ROW_SIZE: Final = 256
FEW_KEYS: Final = 1_024
"""Up to so many keys, rows are wide: a small shop can keep whole rows in the memory a large one needs anyway."""
LOOK_BACK: Final = 20
COUNTS: Final = 5
NEXT, AFTER, BEFORE, TOGETHER, LATELY = range(COUNTS)
TRANSITION_HALF_LIFE_S: Final = 3 * DAY_S
_EARLIER_LATELY: Final = 0.3  # what an item before counts as lately seen, against one after


class Sequences(NamedTuple):
    """Rows `(keys, width)`: `other` (-1 for none), `counts` `(keys, width, COUNTS)`, and each row's `total`."""

    other: NDArray[np.int32]
    counts: NDArray[np.float32]
    at_s: NDArray[np.float32]  # of the latest count, to some two minutes
    total: NDArray[np.float32]


def new_sequences(keys: int) -> Sequences:
    """Make empty rows for key numbers below `keys`."""
    width = WIDE_ROW_SIZE if keys <= FEW_KEYS else ROW_SIZE
    return Sequences(
        other=np.full((keys, width), -1, np.int32),
        counts=np.zeros((keys, width, COUNTS), np.float32),
        at_s=np.zeros((keys, width), np.float32),
        total=np.zeros((keys, COUNTS), np.float32),
    )


def grown_sequences(t: Sequences, keys: int) -> Sequences:
    """Give larger rows' worth of room, the rows of `t` in front; where rows get narrower, the strongest others stay."""
    larger = new_sequences(keys)
    width = larger.other.shape[1]
    if width < t.other.shape[1]:
        strength = t.counts[:, :, TOGETHER] + t.counts[:, :, AFTER]
        order = np.argsort(-np.where(t.other >= 0, strength, -1.0), axis=1, kind="stable")[:, :width]
        rows = np.arange(len(order))[:, np.newaxis]
        t = t._replace(other=t.other[rows, order], counts=t.counts[rows, order], at_s=t.at_s[rows, order])
    return grown(t, larger)


@kernel
def row_entry(t: Sequences, key: int, other: int) -> int:
    """Give the place of `other` in a row, the weakest's if it is new."""
    weakest = 0
    least = np.float32(np.inf)
    for index in range(t.other.shape[1]):
        mine = t.other[key, index]
        if mine == other:
            return index
        if mine < 0:
            weakest = index
            break
        strength = t.counts[key, index, TOGETHER] + t.counts[key, index, AFTER]
        if strength < least:
            least, weakest = strength, index
    t.other[key, weakest] = other
    t.counts[key, weakest, :] = 0.0
    t.at_s[key, weakest] = 0.0
    return weakest


@kernel
def fade(elapsed_s: float) -> float:
    """What a count of so long ago counts now."""
    return np.exp2(-max(0.0, elapsed_s) / TRANSITION_HALF_LIFE_S)  # type: ignore[no-any-return]


@kernel
def learn_after(t: Sequences, key: int, other: int, distance: int, at_s: float, weight: float) -> None:
    """Count, `weight` times, that `other` came `distance` steps after `key`."""
    index = row_entry(t, key, other)
    share = weight / distance
    if distance == 1:
        t.counts[key, index, NEXT] += weight
        t.total[key, NEXT] += weight
    t.counts[key, index, AFTER] += share
    t.total[key, AFTER] += share
    t.counts[key, index, TOGETHER] += weight
    t.total[key, TOGETHER] += weight
    t.counts[key, index, LATELY] = t.counts[key, index, LATELY] * fade(at_s - t.at_s[key, index]) + share
    t.at_s[key, index] = max(t.at_s[key, index], at_s)


@kernel
def learn_before(t: Sequences, key: int, other: int, distance: int, at_s: float, weight: float) -> None:
    """Count, `weight` times, that `other` came `distance` steps before `key`."""
    index = row_entry(t, key, other)
    share = weight / distance
    t.counts[key, index, BEFORE] += share
    t.total[key, BEFORE] += share
    t.counts[key, index, TOGETHER] += weight
    t.total[key, TOGETHER] += weight
    lately = t.counts[key, index, LATELY] * fade(at_s - t.at_s[key, index])
    t.counts[key, index, LATELY] = lately + _EARLIER_LATELY * share
    t.at_s[key, index] = max(t.at_s[key, index], at_s)


@kernel
def learn_step(t: Sequences, item: int, before: NDArray[np.int32], at_s: float, weight: float) -> None:
    """Count, `weight` times, an event on `item` after the distinct items `before`, latest first."""
    for index in range(min(len(before), LOOK_BACK)):
        other = before[index]
        if other != item:
            learn_after(t, other, item, index + 1, at_s, weight)
            learn_before(t, item, other, index + 1, at_s, weight)


def renumber_rows(t: Sequences, numbers: Renumbering) -> None:
    """Keep only some rows, under new numbers."""
    for array in t:
        kept_rows(array, numbers.kept)
    t.other[len(numbers.kept) :] = -1
    t.counts[len(numbers.kept) :] = 0.0
    t.at_s[len(numbers.kept) :] = 0.0
    t.total[len(numbers.kept) :] = 0.0


def renumber_others(t: Sequences, numbers: Renumbering) -> None:
    """Keep only some items in the rows, under new numbers."""
    _renumber_others(t, numbers.new_of)


@kernel
def _renumber_others(t: Sequences, new_of: NDArray[np.int32]) -> None:
    for key in range(len(t.other)):
        free = 0
        for index in range(t.other.shape[1]):
            other = t.other[key, index]
            if other < 0:
                break
            t.other[key, index] = -1
            if new_of[other] >= 0:
                t.other[key, free] = new_of[other]
                t.counts[key, free, :] = t.counts[key, index, :]
                t.at_s[key, free] = t.at_s[key, index]
                free += 1
