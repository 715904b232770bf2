"""Merchandising: lists about price say of every item what is true of it, and a bundle never sells below its margin."""

from itertools import product

import pytest

from models.catalog.assortment import Assortment
from models.catalog.feature_hashing import price_band
from models.catalog.resources import CatalogItem
from models.decisions.merchandising import STEPS_UP, bundle_price, gap_of
from models.decisions.recommend import Query, RecommendedList, recommend
from models.decisions.scored_catalog import ScoredCatalog
from models.decisions.visitor_context import VisitorContext
from models.events.events import Event, EventItem
from models.learner.learner import Learner
from models.learner.snapshot import empty_snapshot
from models.visitor.profile import Profile
from models.visitor.profile_batch import Change, learn
from tests.models.makers import START_S, event, item

NOW_S = START_S + 1_000.0


def _visitor(catalog: Assortment, *events: Event) -> Profile:
    profiles = [Profile()]
    learn(profiles, [Change(0, number, event) for number, event in enumerate(events, start=1)], catalog.vector_of_item)
    return profiles[0]


def _catalog(*items: CatalogItem) -> Assortment:
    made = Assortment()
    for sold in items:
        made.put(sold)
    return made


def _priced(item_id: str, price: float | None, leaf: str = "Kettles", **fields: object) -> CatalogItem:
    values = {"item_id": item_id, "title": item_id, "price": price, "currency": "EUR", "category": ("Home", leaf)}
    return item(0, **{**values, **fields})


def _asked(
    catalog: Assortment, query: Query, profile: Profile | None = None, model: Learner | None = None
) -> RecommendedList:
    snapshot = model.snapshot() if model else empty_snapshot()
    return recommend(ScoredCatalog(snapshot, catalog), VisitorContext(profile or Profile(), NOW_S), query)


def _ids(answer: RecommendedList) -> list[str]:
    return [chosen.item.item_id for chosen in answer.items]


def test_an_up_sell_serves_the_same_need_one_or_two_price_steps_up() -> None:
    prices = {"cheap": 10.0, "same": 20.0, "little": 21.0, "one": 29.0, "two": 41.0, "three": 60.0, "sale": 90.0}
    catalog = _catalog(
        *(_priced(name, price) for name, price in prices.items() if name != "sale"),
        _priced("sale", 90.0, sale_price=30.0),
        _priced("other-need", 30.0, leaf="Toasters"),
        _priced("unpriced", None),
        _priced("sold-out", 30.0, availability="out_of_stock"),
    )
    answer = _asked(catalog, Query("up_sell", "same"))
    assert sorted(_ids(answer)) == ["one", "sale", "two"]
    for chosen in answer.items:
        price = chosen.item.current_price(NOW_S)
        assert price is not None
        assert 1 <= price_band(price) - price_band(20.0) <= STEPS_UP
        assert chosen.reason == f"a step up from same: {price - 20.0:.2f} EUR more"
        assert (chosen.why.learner, chosen.why.because) == ("price", "same")
    assert _ids(_asked(catalog, Query("up_sell", "unpriced"))) == []
    assert _ids(_asked(catalog, Query("up_sell", "never-heard-of"))) == []


def _ordered_together(catalog: Assortment) -> Learner:
    """Kettles are ordered with tea, and with another kettle; pans alone."""
    model, position = Learner(), 0
    for number in range(40):
        for ids in (("kettle", "tea"), ("kettle", "kettle-2"), ("pan",)):
            position += 1
            one = event("purchase", *ids, visitor=f"v{position}", params={"transaction_id": f"o{position}"})
            model.learn_event(0, position, one, catalog)
        assert number >= 0
    return model


def test_a_cross_sell_follows_the_cart_to_other_needs() -> None:
    catalog = _catalog(
        _priced("kettle", 20.0),
        _priced("kettle-2", 25.0),
        _priced("tea", 5.0, leaf="Tea"),
        _priced("pan", 9.0, leaf="Pan"),
    )
    model = _ordered_together(catalog)
    cart = _visitor(catalog, event("add_to_cart", "pan"), event("add_to_cart", "kettle", at_s=1.0))
    for asked in (
        _asked(catalog, Query("cross_sell"), cart, model),
        _asked(catalog, Query("cross_sell", "kettle"), None, model),
    ):
        assert _ids(asked)[0] == "tea"
        assert asked.reason == "goes with kettle"
        assert "kettle-2" not in [chosen.item.item_id for chosen in asked.items if chosen.why.learner == "co_purchase"]


