"""Candidate table: the candidates of one query and what each source says of them, as one reused table.

Sources write `raw[place, channel]`; an item gets a place the first time a source names it. Starting a new query costs
nothing: a place is valid only where its stamp is the query's number.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.base.jit import kernel

MAX_CANDIDATES: Final = 1_024
"""Candidates of one query; what sources name beyond it is left out. Bounds the time a query takes."""


class CandidateTable(NamedTuple):
    """Scratch memory of one query at a time; `head` holds the query's number and how many places are taken."""

    head: NDArray[np.int64]
    place: NDArray[np.int32]
    stamp: NDArray[np.int64]
    items: NDArray[np.int32]
    raw: NDArray[np.float32]


def new_candidate_table(items: int, channels: int) -> CandidateTable:
    """Make a board for item numbers below `items`."""
    return CandidateTable(
        head=np.zeros(2, np.int64),
        place=np.zeros(items, np.int32),
        stamp=np.zeros(items, np.int64),
        items=np.zeros(MAX_CANDIDATES, np.int32),
        raw=np.zeros((MAX_CANDIDATES, channels), np.float32),
    )


@kernel
def start(table: CandidateTable) -> None:
    """Begin a new query."""
    table.head[0] += 1
    table.head[1] = 0


@kernel
def place_of(table: CandidateTable, item: int) -> int:
    """Give the place of an item, a new one if need be; -1 where the table is full."""
    if table.stamp[item] == table.head[0]:
        return table.place[item]  # type: ignore[no-any-return]
    place = table.head[1]
    if place >= MAX_CANDIDATES:
        return -1
    table.head[1] = place + 1
    table.stamp[item] = table.head[0]
    table.place[item] = place
    table.items[place] = item
    table.raw[place, :] = 0.0
    return place  # type: ignore[no-any-return]


@kernel
def add(table: CandidateTable, item: int, channel: int, score: float) -> None:
    """Add to what a channel says of an item."""
    place = place_of(table, item)
    if place >= 0:
        table.raw[place, channel] += score


@kernel
def spoken_for(table: CandidateTable, items: NDArray[np.int32], first: int, end: int) -> NDArray[np.bool_]:
    """Whether any channel from `first` to before `end` says something of each of these candidates."""
    found = np.zeros(len(items), np.bool_)
    for index in range(len(items)):
        place = table.place[items[index]]
        for channel in range(first, end):
            if table.raw[place, channel] > 0.0:
                found[index] = True
                break
    return found
