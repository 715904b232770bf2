"""Item traffic: how often and how lately each item was wanted, over several horizons counted in events.

Horizons are events of the shop, not hours, so that a quiet shop and a busy one mean the same by "lately", and a clock
that runs backwards changes nothing.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.base.array_state import Renumbering, Stored, kept_rows, stored
from models.base.jit import kernel

HORIZONS: Final = (300.0, 3_000.0, 30_000.0)
"""Events of the whole shop until an event counts half, one a column."""
TOP_ITEMS: Final = 100
RECENT: Final = 64
_TOP_EVERY: Final = 200


class Traffic(NamedTuple):
    """Per item number: fading `weight` `(items, 3)` as of event `seen`, and the event it was `first` seen at.

    `head[0]` counts events; `recent` is a ring of the latest items, `top` the most popular of a while ago.
    """

    head: NDArray[np.int64]
    recent: NDArray[np.int32]
    top: NDArray[np.int32]
    weight: NDArray[np.float32]
    seen: NDArray[np.int64]
    first: NDArray[np.int64]


def new_traffic(items: int) -> Traffic:
    """Make empty counts for item numbers below `items`."""
    return Traffic(
        head=np.zeros(1, np.int64),
        recent=np.full(RECENT, -1, np.int32),
        top=np.full(TOP_ITEMS, -1, np.int32),
        weight=np.zeros((items, len(HORIZONS)), np.float32),
        seen=np.full(items, -1, np.int64),
        first=np.full(items, -1, np.int64),
    )


@kernel
def popularity(t: Traffic, item: int, horizon: int) -> float:
    """Fading count of an item, 0 for one never seen."""
    if t.seen[item] < 0:
        return 0.0
    return t.weight[item, horizon] * np.exp2(-(t.head[0] - t.seen[item]) / HORIZONS[horizon])  # type: ignore[no-any-return]


@kernel
def learn_traffic(t: Traffic, item: int, items: int, weight: float) -> None:
    """Count one event on an item, of `items` known, `weight` times; now and then look up the most popular anew."""
    for horizon in range(len(HORIZONS)):
        t.weight[item, horizon] = popularity(t, item, horizon) * np.exp2(-1.0 / HORIZONS[horizon]) + weight
    t.head[0] += 1
    t.seen[item] = t.head[0]
    if t.first[item] < 0:
        t.first[item] = t.head[0]
    t.recent[t.head[0] % RECENT] = item
    if t.head[0] % _TOP_EVERY == 0 or t.head[0] == TOP_ITEMS:
        scores = np.zeros(items)
        for other in range(items):
            scores[other] = -popularity(t, other, 1)
        # Stable, so that ties stand by number.
        order = np.argsort(scores, kind="mergesort")
        for index in range(TOP_ITEMS):
            t.top[index] = order[index] if index < items else -1


def stored_traffic(t: Traffic, items: int) -> list[Stored]:
    """Give the stored form, for item numbers below `items`."""
    return [*(stored(array) for array in t[:3]), *(stored(array[:items]) for array in t[3:])]


def renumber_traffic(t: Traffic, numbers: Renumbering) -> None:
    """Keep only some items, under new numbers."""
    for array in (t.weight, t.seen, t.first):
        kept_rows(array, numbers.kept)
    t.weight[len(numbers.kept) :] = 0.0
    t.seen[len(numbers.kept) :] = -1
    t.first[len(numbers.kept) :] = -1
    for ring in (t.recent, t.top):
        ring[:] = np.where(ring >= 0, numbers.new_of[ring], -1)
