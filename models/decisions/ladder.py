"""Steps of a ladder: rows of the shelf that one source offers, in order, each with a reason."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.decisions.scored_catalog import Shelf
from models.ranking.contributions import Reckoning

Tier = Literal["personalized", "session", "segment", "popular", "static"]


@dataclass(slots=True)  # not frozen: a list makes a dozen, and a frozen one takes four times as long
class Why:
    """Why an item was chosen: in words, by which learner, through which item; with every say where the ranker ranked.

    What does not apply is empty.
    """

    words: str
    learner: str = ""
    because: str = ""
    reckoning: Reckoning | None = field(default=None, compare=False)


@dataclass(slots=True)
class Step:
    """Rows offered by one step of a ladder, best first, and why: each of them, or all alike; `again` lets it name what
    the visitor just ordered."""

    tier: Tier
    why: Why
    rows: NDArray[np.int64]
    scores: NDArray[np.float64]
    why_of: Callable[[int], Why] | None = None
    tier_of: Callable[[int], Tier] | None = None
    again: bool = False


def ordered_step(tier: Tier, why: Why, rows: NDArray[np.int64], scores: NDArray[np.float32] | None = None) -> Step:
    """Offer rows in this order, with the scores of all rows, or for None ones that fall with the place."""
    if scores is None:
        return Step(tier, why, rows, 1.0 / np.arange(1, len(rows) + 1))
    return Step(tier, why, rows, scores[rows].astype(np.float64))


def ranked_step(
    tier: Tier,
    why: Why,
    rows: NDArray[np.int64],
    scores: NDArray[np.float64],
    least: float = 0.0,
    why_of: Callable[[int], Why] | None = None,
) -> Step:
    """Offer those of the rows whose score, one a row, is above `least`, best first, ties in the order given."""
    kept = np.flatnonzero(scores > least)
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    return Step(tier, why, rows[kept], scores[kept], why_of)


def title_of(shelf: Shelf, item_id: str) -> str:
    """Name an item as a reason may: its title, or its id."""
    item = shelf.assortment.item_of(item_id)
    if item is None:
        return item_id
    return item.title or " > ".join(item.category[-1:]) or item.brand or item_id
