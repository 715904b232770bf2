"""Rank: the items of a search result or a category page, put in the order in which a visitor wants them.

The ladder of "for you" says what the visitor wants of them, in which order and why; what the caller says of them, by
scores or by the order they come in, counts beside it. Nothing is added, and what may not be shown is named, not lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.decisions.ladder import CandidateList, DecisionTier, Reason
from models.decisions.list_rules import ListRules, list_rules_of
from models.decisions.recommend import Query, ladder_of
from models.decisions.scored_catalog import ScoredCatalog
from models.decisions.visitor_context import VisitorContext

MOST_ITEMS: Final = 1_000
MAX_REASONS: Final = 24
"""Of the first so many it is said why in particular: what nobody sees is not worked out."""
_PERSONAL: Final = frozenset({"personalized", "session", "segment"})
_COMMON_SHARE: Final = 0.25
"""How much of a personal place one that all visitors share counts: it breaks ties rather than searches."""
_AS_CALLED = Reason("as it came", "caller")

LeftOutCode = Literal["unknown", "not_sellable", "excluded_by_rule"]


class RankQuery(NamedTuple):
    """What to rank: ids, each once, and the caller's scores of them, empty for the order they come in.

    `weight`, 0 to 1, is how much those count against what the visitor wants.
    """

    item_ids: Sequence[str]
    scores: Sequence[float] = ()
    weight: float = 0.5


class RankedItem(NamedTuple):
    """An item in its place; `score`, 0 to 1, is of this answer alone."""

    item_id: str
    score: float
    tier: DecisionTier
    why: Reason


@dataclass(slots=True)
class Ranking:
    """Items, best first, and those that may not be shown, with why; `tier` is that of the most personal part."""

    tier: DecisionTier = "static"
    items: list[RankedItem] = field(default_factory=list)
    left_out: list[tuple[str, LeftOutCode]] = field(default_factory=list)


def rank(scored: ScoredCatalog, visitor: VisitorContext, query: RankQuery) -> Ranking:
    """Put items in a visitor's order; a holdout's stay in the caller's."""
    ruled = list_rules_of(scored, "for_you", visitor.targeting, visitor.now_s)
    answer = Ranking()
    places, rows = _allowed(scored, visitor, query, ruled, answer)
    if not len(rows):
        return answer
    allowed = np.zeros(len(scored.all_rows), dtype=bool)
    allowed[rows] = True
    offered = [] if visitor.holdout else _offered(scored, visitor, allowed, ruled)
    personal, step_of = _worth(offered, len(allowed))
    weight = 1.0 if visitor.holdout else query.weight
    total = weight * _called(query, places) + (1.0 - weight) * personal[rows]
    if ruled is not None and ruled.buried is not None:
        total -= ruled.buried[rows]
    order = np.argsort(-total, kind="stable").tolist()
    for place, index in enumerate(_pinned(ruled, allowed, rows, order)):
        row = int(rows[index])
        step = offered[step_of[row]] if step_of[row] >= 0 else None
        why = _AS_CALLED if step is None else step.why
        if step is not None and step.why_of is not None and place < MAX_REASONS:
            why = step.why_of(row)
        tier: DecisionTier = "static" if step is None else step.tier
        answer.items.append(
            RankedItem(query.item_ids[places[index]], round(max(float(total[index]), 0.0), 6), tier, why)
        )
    answer.tier = next((step.tier for step in offered if step.tier in _PERSONAL and len(step.rows)), "static")
    return answer


def _allowed(
    scored: ScoredCatalog, visitor: VisitorContext, query: RankQuery, ruled: ListRules | None, answer: Ranking
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give places among those asked for, and rows, of what may be shown; the rest is noted."""
    sellable, row_of = scored.assortment.sellable_rows(visitor.now_s), scored.assortment.row_of
    excluded = None if ruled is None else ruled.excluded
    places: list[int] = []
    rows: list[int] = []
    for place, item_id in enumerate(query.item_ids):
        row = row_of.get(item_id)
        code: LeftOutCode | None = None
        if row is None or row >= len(sellable):
            code = "unknown"
        elif not sellable[row]:
            code = "not_sellable"
        elif excluded is not None and excluded[row]:
            code = "excluded_by_rule"
        if row is None or code is not None:
            answer.left_out.append((item_id, code or "unknown"))
        else:
            places.append(place)
            rows.append(row)
    return np.array(places, np.int64), np.array(rows, np.int64)


def _offered(
    scored: ScoredCatalog, visitor: VisitorContext, allowed: NDArray[np.bool_], ruled: ListRules | None
) -> list[CandidateList]:
    """What each step of the ladder offers of the items, each once."""
    left = allowed.copy()
    offered: list[CandidateList] = []
    for step in ladder_of(scored, visitor, Query("for_you"), allowed, None):
        keep = left[step.rows]
        step.rows, step.scores = step.rows[keep], step.scores[keep]
        if len(step.rows):
            step = step if ruled is None else ruled.boosted(step)
            offered.append(step)
            left[step.rows] = False
        if not left.any():
            break
    return offered


def _worth(offered: Sequence[CandidateList], count: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """What places on the ladder are worth by row, 0 to 1, and which step a row is of, -1 for none."""
    worth, step_of = np.zeros(count), np.full(count, -1, np.int64)
    all_of_them = sum(len(step.rows) for step in offered)
    before = 0
    for number, step in enumerate(offered):
        share = 1.0 if step.tier in _PERSONAL else _COMMON_SHARE
        worth[step.rows] = share * (1.0 - (before + np.arange(len(step.rows))) / all_of_them)
        step_of[step.rows] = number
        before += len(step.rows)
    return worth, step_of


def _called(query: RankQuery, places: NDArray[np.int64]) -> NDArray[np.float64]:
    """The caller's word on each, 0 to 1: by scores, as far apart as they are, or by places."""
    if not query.scores:
        return 1.0 - places / len(query.item_ids)
    scores = np.array(query.scores, np.float64)[places]
    least, most = scores.min(), scores.max()
    return (scores - least) / (most - least) if most > least else np.ones(len(scores))


def _pinned(
    ruled: ListRules | None,
    allowed: NDArray[np.bool_],
    rows: NDArray[np.int64],
    order: list[int],
) -> list[int]:
    """Put what a rule pins in its place, where it is among the items."""
    if ruled is None or not ruled.pins:
        return order
    index_of = {row: index for index, row in enumerate(rows.tolist())}
    for place, row, _ in ruled.pinned(allowed):
        index = index_of.get(row)
        if index is not None:
            order.remove(index)
            order.insert(place, index)
    return order
