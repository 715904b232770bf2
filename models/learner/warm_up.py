"""Warm-up: compile the kernels, or load them compiled, before anyone waits for an answer.

    python -m models.learner.warm_up

The first time on a machine this takes some ten seconds of one core, then less than one.
"""

import numpy as np

from models.bandit.click_context import Context
from models.bandit.click_model import ClickModel
from models.bandit.thompson import chances
from models.base.durations import DAY_S
from models.catalog.similarity import similarity
from models.ranking.buy_again import BuyAgain
from models.ranking.item_event import ItemEvent
from models.ranking.next_item import NextItem
from models.visitor.interest_sketch import Sketches


def warm() -> None:
    """Teach and ask models that are thrown away, by every way live ones are."""
    engine = NextItem(max_sessions=10)
    for step in range(6):
        engine.test_then_learn(ItemEvent(str(step % 2), str(step % 5), float(step), "v", ("a",), "b", 1.0))
    items, _ = engine.rank_candidates(["1", "2"], earlier=["3"])
    engine.evidence(items)
    engine.reader().contributions_of(items)
    similarity(np.zeros((1, 1), np.float32), np.zeros(1, np.float32), np.zeros(1, np.int64))
    NextItem.load(engine.tables(), engine.paths())
    again = BuyAgain()
    for day in range(4):
        again.learn_one("v", str(day), {"1": "a"}, day * DAY_S)
    again.frozen().due_items(again.history("v"), 0.0)
    Sketches([b""]).encode([0])
    clicks = ClickModel(click_window_s=1.0)
    clicks.counts.add("c", Context(("slot:hero:0",)), 2.0, 1.0, at_s=0.0)
    terms = clicks.weights().terms("c", Context())
    chances([terms.score, terms.score], [terms.deviation, terms.deviation])


if __name__ == "__main__":
    warm()
