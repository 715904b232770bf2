"""Next-item steps: what the engine says, as steps with reasons that are true of each item."""

import numpy as np

from models.decisions.ladder import CandidateList, Reason
from models.decisions.next_item_steps import NEWCOMER_EVERY, NEWCOMER_FIRST, interest_words, next_steps
from models.decisions.scored_catalog import ScoredCatalog
from models.visitor.profile import Profile
from models.visitor.profile_batch import Change, learn
from tests.models.learner.taught import taught
from tests.models.makers import assortment, event, item

NOBODY = CandidateList("static", Reason("none"), np.zeros(0, np.int64), np.zeros(0))


def looked_at(scored: ScoredCatalog, *item_ids: str) -> Profile:
    changes = [Change(0, n, event("view_item", item_id, at_s=n)) for n, item_id in enumerate(item_ids, start=1)]
    profiles = [Profile()]
    learn(profiles, changes, scored.assortment.vector_of_item)
    return profiles[0]


def everything(scored: ScoredCatalog) -> np.ndarray:
    return np.ones(len(scored.assortment.ids), dtype=bool)


def test_what_others_went_on_to_comes_first_and_says_from_which() -> None:
    scored = ScoredCatalog(taught(), assortment(12))
    first, _ = next_steps(scored, looked_at(scored, "p001"), "session", everything(scored), NOBODY)
    row = int(first.rows[0])
    assert scored.assortment.ids[row] == "p002"
    assert first.why_of is not None
    why = first.why_of(row)
    assert (why.because, "Product 1" in why.words) == ("p001", True)
    assert why.contributions is not None
    assert np.all(np.diff(first.scores) <= 0)


def test_what_may_not_be_shown_is_in_neither_step() -> None:
    scored = ScoredCatalog(taught(), assortment(12))
    allowed = everything(scored)
    allowed[scored.assortment.row_of["p002"]] = False
    steps = next_steps(scored, looked_at(scored, "p001"), "session", allowed, NOBODY)
    assert all("p002" not in [scored.assortment.ids[row] for row in step.rows] for step in steps)


def test_newcomers_take_their_places_with_their_own_reason() -> None:
    scored = ScoredCatalog(taught(), assortment(12))
    newcomers = CandidateList("static", Reason("new here"), np.array([9, 10]), np.zeros(2))
    without, _ = next_steps(scored, looked_at(scored, "p001"), "session", everything(scored), NOBODY)
    first, _ = next_steps(scored, looked_at(scored, "p001"), "session", everything(scored), newcomers)
    places = range(NEWCOMER_FIRST, len(without.rows) + 1, NEWCOMER_EVERY)
    assert [int(first.rows[place]) for place in places] == [9, 10][: len(places)]
    assert len(first.rows) == len(without.rows) + min(2, len(places))
    assert first.why_of is not None
    if len(places):
        assert first.why_of(9).words == "new here"


def test_interests_are_named_by_category_then_brand_then_at_large() -> None:
    catalog = assortment(12)
    catalog.put(item(20, category=(), brand="Brand 1"))
    catalog.put(item(21, category=(), brand=""))
    catalog.put(item(22, category=("Garden",), brand=""))
    scored = ScoredCatalog(taught(), catalog)
    profile = looked_at(scored, "p001")  # of Sport > Sport 0 and Brand 1
    rows = catalog.row_of
    assert interest_words(scored, profile, rows["p007"]) == "you looked at Sport 0"
    assert interest_words(scored, profile, rows["p020"]) == "you looked at Brand 1"
    assert interest_words(scored, profile, rows["p022"]) == "matches your interest in Garden"
    assert interest_words(scored, profile, rows["p021"]) == "matches your interests"
