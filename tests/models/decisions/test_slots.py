"""Slots: the chance told is the chance there was."""

from collections import Counter
from math import sqrt

import pytest

from models.bandit.click_weights import BIAS, ClickWeights
from models.catalog.assortment import Assortment
from models.catalog.resources import Campaign, Creative
from models.decisions.slots import HOLD_S, Slate, SlotRequest, eligible, fill
from models.decisions.visitor_context import VisitorContext
from models.events.traffic_source import Touch
from models.visitor.profile import Profile
from models.visitor.profile_batch import Change, learn
from tests.models.makers import START_S, assortment, event, item

NOW_S = START_S
SURE = {f"creative:c{number}": 0.04 for number in range(12)}
PREDICTED = ClickWeights(
    weights={"creative:c0": 0.2, "creative:c1": 0.5, "creative:c2": -0.3}, variances=SURE, impressions=1_000
)


def visitor(catalog: Assortment, *item_ids: str) -> Profile:
    profiles = [Profile()]
    looks = [Change(0, number, event("view_item", item_id)) for number, item_id in enumerate(item_ids, start=1)]
    learn(profiles, looks, catalog.vector_of_item)
    return profiles[0]


def slate(
    catalog: Assortment,
    profile: Profile,
    visitor_id: str = "v",
    count: int = 4,
    now_s: float = NOW_S,
    holdout: bool = False,
    clicks: ClickWeights = PREDICTED,
) -> Slate:
    return fill(
        catalog, clicks, VisitorContext(profile, now_s, visitor_id, holdout=holdout), SlotRequest("hero", count)
    )


def creatives(found: Slate) -> list[str]:
    return [slot.creative.creative_id for slot in found.slots]


def test_selection_probabilities_agree_with_frequencies_over_many_visitors() -> None:
    catalog = assortment(30, creatives=4)
    profile = visitor(catalog, "p000", "p003")
    visitors = 6_000
    slates = [slate(catalog, profile, f"v{number}", count=2) for number in range(visitors)]
    told = {slate.slots[0].creative.creative_id: slate.slots[0].selection_probability for slate in slates}
    seen = Counter(slate.slots[0].creative.creative_id for slate in slates)
    assert sum(told.values()) == pytest.approx(1.0)
    assert 0 < min(told.values()) < 0.2 < 0.4 < max(told.values())
    for creative_id, chance in told.items():
        assert abs(seen[creative_id] / visitors - chance) < 4.5 * sqrt(chance * (1 - chance) / visitors)
    # The second position, given the first.
    best = seen.most_common(1)[0][0]
    given_best = [slate.slots[1] for slate in slates if slate.slots[0].creative.creative_id == best]
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
    assert any(slate != creatives(first) for slate in later)


def test_more_slots_begin_with_what_fewer_would_show() -> None:
    catalog = assortment(30, creatives=12)
    profile = visitor(catalog, "p000")
    longest = creatives(slate(catalog, profile, count=12))
    assert all(creatives(slate(catalog, profile, count=count)) == longest[:count] for count in range(1, 12))


def test_campaigns_take_turns() -> None:
    catalog = assortment(30, creatives=12, campaigns=4)
    for number in range(50):
        found = slate(catalog, visitor(catalog, "p000"), f"v{number}", count=4)
        assert len({slot.creative.campaign_id for slot in found.slots}) == 4
        assert [slot.position for slot in found.slots] == [0, 1, 2, 3]
    more = slate(catalog, visitor(catalog, "p000"), count=12)
    assert len(set(creatives(more))) == 12


@pytest.mark.parametrize("holdout", [True, False])
def test_the_holdout_and_everybody_at_first_see_even_rotation(holdout: bool) -> None:
    catalog = assortment(30, creatives=4)
    profile = visitor(catalog, "p000") if holdout else Profile()
    clicks = PREDICTED if holdout else ClickWeights()
    slates = [slate(catalog, profile, f"v{n}", count=1, holdout=holdout, clicks=clicks) for n in range(4_000)]
    seen = Counter(slate.slots[0].creative.creative_id for slate in slates)
    assert all(slate.slots[0].selection_probability == pytest.approx(0.25) for slate in slates)
    assert all(abs(count / 4_000 - 0.25) < 4.5 * sqrt(0.25 * 0.75 / 4_000) for count in seen.values())
    assert {slate.tier for slate in slates} == {"static"}
    assert "even rotation" in slates[0].reason
    assert ("holdout" in slates[0].reason) is holdout


def test_a_stranger_sees_what_others_click() -> None:
    catalog = assortment(30, creatives=4)
    slates = [slate(catalog, Profile(), f"v{number}", count=1) for number in range(300)]
    seen = Counter(slate.slots[0].creative.creative_id for slate in slates)
    assert {slate.tier for slate in slates} == {"popular"}
    assert seen.most_common(1)[0][0] == "c1"
    assert "others click it" in {slate.slots[0].reason for slate in slates}


