"""Variants in lists: of a product that is sold in several variants every list names one, the one that fits best."""

from random import Random
from typing import Any

import numpy as np
import pytest

from models.catalog.assortment import Assortment
from models.catalog.resources import Campaign, CatalogItem, Creative, MerchandisingRule
from models.catalog.strategies import STRATEGIES, Strategy
from models.decisions.group_rows import GroupRows
from models.decisions.recommend import Query, RecommendedList, recommend
from models.decisions.scored_catalog import ScoredCatalog
from models.decisions.visitor_context import VisitorContext
from models.events.events import Event
from models.learner.learner import Learner
from models.learner.snapshot import empty_snapshot
from models.visitor.profile import Profile
from models.visitor.profile_batch import Change, learn
from tests.models.makers import START_S, event

NOW_S = START_S + 5_000.0
DAY_S = 86_400.0
PRODUCTS, SIZES = 12, ("s", "m", "l", "xl")


def variant(product: int, size: str, **fields: Any) -> CatalogItem:
    """A variant: two categories by turns, its price by product and size; every third product is reduced."""
    values: dict[str, Any] = {
        "item_id": f"w{product:02}-{size}",
        "item_group_id": f"w{product:02}",
        "title": f"Coat {product}",
        "size": size,
        "category": ("Wear", f"Coats {product % 2}"),
        "brand": f"Brand {product % 3}",
        "price": 40.0 + 9.0 * product + SIZES.index(size),
        "sale_price": 30.0 + product if product % 3 == 0 else None,
        "currency": "EUR",
    }
    return CatalogItem(**{**values, **fields})


def wardrobe(*changed: CatalogItem) -> Assortment:
    catalog = Assortment()
    for product in range(PRODUCTS):
        for size in SIZES:
            catalog.put(variant(product, size))
    for item in changed:
        catalog.put(item)
    return catalog


def group(item_id: str) -> str:
    return item_id.partition("-")[0]


def visitor(catalog: Assortment, *events: Event) -> Profile:
    profiles = [Profile()]
    changes = [Change(0, number, told) for number, told in enumerate(events, start=1)]
    learn(profiles, changes, catalog.vector_of_item, catalog.on_sale, catalog.item_groups.group_of)
    return profiles[0]


