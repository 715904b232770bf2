"""Companion steps: what goes with other items, and what is bought again, each with its reason."""

import numpy as np

from models.catalog.assortment import Assortment
from models.decisions.companion_steps import RECENTS_USED, also_viewed, bought_together, buy_again
from models.decisions.ladder import CandidateList
from models.decisions.scored_catalog import ScoredCatalog
from models.visitor.order_history import History, buy
from tests.models.learner.taught import taught
from tests.models.makers import START_S, assortment, item


def named(step: CandidateList, catalog: Assortment) -> list[str]:
    return [catalog.ids[row] for row in step.rows]


def test_the_item_that_says_most_is_the_reason() -> None:
    catalog = assortment(12)
    scored = ScoredCatalog(taught(), catalog)
    viewed = also_viewed(scored, ["p009", "p001"])
    assert named(viewed, catalog) == ["p002"]
    assert viewed.why_of is not None
    assert viewed.why_of(catalog.row_of["p002"]).because == "p001"
    bought = bought_together(scored, ["p009", "p004"])
    assert named(bought, catalog) == ["p003"]
    assert bought.why_of is not None
    assert bought.why_of(catalog.row_of["p003"]).words == "bought together with Product 4"
    assert not len(bought_together(scored, ["p009"] * RECENTS_USED + ["p004"]).rows)


def test_variants_go_with_what_their_group_goes_with() -> None:
    catalog = assortment(12)
    scored = ScoredCatalog(taught(), catalog)
    (alone,) = bought_together(scored, ["p004"]).scores.tolist()
    for number in (3, 7):
        catalog.put(item(number, item_group_id="lamp"))
    scored = ScoredCatalog(scored.snapshot, catalog)
    step = bought_together(scored, ["p004"])
    assert sorted(named(step, catalog)) == ["p003", "p007"]
    assert np.allclose(step.scores, alone)


def test_what_is_popular_fills_up_what_was_bought_where_that_is_wanted() -> None:
    catalog = assortment(12)
    scored = ScoredCatalog(taught(), catalog)
    history = History()
    for week in range(3):
        buy(history, f"o{week}", ["p006"], START_S + week * 604_800.0)
    now_s = START_S + 3 * 604_800.0
    assert named(buy_again(scored, history, now_s, refill=False), catalog) == ["p006"]
    filled = buy_again(scored, history, now_s, refill=True)
    assert named(filled, catalog)[0] == "p006"
    assert filled.tier_of is not None
    assert filled.tier_of(catalog.row_of["p006"]) == "personalized"
