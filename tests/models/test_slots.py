"""Slots: the chance told is the chance there was."""

from collections import Counter
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.assortment import Assortment
from models.catalog import Campaign, Creative
from models.clicks import ClickWeights
from models.profile import Change, Profile, learn
from models.slots import HOLD_S, UNIFORM_SHARE, Slate, eligible, fill, inverse_gap
from tests.models.makers import START_S, assortment, event, item

NOW_S = START_S
PREDICTED = ClickWeights(weights={"creative:c0": 1.0, "creative:c1": 0.5, "creative:c2": -1.0})


def visitor(catalog: Assortment, *item_ids: str) -> Profile:
    profiles = [Profile()]
    looks = [Change(0, number, event("view_item", one)) for number, one in enumerate(item_ids, start=1)]
    learn(profiles, looks, catalog.vector_of_item)
    return profiles[0]


def slate(
    catalog: Assortment,
    profile: Profile,
    visitor_id: str = "v",
    count: int = 4,
    now_s: float = NOW_S,
    holdout: bool = False,
) -> Slate:
    return fill(catalog, PREDICTED, 100, profile, visitor_id, "hero", count, now_s, holdout=holdout)


def creatives(found: Slate) -> list[str]:
    return [slot.creative.creative_id for slot in found.slots]


@given(predicted=st.lists(st.floats(0, 1), min_size=1, max_size=30), gamma=st.floats(0, 1e6))
def test_chances_sum_to_1_and_none_is_left_without(predicted: list[float], gamma: float) -> None:
    chances = inverse_gap(predicted, gamma)
    assert sum(chances) == pytest.approx(1.0)
    assert min(chances) >= UNIFORM_SHARE / len(predicted) * (1 - 1e-9)
    assert max(chances) == pytest.approx(chances[predicted.index(max(predicted))])


def test_a_wider_gap_and_more_experience_leave_less_chance() -> None:
    near, far = inverse_gap([0.5, 0.4, 0.1], gamma=100.0)[1:]
    assert near > far
    assert inverse_gap([0.5, 0.1], gamma=1_000.0)[1] < inverse_gap([0.5, 0.1], gamma=10.0)[1]
    chances = inverse_gap([0.5, 0.3], gamma=100.0)
    assert chances[1] == pytest.approx(0.99 * 1 / (2 + 100 * 0.2) + 0.01 / 2)


def test_selection_probabilities_agree_with_frequencies_over_many_visitors() -> None:
    catalog = assortment(30, creatives=4)
    profile = visitor(catalog, "p000", "p003")
    visitors = 6_000
    slates = [slate(catalog, profile, f"v{number}", count=2) for number in range(visitors)]
    told = {one.slots[0].creative.creative_id: one.slots[0].selection_probability for one in slates}
    seen = Counter(one.slots[0].creative.creative_id for one in slates)
    assert sum(told.values()) == pytest.approx(1.0)
    assert min(told.values()) < 0.2 < 0.4 < max(told.values())
    for creative_id, chance in told.items():
        assert abs(seen[creative_id] / visitors - chance) < 4.5 * sqrt(chance * (1 - chance) / visitors)
    # The second position, given the first.
    best = seen.most_common(1)[0][0]
    given_best = [one.slots[1] for one in slates if one.slots[0].creative.creative_id == best]
    second = {slot.creative.creative_id: slot.selection_probability for slot in given_best}
    counts = Counter(slot.creative.creative_id for slot in given_best)
    assert sum(second.values()) == pytest.approx(1.0)
    for creative_id, chance in second.items():
        off = abs(counts[creative_id] / len(given_best) - chance)
        assert off < 4.5 * sqrt(chance * (1 - chance) / len(given_best))


def test_the_same_visitor_keeps_the_slate_for_a_while() -> None:
    catalog = assortment(30, creatives=8)
    profile = visitor(catalog, "p000")
    window = NOW_S // HOLD_S * HOLD_S
    first = slate(catalog, profile, now_s=window)
    assert slate(catalog, profile, now_s=window + HOLD_S - 1) == first
    later = [creatives(slate(catalog, profile, now_s=window + number * HOLD_S)) for number in range(1, 20)]
    assert any(one != creatives(first) for one in later)


def test_campaigns_take_turns() -> None:
    catalog = assortment(30, creatives=12, campaigns=4)
    for number in range(50):
        found = slate(catalog, visitor(catalog, "p000"), f"v{number}", count=4)
        assert len({slot.creative.campaign_id for slot in found.slots}) == 4
        assert [slot.position for slot in found.slots] == [0, 1, 2, 3]
    more = slate(catalog, visitor(catalog, "p000"), count=12)
    assert len(set(creatives(more))) == 12


@pytest.mark.parametrize("holdout", [True, False])
def test_holdout_visitors_and_strangers_see_even_rotation(holdout: bool) -> None:
    catalog = assortment(30, creatives=4)
    profile = visitor(catalog, "p000") if holdout else Profile()
    slates = [slate(catalog, profile, f"v{number}", count=1, holdout=holdout) for number in range(4_000)]
    seen = Counter(one.slots[0].creative.creative_id for one in slates)
    assert all(one.slots[0].selection_probability == pytest.approx(0.25) for one in slates)
    assert all(abs(count / 4_000 - 0.25) < 4.5 * sqrt(0.25 * 0.75 / 4_000) for count in seen.values())
    assert {one.tier for one in slates} == {"static"}
    assert ("holdout" in slates[0].reason) is holdout


def test_what_was_looked_at_is_the_reason() -> None:
    catalog = assortment(30, creatives=4)
    found = slate(catalog, visitor(catalog, "p000"))
    reasons = {slot.creative.creative_id: slot.reason for slot in found.slots}
    assert reasons["c0"] == reasons["c3"] == "you looked at Home lately"
    assert all(reasons.values())


def test_only_what_may_be_shown_is_eligible() -> None:
    catalog = assortment(30, creatives=8)
    catalog.put(Creative(creative_id="c0", campaign_id="k0", enabled=False))
    catalog.put(Creative(creative_id="c1", campaign_id="k1", placements=("side",)))
    catalog.put(Creative(creative_id="c4", campaign_id="nobody"))
    catalog.put(Creative(creative_id="c5", campaign_id="k1", item_ids=("p007", "p008")))
    catalog.put(item(7, availability="out_of_stock"))
    catalog.put(item(8, hidden=True))
    catalog.put(Campaign(campaign_id="k2", ends_at_s=NOW_S))
    assert [one.creative_id for one in eligible(catalog, "hero", NOW_S)] == ["c3", "c7"]
    assert [one.creative_id for one in eligible(catalog, "side", NOW_S, frozenset({"c3"}))] == ["c1", "c7"]
    catalog.put(item(8))
    assert "c5" in [one.creative_id for one in eligible(catalog, "hero", NOW_S)]


def test_nothing_eligible_is_an_empty_slate() -> None:
    assert slate(assortment(3), Profile()) == Slate("static", "no creative is eligible", [])


def test_with_more_learned_the_best_is_shown_more() -> None:
    catalog = assortment(30, creatives=4)
    profile = visitor(catalog, "p000")
    rates = []
    for events in (0, 1_000_000):
        found = [fill(catalog, PREDICTED, events, profile, f"v{n}", "hero", 1, NOW_S).slots[0] for n in range(300)]
        rates.append(max(slot.selection_probability for slot in found))
    assert rates[0] < rates[1]
