"""Slot rules: placements are what marketers want, and the stated chances stay true."""

from collections import Counter
from typing import Any

import pytest

from models.catalog import Rule
from models.click_weights import ClickWeights
from models.errors import InvalidError
from models.feed import parse_rule
from models.profile import Profile
from models.slots import Slate, fill
from tests.models.makers import START_S, assortment

NOW_S = START_S + 60.0


def _slate(*rules: Rule, visitor: str = "v", device: str = "mobile", placement: str = "hero") -> Slate:
    catalog = assortment(30, creatives=12, campaigns=12)
    for rule in rules:
        catalog.put(rule)
    clicks = ClickWeights(impressions=1)
    return fill(catalog, clicks, Profile(device=device), visitor, placement, 4, NOW_S)


def _ids(slate: Slate) -> list[str]:
    return [one.creative.creative_id for one in slate.slots]


def test_a_pinned_creative_stands_at_its_place_for_sure() -> None:
    pin = Rule(rule_id="r", action="pin", creative_ids=("c7", "c3"), position=1)
    for number in range(20):
        slate = _slate(pin, visitor=f"v{number}")
        assert _ids(slate)[1:3] == ["c7", "c3"]
        assert [one.selection_probability for one in slate.slots[1:3]] == pytest.approx([1.0, 1.0])
        assert slate.slots[1].reason == "pinned by a rule"
        assert len(set(_ids(slate))) == 4


def test_excluded_is_gone_and_buried_comes_last() -> None:
    gone = Rule(rule_id="r", action="exclude", campaign_ids=tuple(f"k{number}" for number in range(10)))
    assert sorted(_ids(_slate(gone))) == ["c10", "c11"]
    buried = Rule(rule_id="r", action="bury", creative_ids=tuple(f"c{number}" for number in range(9)))
    for number in range(20):
        ids = _ids(_slate(buried, visitor=f"v{number}"))
        assert set(ids[:3]) == {"c9", "c10", "c11"}
        assert ids[3] not in ("c9", "c10", "c11")


def test_a_boost_raises_the_chance_and_the_stated_one_is_the_true_one() -> None:
    boost = Rule(rule_id="r", action="boost", creative_ids=("c5",), weight=3.0)
    first: Counter[str] = Counter()
    stated: dict[str, float] = {}
    for number in range(2_000):
        slot = _slate(boost, visitor=f"v{number}").slots[0]
        first[slot.creative.creative_id] += 1
        stated[slot.creative.creative_id] = slot.selection_probability
    assert {one: count / 2_000 for one, count in first.items()} == pytest.approx(stated, abs=0.04)
    assert stated["c5"] > 2 * max(share for one, share in stated.items() if one != "c5")


@pytest.mark.parametrize("fields", [{"placements": ("side",)}, {"devices": ("desktop",)}, {"enabled": False}])
def test_a_rule_that_does_not_hold_changes_nothing(fields: dict[str, Any]) -> None:
    rule = Rule(rule_id="r", action="exclude", creative_ids=tuple(f"c{number}" for number in range(12)), **fields)
    assert _ids(_slate(rule)) == _ids(_slate())


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"action": "cap", "creative_ids": ["c1"]}, "cap"),
        ({"action": "boost", "creative_ids": ["c1"], "weight": 0}, "boost"),
        ({"action": "pin", "creative_ids": ["c1"], "brand": "b"}, "make it two"),
        ({"action": "pin", "campaign_ids": ["c1"], "strategies": ["for_you"]}, "make it two"),
    ],
)
def test_what_cannot_be_asked_of_creatives_is_refused(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidError, match=named):
        parse_rule({"rule_id": "r", **fields})
