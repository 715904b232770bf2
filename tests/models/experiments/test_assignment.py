"""Experiments: who meets what is settled by hashes alone, and stays so."""

from collections import Counter
from typing import Any

import msgspec
import pytest

from models.bandit.click_weights import ClickWeights
from models.base.errors import InvalidError
from models.catalog.resources import Audience, Experiment, ListChange, MerchandisingRule, SlotChange, Variant
from models.decisions.recommend import Query, recommend
from models.decisions.scored_catalog import ScoredCatalog
from models.decisions.slots import SlotRequest, fill
from models.decisions.targeting import TargetingContext
from models.decisions.visitor_context import VisitorContext
from models.experiments.assignment import (
    Scope,
    assign,
    assignments_of,
    begun,
    check_layer,
    scope_of,
    shares,
)
from models.learner.snapshot import empty_snapshot
from models.visitor.profile import Profile
from tests.models.makers import START_S, assortment

NOW_S = START_S + 60.0
NOBODY: frozenset[str] = frozenset()
A = Variant(variant_id="a")
B = Variant(variant_id="b", lists={"for_you": ListChange(strategy="bestsellers")})


def _experiment(**fields: Any) -> Experiment:
    values: dict[str, Any] = {"experiment_id": "e", "variants": (A, B), "began_at_s": START_S}
    return Experiment(**{**values, **fields})


def _sides(experiment: Experiment, count: int = 4_000) -> dict[str, str]:
    found = {f"v{n}": assign(experiment, "shop", f"v{n}", NOBODY, NOW_S, holdout=False) for n in range(count)}
    return {visitor: variant.variant.variant_id for visitor, variant in found.items() if variant.variant is not None}


def test_visitors_are_shared_out_by_weight_and_keep_their_variant() -> None:
    thirds = _experiment(variants=(A, msgspec.structs.replace(B, weight=2.0)))
    first = _sides(thirds)
    assert first == _sides(thirds)
    assert len(first) == 4_000
    assert Counter(first.values())["b"] / 4_000 == pytest.approx(2 / 3, abs=0.03)
    assert shares(thirds) == pytest.approx([1 / 3, 2 / 3])


def test_more_traffic_adds_visitors_and_moves_none() -> None:
    before = _sides(_experiment(traffic=0.2))
    after = _sides(_experiment(traffic=0.7))
    assert before.items() <= after.items()
    assert len(before) / 4_000 == pytest.approx(0.2, abs=0.03)
    assert len(after) / 4_000 == pytest.approx(0.7, abs=0.03)


def test_two_experiments_know_nothing_of_each_other() -> None:
    one, other = _sides(_experiment()), _sides(_experiment(experiment_id="f"))
    both = Counter((one[visitor], other[visitor]) for visitor in one)
    assert all(count / 4_000 == pytest.approx(0.25, abs=0.03) for count in both.values())
    assert len(both) == 4


def test_experiments_of_a_layer_have_no_visitor_in_common() -> None:
    left = _sides(_experiment(layer="home", layer_to=0.5))
    right = _sides(_experiment(experiment_id="f", layer="home", layer_from=0.5))
    assert not left.keys() & right.keys()
    assert len(left) + len(right) == 4_000
    with pytest.raises(InvalidError, match=r"0\.4 to 1 of the layer home overlaps 0 to 0\.5 of 'e'"):
        check_layer(
            _experiment(experiment_id="f", layer="home", layer_from=0.4), [_experiment(layer="home", layer_to=0.5)]
        )
    check_layer(
        _experiment(experiment_id="f", layer="home", starts_at_s=START_S + 9, ends_at_s=START_S + 10),
        [_experiment(layer="home", ends_at_s=START_S + 9)],
    )


@pytest.mark.parametrize(
    ("fields", "visitor", "holdout", "why"),
    [
        ({}, "", False, "nobody known"),
        ({}, "v1", True, "in the holdout"),
        ({"enabled": False}, "v1", False, "does not run now"),
        ({"starts_at_s": NOW_S + 1}, "v1", False, "does not run now"),
        ({"ends_at_s": NOW_S}, "v1", False, "does not run now"),
        ({"audience": Audience(any_of=("loyal",))}, "v1", False, "not in the audience"),
        ({"traffic": 1e-9}, "v1", False, "not in its share"),
        ({"layer": "home", "layer_to": 1e-9}, "v1", False, "another part of the layer home"),
    ],
)
def test_who_does_not_take_part_is_told_why(fields: dict[str, Any], visitor: str, holdout: bool, why: str) -> None:
    found = assign(_experiment(**fields), "shop", visitor, NOBODY, NOW_S, holdout=holdout)
    assert found.variant is None
    assert why in found.why


def test_an_audience_takes_part_as_long_as_it_is_one() -> None:
    wanted = _experiment(audience=Audience(any_of=("loyal", "new"), all_of=("mobile",), none_of=("staff",)))

    def takes_part(*segments: str) -> bool:
        return assign(wanted, "shop", "v1", frozenset(segments), NOW_S, holdout=False).variant is not None

    assert takes_part("loyal", "mobile")
    assert takes_part("new", "mobile", "other")
    assert not takes_part("mobile")
    assert not takes_part("loyal")
    assert not takes_part("loyal", "mobile", "staff")


