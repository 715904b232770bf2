"""Rules: lists are what marketers want, within what may be shown."""

from typing import Any

import pytest

from models.base.errors import InvalidError
from models.catalog.assortment import Assortment
from models.catalog.resources import Audience, MerchandisingRule
from models.catalog.rule_parsing import parse_merchandising_rule
from models.catalog.strategies import Strategy
from models.decisions.recommend import Query, recommend
from models.decisions.scored_catalog import ScoredCatalog
from models.decisions.targeting import TargetingContext
from models.decisions.visitor_context import VisitorContext
from models.events.currency import SiteCurrency
from models.learner.snapshot import empty_snapshot
from models.visitor.profile import Profile
from tests.models.makers import START_S, assortment, item

NOW_S = START_S + 1_000.0


def _catalog(*rules: MerchandisingRule, items: int = 30) -> Assortment:
    made = assortment(items)
    for rule in rules:
        made.put(rule)
    return made


def _ids(catalog: Assortment, strategy: Strategy = "new", limit: int = 10, **query: Any) -> list[str]:
    scored = ScoredCatalog(empty_snapshot(), catalog)
    answer = recommend(scored, VisitorContext(Profile(device="mobile"), NOW_S), Query(strategy, limit=limit, **query))
    return [chosen.item.item_id for chosen in answer.items]


def test_a_pin_takes_its_place_if_it_may_be_shown() -> None:
    pin = MerchandisingRule(rule_id="r", action="pin", item_ids=("p020", "p021", "p022"), position=2)
    catalog = _catalog(pin)
    assert _ids(catalog) == ["p000", "p001", "p020", "p021", "p022", "p002", "p003", "p004", "p005", "p006"]
    catalog.put(item(21, availability="out_of_stock"))
    assert _ids(catalog)[2:5] == ["p020", "p022", "p002"]
    assert _ids(catalog, exclude=frozenset({"p020"}))[2:4] == ["p022", "p002"]
    assert _ids(catalog, limit=2) == ["p000", "p001"]
    reason = recommend(ScoredCatalog(empty_snapshot(), catalog), VisitorContext(Profile(), NOW_S), Query("new")).items[
        2
    ]
    assert (reason.reason, reason.why.learner) == ("pinned by the rule r", "rule")


def test_a_pin_stands_in_a_list_that_states_a_fact_only_where_it_names_it() -> None:
    everywhere = MerchandisingRule(rule_id="r", action="pin", item_ids=("p020",))
    assert "p020" not in _ids(_catalog(everywhere), "clearance")
    named = MerchandisingRule(rule_id="r", action="pin", item_ids=("p020",), strategies=("clearance",))
    assert _ids(_catalog(named), "clearance") == ["p020"]
    assert _ids(_catalog(named))[0] == "p000"


def test_boost_bury_and_exclude() -> None:
    plain = _ids(_catalog(), limit=30)
    boosted = _ids(
        _catalog(MerchandisingRule(rule_id="r", action="boost", category=("Books",), weight=1_000.0)), limit=30
    )
    books = [item_id for item_id in plain if int(item_id[1:]) % 3 == 2]
    assert boosted == books + [item_id for item_id in plain if item_id not in books]
    buried = _ids(_catalog(MerchandisingRule(rule_id="r", action="bury", category=("Books",))), limit=30)
    assert buried == [item_id for item_id in plain if item_id not in books] + books
    left = _ids(_catalog(MerchandisingRule(rule_id="r", action="exclude", category=("Books",))), limit=30)
    assert left == [item_id for item_id in plain if item_id not in books]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"brand": "brand 1"}, {n for n in range(30) if n % 4 == 1}),
        ({"item_ids": ("p003", "p004")}, {3, 4}),
        ({"price_from": 30.0, "price_to": 32.0}, {20, 21, 22}),
        ({"category": ("Sport",), "brand": "Brand 0"}, {n for n in range(30) if n % 3 == 1 and n % 4 == 0}),
        ({"label": "Winter"}, {7}),
    ],
)
def test_a_rule_is_about_the_items_that_carry_all_it_names(fields: dict[str, Any], expected: set[int]) -> None:
    catalog = _catalog(MerchandisingRule(rule_id="r", action="exclude", **fields))
    catalog.put(item(7, custom_labels=("winter",)))
    assert set(_ids(catalog, limit=30)) == {f"p{number:03}" for number in range(30) if number not in expected}


def test_bounds_of_price_are_in_the_base_and_hold_for_no_price_that_is_not_known_in_it() -> None:
    catalog = _catalog(MerchandisingRule(rule_id="r", action="exclude", price_from=30.0, price_to=32.0))
    catalog.put(item(21, currency="JPY"))
    catalog.put(item(3, price=310.0, currency="SEK"))
    catalog.put(SiteCurrency(base="EUR", rates={"SEK": 0.1}))
    left = {f"p{number:03}" for number in range(30) if number not in (3, 20, 22)}
    assert set(_ids(catalog, limit=30)) == left
    catalog.put(SiteCurrency(base="EUR"))
    assert set(_ids(catalog, limit=30)) == {*left, "p003"}


