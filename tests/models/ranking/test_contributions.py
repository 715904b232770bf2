"""Reasons: what each learner says adds up to the score, and the item named is one that leads there."""

import numpy as np
import pytest

from models.ranking.feature_layout import LEARNERS
from models.ranking.item_event import ItemEvent
from models.ranking.next_item import NextItem


def _engine() -> NextItem:
    """Boots are followed by socks, hats by scarves; a lamp shares boots' category and was never seen with them."""
    engine = NextItem()
    for step in range(300):
        first, then = (("boots", "socks"), ("hats", "scarves"))[step % 2]
        kind = ("feet", "head")[step % 2]
        engine.test_then_learn(ItemEvent(f"s{step}", first, 60.0 * step, category=(kind,)))
        engine.test_then_learn(ItemEvent(f"s{step}", then, 60.0 * step + 5, category=(kind,)))
        if step % 10 == 0:
            engine.test_then_learn(ItemEvent(f"l{step}", "slippers", 60.0 * step, category=("feet",)))
    return engine


def test_says_add_up_to_the_score_beside_the_average() -> None:
    engine = _engine()
    items, _ = engine.rank_candidates(["boots", "hats"])
    contributions_by_row = engine.reader().contributions_of(items)
    count = int(engine._room.table.head[1])
    scores = {
        int(item): float(score) for item, score in zip(engine._room.table.items[:count], engine._scores, strict=False)
    }
    average = float(np.mean(engine._scores[:count]))
    for item, contributions in zip(items.tolist(), contributions_by_row, strict=True):
        assert sum(contributions.says) == pytest.approx(scores[item] - average, abs=1e-3)
        named = contributions.named()
        assert sorted(name for name, _ in named) == sorted(LEARNERS)
        assert [says for _, says in named] == sorted(contributions.says, reverse=True)
        assert contributions.learner == named[0][0]


def test_the_item_named_is_the_one_that_leads_there() -> None:
    engine = _engine()
    items, _ = engine.rank_candidates(["hats", "boots"])
    because = {
        item: contributions.because
        for item, contributions in zip(items.tolist(), engine.reader().contributions_of(items), strict=True)
    }
    named = {engine.names[item]: engine.names[other] for item, other in because.items() if other >= 0}
    assert named["socks"] == "boots"
    assert named["scarves"] == "hats"
    assert named["slippers"] == "boots"


def test_an_item_that_is_no_candidate_is_refused() -> None:
    engine = _engine()
    engine.rank_candidates(["boots"])
    engine.test_then_learn(ItemEvent("x", "new", 1e6))
    with pytest.raises(ValueError, match="no candidates of the latest query"):
        engine.reader().contributions_of(np.array([engine.names.index("new")], np.int32))
