"""Slot rules: placements are what marketers want, and the stated chances stay true."""

from collections import Counter
from math import exp
from typing import Any

import pytest

from models.bandit.click_weights import ClickWeights
from models.base.errors import InvalidError
from models.catalog.resources import Audience, Campaign, Creative, MerchandisingRule, SlotChange
from models.catalog.rule_parsing import parse_merchandising_rule
from models.decisions.slot_rules import SPREAD_LOGIT
from models.decisions.slots import Slate, SlotRequest, fill
from models.decisions.targeting import TargetingContext
from models.decisions.visitor_context import VisitorContext
from models.visitor.profile import Profile
from tests.models.makers import START_S, assortment, item

NOW_S = START_S + 60.0


def _slate(*rules: MerchandisingRule, visitor: str = "v", device: str = "mobile", placement: str = "hero") -> Slate:
    catalog = assortment(30, creatives=12, campaigns=12)
    for rule in rules:
        catalog.put(rule)
    clicks = ClickWeights(impressions=1)
    return fill(catalog, clicks, VisitorContext(Profile(device=device), NOW_S, visitor), SlotRequest(placement, 4))


def _ids(slate: Slate) -> list[str]:
    return [slot.creative.creative_id for slot in slate.slots]


def test_a_pinned_creative_stands_at_its_place_for_sure() -> None:
    pin = MerchandisingRule(rule_id="r", action="pin", creative_ids=("c7", "c3"), position=1)
    for number in range(20):
        slate = _slate(pin, visitor=f"v{number}")
        assert _ids(slate)[1:3] == ["c7", "c3"]
        assert [slot.selection_probability for slot in slate.slots[1:3]] == pytest.approx([1.0, 1.0])
        assert slate.slots[1].reason == "pinned by a rule"
        assert len(set(_ids(slate))) == 4


def test_excluded_is_gone_and_buried_comes_last() -> None:
    gone = MerchandisingRule(rule_id="r", action="exclude", campaign_ids=tuple(f"k{number}" for number in range(10)))
    assert sorted(_ids(_slate(gone))) == ["c10", "c11"]
    buried = MerchandisingRule(rule_id="r", action="bury", creative_ids=tuple(f"c{number}" for number in range(9)))
    for number in range(20):
        ids = _ids(_slate(buried, visitor=f"v{number}"))
        assert set(ids[:3]) == {"c9", "c10", "c11"}
        assert ids[3] not in ("c9", "c10", "c11")


def test_a_boost_raises_the_chance_and_the_stated_one_is_the_true_one() -> None:
    boost = MerchandisingRule(rule_id="r", action="boost", creative_ids=("c5",), weight=3.0)
    first: Counter[str] = Counter()
    stated: dict[str, float] = {}
    for number in range(2_000):
        slot = _slate(boost, visitor=f"v{number}").slots[0]
        first[slot.creative.creative_id] += 1
        stated[slot.creative.creative_id] = slot.selection_probability
    assert {creative_id: count / 2_000 for creative_id, count in first.items()} == pytest.approx(stated, abs=0.04)
    assert stated["c5"] > 2 * max(share for creative_id, share in stated.items() if creative_id != "c5")


@pytest.mark.parametrize("fields", [{"placements": ("side",)}, {"devices": ("desktop",)}, {"enabled": False}])
def test_a_rule_that_does_not_hold_changes_nothing(fields: dict[str, Any]) -> None:
    rule = MerchandisingRule(
        rule_id="r", action="exclude", creative_ids=tuple(f"c{number}" for number in range(12)), **fields
    )
    assert _ids(_slate(rule)) == _ids(_slate())


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"action": "pin", "placements": ["hero"], "brand": "b"}, "creative_ids or campaign_ids"),
        ({"action": "bury", "placements": ["hero"]}, "about all there are"),
        ({"action": "boost", "creative_ids": ["c1"], "weight": 0}, "boost"),
        ({"action": "pin", "campaign_ids": ["c1"], "strategies": ["for_you"]}, "make it two"),
    ],
)
def test_what_cannot_be_asked_of_creatives_is_refused(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidError, match=named):
        parse_merchandising_rule({"rule_id": "r", **fields})


def test_a_cap_holds_for_the_whole_placement_however_chosen() -> None:
    # Creatives 0, 3, 6, 9 are about Home, 1, 4, 7, 10 about Sport, 2, 5, 8, 11 about Books.
    one_each = MerchandisingRule(rule_id="r", action="cap", placements=("hero",), per_category=1, most=1)
    one_of_home = MerchandisingRule(rule_id="r", action="cap", placements=("hero",), category=("Home",), most=1)
    for number in range(20):
        ids = _ids(_slate(one_each, visitor=f"v{number}"))
        assert sorted(int(visitor_id[1:]) % 3 for visitor_id in ids) == [0, 1, 2], "the fourth slot stays empty"
        ids = _ids(_slate(one_of_home, visitor=f"v{number}"))
        assert len(ids) == 4
        assert sum(int(visitor_id[1:]) % 3 == 0 for visitor_id in ids) <= 1
    catalog = assortment(30, creatives=12, campaigns=12)
    catalog.put(one_each)
    fixed = SlotChange(policy="fixed")
    assert _ids(
        fill(catalog, ClickWeights(), VisitorContext(Profile(), NOW_S, "v"), SlotRequest("hero", 4, change=fixed))
    ) == ["c0", "c1", "c11"]