def test_a_begun_experiment_takes_no_change_that_would_move_visitors() -> None:
    fresh = begun(None, _experiment(began_at_s=0.0), NOW_S)
    assert fresh.began_at_s == NOW_S
    later = begun(None, _experiment(starts_at_s=NOW_S + 100), NOW_S)
    assert later.began_at_s == NOW_S + 100
    heavier = (A, msgspec.structs.replace(B, weight=3.0))
    assert begun(later, _experiment(variants=heavier), NOW_S).variants == heavier, "it has not begun"
    for change in (
        {"variants": heavier},
        {"variants": (A, B, Variant(variant_id="c"))},
        {"layer": "home"},
        {"audience": Audience(any_of=("loyal",))},
        {"metric": "conversion"},
        {"starts_at_s": NOW_S},
        {"traffic": 0.5},
    ):
        with pytest.raises(InvalidError, match="experiment 'e' has begun"):
            begun(fresh, _experiment(**change), NOW_S + 1)
    off = begun(fresh, _experiment(enabled=False, name="over", ends_at_s=NOW_S + 9), NOW_S + 1)
    assert off.began_at_s == NOW_S
    with pytest.raises(InvalidError, match="has begun"):
        begun(off, _experiment(variants=heavier), NOW_S + 2)
    small = begun(None, _experiment(traffic=0.1), NOW_S)
    assert begun(small, _experiment(traffic=0.4), NOW_S + 1).traffic == 0.4
    never = begun(None, _experiment(enabled=False), NOW_S)
    assert begun(never, _experiment(variants=heavier), NOW_S + 5).began_at_s == NOW_S + 5


def test_all_sides_count_where_one_of_them_changes_something() -> None:
    rule = MerchandisingRule(rule_id="e/b/r", action="pin", item_ids=("p005",), strategies=("new",))
    wide = Variant(variant_id="c", rules=(MerchandisingRule(rule_id="e/c/r", action="bury", creative_ids=("c1",)),))
    found = _experiment(variants=(A, msgspec.structs.replace(B, rules=(rule,))))
    assert scope_of(found) == Scope(frozenset({"for_you", "bestsellers", "new"}), frozenset())
    assert scope_of(_experiment(variants=(A, wide))).placements is None
    for visitor, side in list(_sides(found).items())[:20]:
        assignments = assignments_of([found], "shop", visitor, NOBODY, NOW_S)
        assert assignments.query(Query("trending")).strategy == "trending"
        assert assignments.met == {}
        assert assignments.query(Query("for_you", limit=3)) == Query(
            "bestsellers" if side == "b" else "for_you", limit=3
        )
        assert [variant.variant_id for _, variant in assignments.met.values()] == [side]
        assert assignments.rules == ((rule,) if side == "b" else ())


def test_a_variants_rules_hold_for_its_visitors_alone() -> None:
    catalog = assortment(30)
    rule = MerchandisingRule(rule_id="e/b/r", action="pin", item_ids=("p020",))
    scored = ScoredCatalog(empty_snapshot(), catalog)

    def first(targeting: TargetingContext) -> str:
        return (
            recommend(scored, VisitorContext(Profile(), NOW_S, known_targeting=targeting), Query("new"))
            .items[0]
            .item.item_id
        )

    assert first(TargetingContext()) == "p000"
    assert first(TargetingContext(rules=(rule,))) == "p020"
    assert first(TargetingContext()) == "p000"


def test_a_variant_changes_who_chooses_creatives_and_among_which() -> None:
    catalog = assortment(30, creatives=12, campaigns=12)
    clicks = ClickWeights(impressions=1)

    def ids(change: SlotChange, visitor: str = "v1", **more: Any) -> list[str]:
        slate = fill(
            catalog, clicks, VisitorContext(Profile(), NOW_S, visitor), SlotRequest("hero", 4, change=change, **more)
        )
        if change.policy == "fixed":
            assert [slot.selection_probability for slot in slate.slots] == [1.0] * len(slate.slots)
        return [slot.creative.creative_id for slot in slate.slots]

    assert ids(SlotChange(policy="fixed", creative_ids=("c7", "c3"))) == ["c7", "c3"]
    assert ids(SlotChange(policy="fixed")) == ["c0", "c1", "c10", "c11"]
    assert set(ids(SlotChange(creative_ids=("c1", "c2", "c3", "c4")))) == {"c1", "c2", "c3", "c4"}
    random = [ids(SlotChange(policy="random"), f"v{n}")[0] for n in range(1_200)]
    assert all(count / 1_200 == pytest.approx(1 / 12, abs=0.03) for count in Counter(random).values())
    catalog.put(MerchandisingRule(rule_id="r", action="pin", creative_ids=("c9",), position=1))
    catalog.put(MerchandisingRule(rule_id="s", action="exclude", creative_ids=("c0",)))
    assert ids(SlotChange(policy="fixed")) == ["c1", "c9", "c10", "c11"]


def test_what_a_variant_shows_can_be_corrected_and_counting_begins_anew() -> None:
    fresh = begun(None, _experiment(began_at_s=0.0), NOW_S)
    corrected = (A, msgspec.structs.replace(B, placements={"hero": SlotChange(creative_ids=("right",))}))
    after = begun(fresh, _experiment(variants=corrected, name="mended"), NOW_S + 60)
    assert (after.variants, after.began_at_s, after.name) == (corrected, NOW_S + 60, "mended")
    with pytest.raises(InvalidError, match="layer cannot change"):
        begun(fresh, _experiment(variants=corrected, layer="home"), NOW_S + 60)
    off = begun(fresh, _experiment(variants=corrected, enabled=False), NOW_S + 60)
    assert not off.enabled
