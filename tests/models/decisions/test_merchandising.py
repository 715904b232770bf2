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
from models.events.currency import SiteCurrency
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
    assert {item.reason for item in answer.items} == {"closes the gap of 10.00 EUR"}
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


def _in_two_currencies(currency: SiteCurrency | None = None) -> Assortment:
    catalog = _catalog(
        *(_priced(f"e{price}", float(price)) for price in (20, 30, 42)),
        *(_priced(f"k{price}", float(price), currency="CZK") for price in (30, 500, 750, 1_000)),
    )
    if currency is not None:
        catalog.put(currency)
    return catalog


def test_an_up_sell_compares_prices_of_one_currency_or_those_that_a_rate_makes_one() -> None:
    assert _ids(_asked(_in_two_currencies(), Query("up_sell", "e20"))) == ["e30", "e42"]
    assert set(_ids(_asked(_in_two_currencies(), Query("up_sell", "k500")))) == {"k750", "k1000"}
    rated = _in_two_currencies(SiteCurrency(base="EUR", rates={"CZK": 0.04}))
    answer = _asked(rated, Query("up_sell", "e20"))
    assert set(_ids(answer)) == {"e30", "e42", "k750", "k1000"}
    reasons = {chosen.item.item_id: chosen.reason for chosen in answer.items}
    assert reasons["k1000"] == "a step up from e20: 20.00 EUR more"


@pytest.mark.parametrize(
    ("currency", "line", "offered", "counted_in"),
    [
        (None, ("e20", "EUR"), {"e20", "e30", "e42"}, "EUR"),
        (None, ("k500", "CZK"), {"k30", "k500"}, "CZK"),
        (SiteCurrency(base="EUR"), ("k500", "CZK"), {"e20", "e30", "e42"}, "EUR"),
        (SiteCurrency(base="EUR", rates={"CZK": 0.04}), ("k500", "CZK"), {"e20", "e30", "e42", "k750", "k1000"}, "EUR"),
    ],
)
def test_a_gap_is_closed_by_what_can_be_compared_with_it(
    currency: SiteCurrency | None, line: tuple[str, str], offered: set[str], counted_in: str
) -> None:
    catalog = _in_two_currencies(currency)
    cart = (EventItem(item_id=line[0]),)
    visitor = _visitor(catalog, event("add_to_cart", items=cart, params={"currency": line[1]}))
    threshold = {"CZK": 530.0, "EUR": 40.0}[counted_in] if currency is None else 40.0
    gap = gap_of(ScoredCatalog(empty_snapshot(), catalog), visitor, threshold, NOW_S)
    assert gap.currency == counted_in
    found = _asked(catalog, Query("threshold_nudge", threshold=threshold), visitor)
    assert set(_ids(found)) == {
        item_id
        for item_id in offered
        if item_id != line[0] and gap.missing <= _worth(catalog, item_id, gap.currency) <= 3 * gap.missing
    }
    assert found.items, "something closes it"


def _worth(catalog: Assortment, item_id: str, currency: str) -> float:
    price = catalog.price_in(currency, catalog.items[item_id], NOW_S)
    assert price is not None
    return price


def test_a_cart_of_two_currencies_is_worth_what_its_base_can_count() -> None:
    told = [("e20", 20.0, "EUR"), ("gone", 300.0, "CZK"), ("also-gone", 9.0, "USD")]
    carts = [
        event("add_to_cart", items=(EventItem(item_id=name, price=price),), params={"currency": code})
        for name, price, code in told
    ]
    rated = _in_two_currencies(SiteCurrency(base="EUR", rates={"CZK": 0.04}))
    gap = gap_of(ScoredCatalog(empty_snapshot(), rated), _visitor(rated, *carts), 50.0, NOW_S)
    assert (gap.cart_value, gap.missing) == (32.0, 18.0)


def test_a_bundle_has_one_currency() -> None:
    koruna = _priced("k", 500.0, currency="CZK", cost_of_goods_sold=100.0)
    euro = _priced("e", 20.0, cost_of_goods_sold=4.0)
    priced = bundle_price([euro, koruna], 0.1, 0.1, NOW_S, SiteCurrency(base="EUR", rates={"CZK": 0.04}))
    assert priced is not None
    assert (priced.joint, priced.price, priced.currency) == (40.0, 36.0, "EUR")
    assert bundle_price([euro, koruna], 0.1, 0.1, NOW_S, SiteCurrency(base="EUR")) is None
    alone = bundle_price([koruna, koruna], 0.1, 0.1, NOW_S, SiteCurrency(base="EUR"))
    assert alone is not None
    assert (alone.joint, alone.currency) == (1_000.0, "CZK")


def test_no_bundle_is_made_of_currencies_that_cannot_be_added() -> None:
    catalog = _catalog(_priced("pan", 20.0), _priced("lid", 8.0), _priced("glove", 300.0, currency="CZK"))
    model = _ordered_in_lots(catalog, ("pan", "lid", "glove"))
    assert "glove" not in _ids(_asked(catalog, Query("bundles", "pan"), None, model))
    catalog.put(SiteCurrency(base="EUR", rates={"CZK": 0.04}))
    assert "glove" in _ids(_asked(catalog, Query("bundles", "pan"), None, model))


def _ordered_in_lots(catalog: Assortment, item_ids: tuple[str, ...]) -> Learner:
    model = Learner()
    for number in range(60):
        names = item_ids if number % 2 else (f"other{number}",)
        items = tuple(EventItem(item_id=name) for name in names)
        told = event("purchase", visitor=f"b{number}", items=items, params={"transaction_id": str(number)})
        model.learn_event(0, number + 1, told, catalog)
    return model