def test_caps_hold_for_a_list_and_for_each_category() -> None:
    one_sport = _ids(_catalog(MerchandisingRule(rule_id="r", action="cap", category=("Sport",), most=1)))
    assert sum(int(item_id[1:]) % 3 == 1 for item_id in one_sport) == 1
    assert len(one_sport) == 10
    two_each = _ids(_catalog(MerchandisingRule(rule_id="r", action="cap", per_category=1, most=2)))
    assert [sum(int(item_id[1:]) % 3 == top for item_id in two_each) for top in range(3)] == [2, 2, 2]


def test_diversity_sets_likes_apart() -> None:
    catalog = _catalog()
    alike = [f"p{number:03}" for number in (0, 6, 12, 18, 24)]  # one category, by number
    for item_id in alike:
        catalog.put(item(int(item_id[1:]), available_from_s=NOW_S - int(item_id[1:]) - 1))
    assert _ids(catalog, limit=5) == alike
    catalog.put(MerchandisingRule(rule_id="r", action="diversify", weight=0.5))
    mixed = _ids(catalog, limit=5)
    assert mixed[0] == alike[0]
    assert len({catalog.items[item_id].category for item_id in mixed}) >= 4


@pytest.mark.parametrize(
    "fields",
    [
        {"enabled": False},
        {"starts_at_s": NOW_S + 1},
        {"ends_at_s": NOW_S},
        {"strategies": ("for_you",)},
        {"devices": ("desktop",)},
    ],
)
def test_a_rule_that_does_not_hold_changes_nothing(fields: dict[str, Any]) -> None:
    rule = MerchandisingRule(rule_id="r", action="exclude", category=("Books",), **fields)
    assert _ids(_catalog(rule), limit=30) == _ids(_catalog(), limit=30)


def test_a_changed_rule_and_a_changed_catalog_count_at_once() -> None:
    catalog = _catalog(MerchandisingRule(rule_id="r", action="exclude", brand="Brand 1"))
    scored = ScoredCatalog(empty_snapshot(), catalog)

    def ids() -> set[str]:
        answer = recommend(scored, VisitorContext(Profile(), NOW_S), Query("new", limit=30))
        return {chosen.item.item_id for chosen in answer.items}

    assert "p001" not in ids()
    catalog.put(item(1, brand="Brand 9"))
    assert "p001" in ids()
    catalog.put(MerchandisingRule(rule_id="r", action="exclude", brand="Brand 9"))
    assert "p001" not in ids()
    catalog.remove("rules", "r")
    assert "p001" in ids()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"action": "push"}, "push"),
        ({"action": "pin"}, "item_ids"),
        ({"action": "exclude"}, "exclude"),
        ({"action": "boost", "weight": -1}, "-1"),
        ({"action": "diversify", "weight": 2}, "2"),
        ({"action": "cap", "most": 0}, "most"),
        ({"action": "cap", "per_category": True}, "per_category"),
        ({"action": "boost", "price_from": "9 EUR", "price_to": "8 EUR"}, "8.0"),
        ({"action": "boost", "starts_at": "2026-02-01", "ends_at": "2026-01-01"}, "2026-01-01"),
        ({"action": "boost", "colour": "red"}, "colour"),
    ],
)
def test_what_is_no_rule_is_refused_by_name(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidError, match=named):
        parse_merchandising_rule({"rule_id": "r", **fields})


def test_region_audience_and_stock_say_where_a_rule_holds() -> None:
    catalog = _catalog(
        MerchandisingRule(
            rule_id="r", action="exclude", category=("Home",), regions=("DE",), audience=Audience(all_of=("loyal",))
        ),
        MerchandisingRule(rule_id="s", action="bury", availability=("preorder",)),
    )
    catalog.put(item(1, availability="preorder"))
    scored = ScoredCatalog(empty_snapshot(), catalog)

    def ids(region: str, *segments: str) -> list[str]:
        targeting = TargetingContext(region=region, segments=frozenset(segments))
        answer = recommend(scored, VisitorContext(Profile(), NOW_S, known_targeting=targeting), Query("new", limit=30))
        return [chosen.item.item_id for chosen in answer.items]

    everything = ids("AT", "loyal")
    assert (len(everything), everything[-1]) == (30, "p001")
    assert ids("DE-BE") == ids("") == everything
    assert ids("DE-BE", "loyal") == [item_id for item_id in everything if int(item_id[1:]) % 3]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"devices": ["watch"]}, "devices must be some of mobile, tablet, desktop, got 'watch'"),
        ({"audience": {"any": "loyal"}}, "audience.any must be a list .* got 'loyal'"),
        ({"audience": ["loyal"]}, "audience must be a JSON object|audience is a JSON object"),
        ({"audience": {"only": ["loyal"]}}, "audience has no field 'only'"),
        ({"availability": ["sold"]}, "rule 'r': availability must be one of .* got 'sold'"),
        ({"region": 7}, "region must be a list"),
    ],
)
def test_whom_a_rule_is_for_is_checked(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        parse_merchandising_rule({"rule_id": "r", "action": "boost", **fields})


def test_a_region_is_written_as_segments_write_it() -> None:
    one = parse_merchandising_rule({"rule_id": "r", "action": "boost", "region": "DE"})
    assert one == parse_merchandising_rule({"rule_id": "r", "action": "boost", "region": ["DE"]})
    assert one == parse_merchandising_rule({"rule_id": "r", "action": "boost", "regions": ["DE"]})
