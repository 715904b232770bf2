"""Steps of a ladder: rows of the catalog that one source offers, in order, each with a reason."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.decisions.scored_catalog import ScoredCatalog
from models.ranking.contributions import Contributions

DecisionTier = Literal["personalized", "session", "segment", "popular", "static"]


@dataclass(slots=True)  # not frozen: a list makes a dozen, and a frozen one takes four times as long
class Reason:
    """Why an item was chosen: in words, by which learner, through which item; with every say where the ranker ranked.

    What does not apply is empty.
    """

    words: str
    learner: str = ""
    because: str = ""
    contributions: Contributions | None = field(default=None, compare=False)


@dataclass(slots=True)
class CandidateList:
    """Rows offered by one step of a ladder, best first, and why: each of them, or all alike; `again` lets it name what
    the visitor just ordered."""

    tier: DecisionTier
    why: Reason
    rows: NDArray[np.int64]
    scores: NDArray[np.float64]
    why_of: Callable[[int], Reason] | None = None
    tier_of: Callable[[int], DecisionTier] | None = None
    again: bool = False


def ordered_step(
    tier: DecisionTier, why: Reason, rows: NDArray[np.int64], scores: NDArray[np.float32] | None = None
) -> CandidateList:
    """Offer rows in this order, with the scores of all rows, or for None ones that fall with the place."""
    if scores is None:
        return CandidateList(tier, why, rows, 1.0 / np.arange(1, len(rows) + 1))
    return CandidateList(tier, why, rows, scores[rows].astype(np.float64))


def ranked_step(
    tier: DecisionTier,
    why: Reason,
    rows: NDArray[np.int64],
    scores: NDArray[np.float64],
    least: float = 0.0,
    why_of: Callable[[int], Reason] | None = None,
) -> CandidateList:
    """Offer those of the rows whose score, one a row, is above `least`, best first, ties in the order given."""
    kept = np.flatnonzero(scores > least)
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    return CandidateList(tier, why, rows[kept], scores[kept], why_of)


def item_title(scored: ScoredCatalog, item_id: str) -> str:
    """Name an item as a reason may: its title, or its id."""
    item = scored.assortment.item_of(item_id)
    if item is None:
        return item_id
    return item.title or " > ".join(item.category[-1:]) or item.brand or item_id