def reasons_of(catalog: Assortment, profile: Profile, clicks: ClickWeights) -> dict[str, str]:
    """The reason of every creative wherever many visitors were shown it first."""
    slates = [slate(catalog, profile, f"v{number}", count=1, clicks=clicks) for number in range(2_000)]
    return {slate.slots[0].creative.creative_id: slate.slots[0].reason for slate in slates}


def test_the_reason_is_what_contributed_most() -> None:
    catalog = assortment(30, creatives=4)
    learned = {"creative:c1": 1.5, "creative:c2": -0.5, "echo": 2.0, BIAS: -3.0}
    clicks = ClickWeights(weights=learned, variances=dict.fromkeys(SURE, 1.0), impressions=1_000)
    looked = visitor(catalog, "p000")
    reasons = reasons_of(catalog, looked, clicks)
    assert reasons["c0"] == reasons["c3"] == "you looked at Home lately"
    assert reasons["c1"] == "others click it"
    assert reasons["c2"] == "shown to learn who likes it"
    looked.last_touch = Touch("mail", "email", "k2", NOW_S)
    assert reasons_of(catalog, looked, clicks)["c2"] == "you came by its campaign"


def test_where_nothing_speaks_for_any_none_is_said_to_be_better() -> None:
    catalog = assortment(30, creatives=4)
    clicks = ClickWeights(impressions=10)
    assert set(reasons_of(catalog, Profile(), clicks).values()) == {"shown in turn with others as good"}


def test_what_a_slot_was_drawn_from_is_told() -> None:
    found = slate(assortment(30, creatives=6, campaigns=4), Profile(), count=6)
    shown = creatives(found)
    assert found.slots[0].drawn_from == tuple(f"c{number}" for number in range(6))
    for slot in found.slots:
        assert slot.creative.creative_id in slot.drawn_from
        assert not set(shown[: slot.position]) & set(slot.drawn_from)
    assert len(found.slots[4].drawn_from) == 2
    assert found.policy.startswith("gaussian-thompson/")


def test_a_slate_moves_no_more_than_the_chances_do() -> None:
    catalog = assortment(30, creatives=8)
    profile = visitor(catalog, "p000")
    moved = ClickWeights(weights={**PREDICTED.weights, "creative:c1": 0.51}, variances=SURE, impressions=1_001)
    others = ClickWeights(weights={"creative:c1": -3.0, "creative:c4": 2.0}, variances=SURE, impressions=1_001)
    kept, changed = 0, 0
    for number in range(1_000):
        before = creatives(slate(catalog, profile, f"v{number}", count=1))
        kept += before == creatives(slate(catalog, profile, f"v{number}", count=1, clicks=moved))
        changed += before != creatives(slate(catalog, profile, f"v{number}", count=1, clicks=others))
    assert kept > 970
    assert changed > 300


def test_only_what_may_be_shown_is_eligible() -> None:
    catalog = assortment(30, creatives=8)
    catalog.put(Creative(creative_id="c0", campaign_id="k0", enabled=False))
    catalog.put(Creative(creative_id="c1", campaign_id="k1", placements=("side",)))
    catalog.put(Creative(creative_id="c4", campaign_id="nobody"))
    catalog.put(Creative(creative_id="c5", campaign_id="k1", item_ids=("p007", "p008")))
    catalog.put(item(7, availability="out_of_stock"))
    catalog.put(item(8, hidden=True))
    catalog.put(Campaign(campaign_id="k2", ends_at_s=NOW_S))
    assert [creative.creative_id for creative in eligible(catalog, "hero", NOW_S)] == ["c3", "c7"]
    assert [creative.creative_id for creative in eligible(catalog, "side", NOW_S, frozenset({"c3"}))] == ["c1", "c7"]
    catalog.put(item(8))
    assert "c5" in [creative.creative_id for creative in eligible(catalog, "hero", NOW_S)]


def test_nothing_eligible_is_an_empty_slate() -> None:
    assert slate(assortment(3), Profile()) == Slate("static", "no creative is eligible", [])


def test_a_creative_of_a_product_is_shown_while_any_variant_is_there() -> None:
    catalog = assortment(10, creatives=1)
    catalog.put(item(7, item_group_id="lamp", availability="out_of_stock"))
    catalog.put(Creative(creative_id="c0", campaign_id="k0", item_ids=("p007",)))
    assert eligible(catalog, "hero", NOW_S) == []
    catalog.put(item(8, item_group_id="lamp"))
    for named in ("p007", "lamp"):
        catalog.put(Creative(creative_id="c0", campaign_id="k0", item_ids=(named,)))
        assert [creative.creative_id for creative in eligible(catalog, "hero", NOW_S)] == ["c0"]