@pytest.mark.parametrize("impressions", [0, 1])
def test_diversity_makes_a_slate_of_one_kind_rare_and_states_the_true_chances(impressions: int) -> None:
    catalog = assortment(30, creatives=12, campaigns=12)
    catalog.put(MerchandisingRule(rule_id="r", action="diversify", placements=("hero",), weight=1.0))
    clicks = ClickWeights(impressions=impressions)
    alike = 0
    for number in range(3_000):
        first, then = fill(
            catalog, clicks, VisitorContext(Profile(), NOW_S, f"v{number}"), SlotRequest("hero", 2)
        ).slots
        same = first.creative.category == then.creative.category
        alike += same
        if not impressions:  # eight others, and three alike at e^-6 of their odds
            weight = exp(-SPREAD_LOGIT) if same else 1.0
            assert then.selection_probability == pytest.approx(weight / (8 + 3 * exp(-SPREAD_LOGIT)))
    assert alike < 30
    plain = sum(
        first.creative.category == then.creative.category
        for first, then in (
            fill(
                assortment(30, 12, 12), clicks, VisitorContext(Profile(), NOW_S, f"v{n}"), SlotRequest("hero", 2)
            ).slots
            for n in range(300)
        )
    )
    assert plain > 30


def test_creatives_are_found_by_what_they_are_about() -> None:
    catalog = assortment(30, creatives=0)
    catalog.put(Campaign(campaign_id="k"))
    catalog.put(Creative(creative_id="dear", campaign_id="k", item_ids=("p029",)))  # 39.00
    catalog.put(Creative(creative_id="cheap", campaign_id="k", item_ids=("p001",)))  # 11.00
    catalog.put(Creative(creative_id="brand", campaign_id="k", brand="Brand 9"))
    catalog.put(Creative(creative_id="home", campaign_id="k", category=("Home", "Home 1")))

    def left(**named: Any) -> set[str]:
        catalog.put(MerchandisingRule(rule_id="r", action="exclude", placements=("hero",), **named))
        return set(_ids(fill(catalog, ClickWeights(), VisitorContext(Profile(), NOW_S, "v"), SlotRequest("hero", 4))))

    everything = {"dear", "cheap", "brand", "home"}
    assert left(price_from=30.0) == everything - {"dear"}
    assert left(price_to=30.0) == everything - {"cheap"}
    assert left(brand="brand 9") == everything - {"brand"}
    assert left(category=("Home",)) == everything - {"home"}
    assert left(category=("Home", "Home 1")) == everything - {"home"}
    assert left(category=("Books",)) == everything - {"dear"}, "an item is in it"
    assert left(item_ids=("p001",)) == everything - {"cheap"}
    assert left(campaign_ids=("k",), price_from=30.0) == everything - {"dear"}
    catalog.put(item(29, availability="preorder"))
    assert left(availability=("preorder",)) == everything - {"dear"}


def test_region_and_audience_say_for_whom_a_rule_is() -> None:
    catalog = assortment(30, creatives=12, campaigns=12)
    wanted = Audience(any_of=("loyal",), none_of=("staff",))
    gone = tuple(f"c{number}" for number in range(11))
    catalog.put(MerchandisingRule(rule_id="r", action="exclude", creative_ids=gone, regions=("DE",), audience=wanted))

    def only(region: str, *segments: str) -> bool:
        targeting = TargetingContext(region=region, segments=frozenset(segments))
        return _ids(
            fill(
                catalog,
                ClickWeights(),
                VisitorContext(Profile(), NOW_S, "v", known_targeting=targeting),
                SlotRequest("hero", 4),
            )
        ) == ["c11"]

    assert only("DE-BE", "loyal")
    assert only("de", "loyal", "other")
    assert not only("DE-BE")
    assert not only("DE-BE", "loyal", "staff")
    assert not only("AT", "loyal")
    assert not only("", "loyal")


@pytest.mark.parametrize("named", ["p001", "lamp"])
def test_a_rule_about_a_group_is_about_creatives_of_its_variants(named: str) -> None:
    catalog = assortment(30, creatives=4, campaigns=4)
    for number in (1, 2):
        catalog.put(item(number, item_group_id="lamp", custom_labels=("glow",)))
    catalog.put(Creative(creative_id="c3", campaign_id="k3", item_ids=(named,)))
    for rule in ({"item_ids": ("lamp",)}, {"label": "glow"}):
        catalog.put(MerchandisingRule(rule_id="r", action="exclude", placements=("hero",), **rule))
        slate = fill(
            catalog, ClickWeights(impressions=1), VisitorContext(Profile(), NOW_S, "v"), SlotRequest("hero", 4)
        )
        assert sorted(_ids(slate)) == ["c0", "c1", "c2"]