def test_clearance_holds_only_what_is_reduced_and_what_the_visitor_likes_first() -> None:
    catalog = _catalog(
        _priced("half", 100.0, leaf="Pans", sale_price=50.0),
        _priced("tenth", 100.0, sale_price=90.0),
        _priced("cent", 100.0, sale_price=99.99),
        _priced("label", 80.0, leaf="Tea", custom_labels=("Clearance",)),
        _priced("full", 10.0),
    )
    anyone = _asked(catalog, Query("clearance"))
    assert _ids(anyone) == ["half", "tenth", "label"]
    assert [item.reason for item in anyone.items] == ["reduced by 50%", "reduced by 10%", "last pieces"]
    likes_kettles = _visitor(catalog, event("view_item", "full"))
    assert _ids(_asked(catalog, Query("clearance"), likes_kettles))[0] == "tenth"


def test_bestsellers_count_pieces_sold_and_not_looks() -> None:
    catalog = _catalog(*(_priced(name, 5.0) for name in ("looked", "sold", "resold")))
    model, position = Learner(), 0
    for number in range(20):
        position += 1
        model.learn_event(0, position, event("view_item", "looked", visitor=f"v{number}"), catalog)
    for number in range(3):
        position += 1
        line = (EventItem(item_id="sold", quantity=8),)
        model.learn_event(
            0,
            position,
            event("purchase", visitor=f"b{number}", items=line, params={"transaction_id": str(number)}),
            catalog,
        )
    position += 1
    flood = (EventItem(item_id="resold", quantity=5_000),)
    model.learn_event(0, position, event("purchase", visitor="r", items=flood, params={"transaction_id": "r"}), catalog)
    answer = _asked(catalog, Query("bestsellers"), None, model)
    assert _ids(answer)[:2] == ["sold", "resold"]
    assert answer.reason == "sells best"


def test_a_nudge_names_what_closes_the_gap_and_says_when_there_is_none() -> None:
    catalog = _catalog(
        *(_priced(f"p{price}", float(price)) for price in (5, 12, 15, 30, 90)), _priced("unpriced", None)
    )
    cart = _visitor(catalog, event("add_to_cart", items=(EventItem(item_id="p15", quantity=2, price=99.0),)))
    answer = _asked(catalog, Query("threshold_nudge", threshold=40.0), cart)
    assert answer.gap is not None
    assert (answer.gap.cart_value, answer.gap.missing) == (30.0, 10.0), "at the catalog's price"
    assert _ids(answer) == ["p12", "p30"]
    assert {item.reason for item in answer.items} == {"closes the gap of 10.00"}
    reached = _asked(catalog, Query("threshold_nudge", threshold=30.0), cart)
    assert (reached.items, reached.reason) == ([], "the threshold is reached")
    unknown = _visitor(catalog, event("add_to_cart", items=(EventItem(item_id="gone", quantity=1, price=7.0),)))
    assert gap_of(ScoredCatalog(empty_snapshot(), catalog), unknown, 10.0, NOW_S).missing == 3.0


@pytest.mark.parametrize(
    ("costs", "discount", "margin"),
    list(product([(10.0, 20.0), (55.0, 40.0), (60.0, 40.0)], [0.0, 0.1, 0.5], [0.0, 0.2])),
)
def test_a_bundle_keeps_its_margin(costs: tuple[float, float], discount: float, margin: float) -> None:
    items = [_priced("a", 60.0, cost_of_goods_sold=costs[0]), _priced("b", 40.0, cost_of_goods_sold=costs[1])]
    priced = bundle_price(items, discount, margin, NOW_S)
    assert priced is not None
    assert (priced.joint, priced.currency) == (100.0, "EUR")
    assert priced.price + priced.saving == pytest.approx(100.0)
    assert 100.0 * (1 - discount) - 1e-9 <= priced.price <= 100.0
    if priced.saving:
        assert priced.price - sum(costs) >= margin * priced.price - 1e-9


def test_a_bundle_without_costs_or_prices_has_no_saving() -> None:
    known = _priced("a", 60.0, cost_of_goods_sold=10.0)
    priced = bundle_price([known, _priced("b", 40.0)], 0.5, 0.1, NOW_S)
    assert priced is not None
    assert (priced.price, priced.saving) == (100.0, 0.0)
    assert bundle_price([known, _priced("c", None)], 0.5, 0.1, NOW_S) is None
    assert bundle_price([known, _priced("d", 1.0, currency="USD")], 0.5, 0.1, NOW_S) is None
