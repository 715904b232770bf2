"""Companion steps: what is viewed or ordered together with other items, and what is bought again."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from models.decisions.ladder import CandidateList, DecisionTier, Reason, item_title, ranked_step
from models.decisions.next_item_steps import TOGETHER_CHANNELS
from models.decisions.scored_catalog import ScoredCatalog
from models.ranking.buy_again import MAX_RANKED, RankedItems
from models.visitor.order_history import History, by_group

RECENTS_USED: Final = 10
"""Items of a visitor, the latest, that lists start from."""


def also_viewed(scored: ScoredCatalog, item_ids: Sequence[str]) -> CandidateList:
    """Items that stand in sessions with any of the given ones, by the best chance to follow one."""
    scores = np.zeros(len(scored.popularity))
    because = np.zeros(len(scores), dtype=np.int64)
    for place, item_id in enumerate(item_ids[:RECENTS_USED]):
        rows, chances, numbers = scored.next_after([item_id])
        if len(rows):
            together = scored.snapshot.engine.evidence(numbers, TOGETHER_CHANNELS)
            better = together & (chances > scores[rows])
            scores[rows[better]] = chances[better]
            because[rows[better]] = place

    def why_of(row: int) -> Reason:
        anchor = item_ids[int(because[row])]
        return Reason(f"viewed together with {item_title(scored, anchor)}", "co_visitation", anchor)

    return ranked_step("session", Reason("viewed together", "co_visitation"), scored.all_rows, scores, 0.0, why_of)


def bought_together(scored: ScoredCatalog, item_ids: Sequence[str]) -> CandidateList:
    """Items ordered with any of the given ones, by the sum of their shares."""
    scores = np.zeros(len(scored.popularity))
    best, because = np.zeros(len(scores)), np.zeros(len(scores), dtype=np.int64)
    for place, item_id in enumerate(item_ids[:RECENTS_USED]):
        rows, shares = scored.bought_with(item_id)
        scores[rows] += shares
        because[rows[shares > best[rows]]] = place
        best[rows] = np.maximum(best[rows], shares)

    def why_of(row: int) -> Reason:
        anchor = item_ids[int(because[row])]
        return Reason(f"bought together with {item_title(scored, anchor)}", "co_purchase", anchor)

    return ranked_step("session", Reason("bought together", "co_purchase"), scored.all_rows, scores, 0.0, why_of)


def buy_again(scored: ScoredCatalog, history: History, now_s: float, *, refill: bool) -> CandidateList:
    """What the visitor's next order will likely hold; without refill only what the visitor bought before."""
    if scored.groups is not None:
        history = by_group(history, scored.assortment.item_groups.group_of)
    ranked: dict[int, RankedItems] = {}
    for due in scored.snapshot.again.due_items(history, now_s, MAX_RANKED):
        if refill or due.purchases is not None:
            for row in scored.rows_of_products([due.item_id]).tolist():
                ranked.setdefault(row, due)

    def tier_of(row: int) -> DecisionTier:
        return "popular" if ranked[row].purchases is None else "personalized"

    return CandidateList(
        "personalized",
        Reason("you bought it before", "buy_again"),
        np.array(list(ranked), dtype=np.int64),
        np.array([due_item.score for due_item in ranked.values()], dtype=np.float64),
        lambda row: Reason(ranked[row].reason, "popularity" if ranked[row].purchases is None else "buy_again"),
        tier_of,
        again=True,
    )
