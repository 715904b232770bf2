"""Rank: a caller's items in a visitor's order, none added, none lost without a word."""

from random import Random

import pytest

from models.catalog.assortment import Assortment
from models.catalog.resources import MerchandisingRule
from models.decisions.rank import MAX_REASONS, Ranking, RankQuery, rank
from models.decisions.scored_catalog import ScoredCatalog
from models.decisions.visitor_context import VisitorContext
from models.events.events import Event
from models.learner.learner import Learner
from models.learner.snapshot import empty_snapshot
from models.visitor.profile import Profile
from models.visitor.profile_batch import Change, learn
from tests.models.makers import START_S, assortment, event, item

NOW_S = START_S + 1_000.0


def shop(items: int = 30) -> tuple[Assortment, ScoredCatalog]:
    """Many went from p000 to p001; p009 is what most look at."""
    catalog, model = assortment(items), Learner()
    events = []
    for number in range(20):
        events += [event("view_item", name, visitor=f"o{number}", at_s=at) for at, name in enumerate(("p000", "p001"))]
        events += [event("view_item", "p009", visitor=f"w{number}-{again}") for again in range(15)]
    for position, told in enumerate(events, start=1):
        model.learn_event(0, position, told, catalog)
    return catalog, ScoredCatalog(model.snapshot(), catalog)


def seen_by(catalog: Assortment, *events: Event, holdout: bool = False) -> VisitorContext:
    profile = Profile()
    changes = [Change(0, place, told) for place, told in enumerate(events, start=1)]
    learn([profile], changes, catalog.vector_of_item)
    return VisitorContext(profile, NOW_S, holdout=holdout)


def ids(ranking: Ranking) -> list[str]:
    return [ranked.item_id for ranked in ranking.items]


ASKED = tuple(f"p{number:03}" for number in (20, 9, 1, 3, 14))


def test_what_the_visitor_wants_comes_first_and_the_callers_word_counts_as_much_as_it_says() -> None:
    catalog, scored = shop()
    visitor = seen_by(catalog, event("view_item", "p000"))
    own = rank(scored, visitor, RankQuery(ASKED, weight=0.0))
    assert ids(own)[0] == "p001"
    assert sorted(ids(own)) == sorted(ASKED)
    assert (own.tier, own.items[0].tier) == ("session", "session")
    assert own.items[0].why.because == "p000"
    assert ids(rank(scored, visitor, RankQuery(ASKED, weight=1.0))) == list(ASKED)
    scores = (0.0, 0.0, 0.0, 0.0, 100.0)
    assert ids(rank(scored, visitor, RankQuery(ASKED, scores, 1.0)))[0] == "p014"
    assert ids(rank(scored, visitor, RankQuery(ASKED, scores, 0.6)))[:2] == ["p014", "p001"]


def test_for_nobody_known_popularity_breaks_ties_and_turns_no_search_round() -> None:
    catalog, scored = shop()
    nobody = seen_by(catalog)
    assert ids(rank(scored, nobody, RankQuery(ASKED))) == list(ASKED)
    assert ids(rank(scored, nobody, RankQuery(ASKED, (1.0,) * 5)))[0] == "p009"


def test_a_holdouts_list_stays_as_it_came() -> None:
    catalog, scored = shop()
    held = seen_by(catalog, event("view_item", "p000"), holdout=True)
    found = rank(scored, held, RankQuery(ASKED, weight=0.0))
    assert ids(found) == list(ASKED)
    assert {ranked.why.learner for ranked in found.items} == {"caller"}


def test_what_may_not_be_shown_is_named() -> None:
    catalog, scored = shop()
    catalog.put(item(9, availability="out_of_stock"))
    catalog.put(MerchandisingRule(rule_id="x", action="exclude", item_ids=("p003",)))
    scored = ScoredCatalog(scored.snapshot, catalog)
    found = rank(scored, seen_by(catalog), RankQuery((*ASKED, "nothing")))
    assert found.left_out == [("p009", "not_sellable"), ("p003", "excluded_by_rule"), ("nothing", "unknown")]
    assert sorted(ids(found)) == ["p001", "p014", "p020"]
    assert rank(scored, seen_by(catalog), RankQuery(("nothing",))).items == []


def test_rules_boost_bury_and_pin_what_is_among_the_items() -> None:
    catalog, _ = shop()
    catalog.put(MerchandisingRule(rule_id="b", action="bury", item_ids=("p020",)))
    catalog.put(MerchandisingRule(rule_id="p", action="pin", item_ids=("p014", "p002"), position=1))
    scored = ScoredCatalog(empty_snapshot(), catalog)
    found = rank(scored, seen_by(catalog), RankQuery(ASKED, weight=1.0))
    assert ids(found) == ["p009", "p014", "p001", "p003", "p020"]


def test_the_cart_and_what_was_bought_stay_in_a_search() -> None:
    catalog, scored = shop()
    bought = event("purchase", "p001", at_s=5, params={"transaction_id": "o"})
    visitor = seen_by(catalog, event("view_item", "p000"), event("add_to_cart", "p003", at_s=2), bought)
    assert sorted(ids(rank(scored, visitor, RankQuery(ASKED)))) == sorted(ASKED)


@pytest.mark.parametrize("seed", range(20))
def test_any_list_is_a_permutation_and_the_same_again(seed: int) -> None:
    catalog, scored = shop(200)
    random = Random(seed)
    names = tuple(random.sample([f"p{number:03}" for number in range(200)], random.randrange(1, 200)))
    scores = tuple(random.choice((-1e300, 0.0, 1.0, 1e300)) for _ in names) if seed % 2 else ()
    visitor = seen_by(catalog, *(event("view_item", name, at_s=at) for at, name in enumerate(names[:3])))
    query = RankQuery(names, scores, random.random())
    found = rank(scored, visitor, query)
    assert sorted(ids(found)) == sorted(names)
    assert ids(found) == ids(rank(scored, visitor, query))
    assert all(0.0 <= ranked.score <= 1.0 for ranked in found.items)
    assert all(ranked.why.words for ranked in found.items[:MAX_REASONS])