def told_by_all(seed: int) -> list[Event]:
    """Visits to neighbouring products in any size, orders of pairs."""
    random = Random(seed)
    events = []
    for number in range(200):
        one, first = f"v{number}", random.randrange(PRODUCTS)
        for step in range(3):
            item_id = f"w{(first + step) % PRODUCTS:02}-{random.choice(SIZES)}"
            events.append(event("view_item", item_id, visitor=one, at_s=number * 10.0 + step))
        pair = [f"w{product:02}-{random.choice(SIZES)}" for product in (first // 3 * 3, first // 3 * 3 + 1)]
        events.append(
            event("purchase", *pair, visitor=one, at_s=number * 10.0 + 5, params={"transaction_id": f"o{number}"})
        )
    return events


def laid_over(catalog: Assortment, *events: Event) -> ScoredCatalog:
    model = Learner()
    for position, told in enumerate(events, start=1):
        model.learn_event(0, position, told, catalog)
    return ScoredCatalog(model.snapshot(), catalog)


def asked(scored: ScoredCatalog, profile: Profile, query: Query, **context: Any) -> RecommendedList:
    return recommend(scored, VisitorContext(profile, NOW_S, **context), query)


def ids(answer: RecommendedList) -> list[str]:
    return [chosen.item.item_id for chosen in answer.items]


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("ruled", [False, True])
@pytest.mark.parametrize("holdout", [False, True])
def test_no_list_names_two_variants_or_what_the_visitor_has(strategy: Strategy, ruled: bool, holdout: bool) -> None:
    catalog = wardrobe(variant(4, "m", availability="out_of_stock"), variant(5, "l", hidden=True))
    scored = laid_over(catalog, *told_by_all(1))
    if ruled:
        rules: list[dict[str, Any]] = [
            {"action": "pin", "item_ids": ("w07-l", "w07-s", "w08"), "position": 1},
            {"action": "boost", "brand": "Brand 1", "weight": 3.0},
            {"action": "bury", "item_ids": ("w03-s", "w06")},
            {"action": "exclude", "item_ids": ("w10-m",)},
            {"action": "diversify", "weight": 0.4},
            {"action": "cap", "category": ("Wear", "Coats 1"), "most": 4},
        ]
        for number, rule in enumerate(rules):
            catalog.put(MerchandisingRule(rule_id=f"r{number}", **rule))
    profile = visitor(
        catalog,
        event("view_item", "w00-s"),
        event("view_item", "w00-xl", at_s=5),
        event("add_to_cart", "w01-m", at_s=10),
        event("purchase", "w02-l", at_s=20, params={"transaction_id": "o"}),
        event("view_item", "w04-m", at_s=30),
    )
    for query in (
        Query(strategy, limit=30, threshold=120.0),
        Query(strategy, "w05-s", limit=30, threshold=120.0),
        Query(strategy, "w05", limit=4, threshold=120.0),
    ):
        found = ids(asked(scored, profile, query, holdout=holdout))
        groups = [group(item_id) for item_id in found]
        assert len(groups) == len(set(groups))
        assert not {"w01", "w02"} & set(groups) or strategy == "buy_again"
        assert "w01" not in groups
        assert not query.item_id or "w05" not in groups
        assert not {"w04-m", "w05-l"} & set(found)
        if ruled:
            assert "w10-m" not in found


@pytest.mark.parametrize("seed", range(6))
def test_lists_name_one_of_each_whatever_the_groups(seed: int) -> None:
    random = Random(seed)
    catalog = Assortment()
    for number in range(60):
        stock = random.choice(["in_stock", "in_stock", "out_of_stock"])
        named = random.choice(["", f"g{random.randrange(12)}", "i07"])
        catalog.put(
            CatalogItem(
                item_id=f"i{number:02}",
                item_group_id=named,
                title=f"Item {number}",
                category=("A", f"B{number % 3}"),
                price=10.0 + number,
                availability=stock,
            )
        )
    events = [
        event(
            random.choice(["view_item", "add_to_cart"]),
            f"i{random.randrange(60):02}",
            visitor=f"v{random.randrange(40)}",
            at_s=number,
        )
        for number in range(400)
    ]
    scored = laid_over(catalog, *events)
    profile = visitor(catalog, event("view_item", f"g{seed}"), event("view_item", f"i{seed:02}", at_s=9))
    for strategy in STRATEGIES:
        answer = asked(scored, profile, Query(strategy, limit=60, threshold=40.0))
        groups = [catalog.item_groups.group_of(item_id) for item_id in ids(answer)]
        assert len(groups) == len(set(groups)), strategy
        assert all(chosen.item.sellable(NOW_S) for chosen in answer.items)


@pytest.mark.parametrize("strategy", ["for_you", "trending", "bestsellers", "new", "recently_viewed"])
def test_the_variant_looked_at_stands_for_its_product_while_it_is_offered(strategy: Strategy) -> None:
    catalog = wardrobe()
    popular = [event("view_item", "w06-s", visitor=f"s{number}") for number in range(9)]
    scored = laid_over(catalog, *told_by_all(2), *popular)
    profile = visitor(catalog, event("view_item", "w06-m"), event("view_item", "w06-l", at_s=9))
    assert "w06-l" in ids(asked(scored, profile, Query(strategy, limit=30)))
    catalog.put(variant(6, "l", availability="out_of_stock"))
    assert "w06-m" in ids(asked(scored, profile, Query(strategy, limit=30)))
    for size in ("m", "xl"):
        catalog.put(variant(6, size, availability="out_of_stock"))
    assert "w06-s" in ids(asked(scored, profile, Query(strategy, limit=30)))


def test_a_stranger_sees_the_variant_most_wanted_and_a_product_is_as_popular_as_its_variants_together() -> None:
    catalog = wardrobe(CatalogItem(item_id="alone", title="Scarf", category=("Wear", "Scarves"), price=20.0))
    counts = {"w03-s": 3, "w03-m": 4, "w03-l": 2, "alone": 7}
    events = [
        event("view_item", item_id, visitor=f"{item_id}{number}")
        for item_id, count in counts.items()
        for number in range(count)
    ]
    events += [event("view_item", "w05", visitor="parent"), event("view_item", "w05-l", visitor="own")]
    scored = laid_over(catalog, *events)
    trending = asked(scored, Profile(), Query("trending", limit=3))
    assert ids(trending) == ["w03-m", "alone", "w05-l"]
    assert [chosen.score for chosen in trending.items] == pytest.approx([1.0, 7 / 9, 2 / 9], abs=1e-5)
    catalog.put(variant(3, "m", availability="out_of_stock"))
    assert ids(asked(scored, Profile(), Query("trending", limit=1))) == ["w03-s"]


def test_what_is_known_of_one_variant_is_known_of_the_others() -> None:
    catalog = wardrobe()
    events = []
    for number in range(20):
        one, size = f"v{number}", SIZES[number % 4]
        events += [event("view_item", f"w02-{size}", visitor=one), event("view_item", "w07-m", visitor=one, at_s=5)]
        events.append(
            event("purchase", f"w04-{size}", "w09-s", visitor=f"b{number}", params={"transaction_id": f"o{number}"})
        )
        events.append(event("purchase", "w11-s", visitor=f"c{number}", params={"transaction_id": f"c{number}"}))
    scored = laid_over(catalog, *events)
    viewed = asked(scored, Profile(), Query("also_viewed", "w02-xl", limit=1))
    assert (ids(viewed), viewed.reason) == (["w07-m"], "viewed together with Coat 2")
    for item_id in ("w04-xl", "w04"):
        bought = asked(scored, Profile(), Query("also_bought", item_id, limit=1))
        assert (ids(bought), bought.reason) == (["w09-s"], "bought together with Coat 4")
    back = asked(scored, Profile(), Query("bundles", "w09-xl"))
    assert (len(back.items), group(ids(back)[0])) == (1, "w04")
    assert back.companion_of == catalog.items["w09-xl"]
    profile = visitor(catalog, event("view_item", "w02-l"))
    first = asked(scored, profile, Query("for_you", limit=1)).items[0]
    assert (first.item.item_id, first.why.because) == ("w07-m", "w02-l")


def test_what_was_learned_before_the_groups_were_known_still_counts() -> None:
    plain = Assortment()
    for product in range(PRODUCTS):
        for size in SIZES:
            plain.put(variant(product, size, item_group_id=""))
    model = Learner()
    events = told_by_all(3)
    for position, told in enumerate(events, start=1):
        model.learn_event(0, position, told, plain)
    scored = ScoredCatalog(model.snapshot(), wardrobe())
    for strategy in STRATEGIES:
        groups = [group(item_id) for item_id in ids(asked(scored, Profile(), Query(strategy, "w03-m", limit=12)))]
        assert len(groups) == len(set(groups))
        assert "w03" not in groups
    assert asked(scored, Profile(), Query("also_bought", "w03-m", limit=1)).items[0].why.learner == "co_purchase"


def test_an_event_on_the_groups_id_means_the_group() -> None:
    catalog = wardrobe(*(variant(8, size, category=("Wear", "Gloves"), brand="Own") for size in SIZES))
    catalog.put(CatalogItem(item_id="mitten", title="Mitten", category=("Wear", "Gloves"), brand="Own", price=9.0))
    scored = laid_over(catalog)
    looking = visitor(catalog, event("view_item", "w08"))
    assert ids(asked(scored, looking, Query("for_you", limit=1))) == ["mitten"]
    assert group(ids(asked(scored, looking, Query("recently_viewed", limit=1)))[0]) == "w08"
    having = visitor(catalog, event("purchase", "w08", params={"transaction_id": "o"}))
    filling = visitor(catalog, event("add_to_cart", "w08"))
    for strategy in STRATEGIES:
        for profile in (having, filling):
            found = ids(asked(scored, profile, Query(strategy, limit=40, threshold=200.0)))
            assert "w08" not in {group(item_id) for item_id in found} or strategy == "buy_again"
    assert asked(scored, filling, Query("threshold_nudge", threshold=500.0)).gap is not None
    gap = asked(scored, filling, Query("threshold_nudge", threshold=500.0)).gap
    assert gap is not None
    assert gap.cart_value == catalog.items["w08-l"].price  # the first by id


def test_buy_again_counts_the_product_and_offers_the_variant_bought_last() -> None:
    catalog = wardrobe()
    orders = [
        event("purchase", f"w01-{size}", at_s=week * 7 * DAY_S, params={"transaction_id": f"o{week}"})
        for week, size in enumerate(("s", "m", "s", "l"))
    ]
    profile = visitor(catalog, *orders)
    scored = laid_over(catalog)
    visiting = VisitorContext(profile, START_S + 27 * DAY_S)
    again = recommend(scored, visiting, Query("buy_again", refill=False))
    assert (ids(again), again.reason) == (["w01-l"], "you bought it 4 times, about every 7 days")
    catalog.put(variant(1, "l", availability="out_of_stock"))
    assert ids(recommend(scored, visiting, Query("buy_again", refill=False))) == ["w01-s"]


def test_rules_mean_the_variant_they_name_and_by_its_id_the_group() -> None:
    def found(limit: int = 12, **rule: Any) -> list[str]:
        catalog = wardrobe()
        catalog.put(MerchandisingRule(rule_id="r", **rule))
        return ids(asked(ScoredCatalog(empty_snapshot(), catalog), Profile(), Query("new", limit=limit)))

    first = "w00-l"  # by id, as nothing is learned
    assert found(action="boost", item_ids=("w05-s",), weight=500.0)[:2] == ["w05-s", first]
    assert found(action="exclude", item_ids=(first,))[0] == "w00-m"
    assert group(found(action="exclude", item_ids=("w00",))[0]) == "w01"
    assert found(action="bury", item_ids=(first,))[0] == "w00-m"
    assert found(action="bury", item_ids=("w00",))[-1] == first
    assert found(action="pin", item_ids=("w04-xl", "w04-s", "w07"), position=1)[:3] == [first, "w04-xl", "w07-l"]


def test_a_list_about_prices_names_a_variant_of_which_it_is_true() -> None:
    catalog = wardrobe(*(variant(4, size, sale_price=None) for size in SIZES), variant(4, "xl", sale_price=25.0))
    scored = ScoredCatalog(empty_snapshot(), catalog)
    profile = visitor(catalog, event("view_item", "w04-m"))
    reduced = asked(scored, profile, Query("clearance", limit=12))
    assert "w04-xl" in ids(reduced)
    assert all(chosen.item.sale_price is not None for chosen in reduced.items)


def test_what_is_left_out_on_a_page_is_left_out_with_its_variants() -> None:
    scored = ScoredCatalog(empty_snapshot(), wardrobe())
    found = ids(asked(scored, Profile(), Query("new", limit=40, exclude=frozenset({"w00-m", "w01"}))))
    assert [group(item_id) for item_id in found] == [f"w{product:02}" for product in range(2, PRODUCTS)]


def test_a_campaigns_products_are_named_once() -> None:
    catalog = wardrobe()
    catalog.put(Campaign(campaign_id="k", name="Coats"))
    named = ("w09-s", "w09-m", "w09-l", "w10", "w11-xl")
    catalog.put(Creative(creative_id="c", campaign_id="k", item_ids=named))
    scored = ScoredCatalog(empty_snapshot(), catalog)
    answer = asked(scored, Profile(), Query("for_you", limit=4), echo="k")
    assert [group(item_id) for item_id in ids(answer)][:3] == ["w09", "w10", "w11"]
    assert ids(answer)[2] == "w11-xl"


def test_a_change_of_groups_is_followed() -> None:
    catalog = wardrobe()
    scored = laid_over(catalog, *told_by_all(4))
    catalog.put(variant(3, "m", item_group_id="other"))
    assert not scored.fits(scored.snapshot, catalog)
    anew = ScoredCatalog(scored.snapshot, catalog)
    found = ids(asked(anew, Profile(), Query("new", limit=40)))
    assert len(found) == PRODUCTS + 1
    assert "w03-m" in found
    catalog.remove("items", "w03-m")
    assert not anew.fits(anew.snapshot, catalog)


def test_newcomers_take_their_places_once_a_product() -> None:
    catalog = wardrobe()
    events = [
        event("view_item", f"w{product:02}-{size}", visitor=f"v{product % 3}{number}", at_s=product)
        for number, size in enumerate(SIZES)
        for product in range(9)
    ]
    scored = laid_over(catalog, *events)
    profile = visitor(catalog, event("view_item", "w00-s"))
    found = [group(item_id) for item_id in ids(asked(scored, profile, Query("for_you", limit=6)))]
    assert len(found) == len(set(found)) == 6


def test_rows_of_groups_sum_and_spread() -> None:
    groups = GroupRows(np.array([0, 1, 0, 3]), np.array([3, 2, 1, 0]), np.array([0, 0, 1, 0], np.float32))
    assert groups.in_order.tolist() == [3, 2, 0, 1]
    assert groups.variants(0).tolist() == [2, 0]
    assert groups.summed(np.array([1, 2, 3], np.float32), np.array([0, 2, 1])).tolist() == [1.0, 1.0, 1.0, 0.0]
    assert groups.first_groups(np.array([2, 1, 0, 3]), 2).tolist() == [2, 1, 0]
