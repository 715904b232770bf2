"""Assortment: whatever was put and removed in whatever order, it is the catalog of what is left."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.catalog.assortment import REBUILD_SHARE, Assortment
from models.catalog.feature_hashing import matrix_of, price_band, tokens_of, vector_of
from models.catalog.resources import Campaign, CatalogItem, Creative, Placement
from models.events.currency import SiteCurrency
from models.events.events import EventItem
from tests.models.makers import START_S, assortment, item

ITEMS = st.builds(
    CatalogItem,
    item_id=st.sampled_from([f"p{number}" for number in range(8)]),
    category=st.lists(st.sampled_from(["Home", "home", "Sport"]), max_size=3).map(tuple),
    brand=st.sampled_from(["", "Tall", "tall", "Wide"]),
    item_group_id=st.sampled_from(["", "", "set", "p1", "p2"]),
    price=st.none() | st.floats(0, 1e6),
    availability=st.sampled_from(["in_stock", "out_of_stock", "preorder"]),
    hidden=st.booleans(),
    available_from_s=st.sampled_from([0.0, START_S + 10]),
    expires_at_s=st.sampled_from([float("inf"), START_S + 20]),
    added_at_s=st.sampled_from([1.0, 2.0]),
)
STEPS = st.lists(ITEMS | ITEMS.map(lambda item: item.item_id) | st.just("look"), max_size=30)


def fresh(items: dict[str, CatalogItem]) -> Assortment:
    made = Assortment()
    for product in items.values():
        made.put(product)
    return made


def by_id(made: Assortment, at_s: float) -> dict[str, bool]:
    sellable = made.sellable_rows(at_s)
    return {item_id: bool(sellable[row]) for item_id, row in made.row_of.items() if item_id in made.items}


def _groups(made: Assortment) -> set[frozenset[str]]:
    """Items that stand in one group together, of those that are there."""
    numbers, found = made.group_by_row(), dict[int, set[str]]()
    for item_id in made.items:
        found.setdefault(int(numbers[made.row_of[item_id]]), set()).add(item_id)
    return {frozenset(members) for members in found.values()}


def agree(made: Assortment, expected: Assortment) -> None:
    assert made.items == expected.items
    assert made.categories() == expected.categories()
    assert made.tokens() == expected.tokens()
    assert made.frequency() == expected.frequency()
    for token in expected.tokens():
        assert made.with_token(token) == expected.with_token(token)
    for path in [("Home",), ("HOME",), ("home", "Sport"), ("nothing",), ()]:
        assert made.in_category(path) == expected.in_category(path)
    for at_s in (START_S, START_S + 10, START_S + 20):
        assert by_id(made, at_s) == by_id(expected, at_s)
        assert by_id(made, at_s) == {item.item_id: item.sellable(at_s) for item in made.items.values()}
        offered = {made.ids[row] for row in np.flatnonzero(made.sellable_rows(at_s))}
        assert offered <= made.items.keys()  # a removed item keeps its row for a while, never its place in the shop
    since, rows = made.new_since_by_row(), made.row_of
    assert {item: since[rows[item]] for item in made.items} == {
        item_id: it.new_since_s for item_id, it in made.items.items()
    }
    assert _groups(made) == _groups(expected)
    for item_id in made.items:
        assert made.kin_tokens(item_id) == expected.kin_tokens(item_id)
        assert item_id in made.item_groups.members(item_id)


@given(steps=STEPS)
def test_any_puts_and_removes_leave_what_a_fresh_build_gives(steps: list[CatalogItem | str]) -> None:
    made, items = Assortment(), dict[str, CatalogItem]()
    for step in steps:
        if isinstance(step, CatalogItem):
            made.put(step)
            items[step.item_id] = step
        elif step == "look":
            assert len(made.matrix) == len(made.ids)
        else:
            made.remove("items", step)
            items.pop(step, None)
    expected = fresh(items)
    agree(made, expected)
    mine, theirs = made.matrix, expected.matrix
    for item_id in items:
        assert mine[made.row_of[item_id]] == pytest.approx(theirs[expected.row_of[item_id]], abs=1e-6)


def test_a_few_changes_of_many_items_write_their_own_rows_only() -> None:
    made = assortment(200)
    before, revision = made.matrix, made.revision
    changed = [item(number, brand="Other", hidden=number == 3) for number in range(5)]
    assert len(changed) <= REBUILD_SHARE * 200
    for product in changed:
        made.put(product)
    made.remove("items", "p100")
    made.put(item(900))
    assert made.matrix is not before  # it has one row more
    assert made.revision == revision + 1
    agree(made, fresh(made.items))
    for product in (*changed, item(900)):
        assert made.matrix[made.row_of[product.item_id]] == pytest.approx(
            vector_of(tokens_of(product), made.frequency())
        )
    # The others keep the token weights of the last rebuild, which a few changes hardly move.
    expected = matrix_of([tokens_of(made.items[item]) for item in sorted(made.items)], made.frequency())
    mine = made.matrix[made.rows_of(sorted(made.items))]
    assert (mine * expected).sum(axis=1).min() > 0.99


def test_an_events_item_is_the_catalogs_where_it_knows_it() -> None:
    made = assortment(30)
    known = made.vector_of_item(EventItem(item_id="p003", brand="Nobody"))
    assert known == pytest.approx(made.matrix[made.row_of["p003"]])
    made.put(item(3, brand="New"))
    stale = made.vector_of_item(EventItem(item_id="p003"))
    assert stale == pytest.approx(made.matrix[made.row_of["p003"]], abs=1e-6)
    unknown = EventItem(item_id="x", category=("Home",), brand="Tall")
    assert made.vector_of_item(unknown) == pytest.approx(vector_of(tokens_of(unknown)))


def test_creatives_campaigns_and_placements_come_and_go() -> None:
    made = Assortment()
    made.put(Creative(creative_id="c", campaign_id="k"))
    made.put(Campaign(campaign_id="k"))
    made.put(Placement(placement_id="hero"))
    assert (set(made.creatives), set(made.campaigns), set(made.placements)) == ({"c"}, {"k"}, {"hero"})
    for kind, name in (("creatives", "c"), ("campaigns", "k"), ("placements", "hero")):
        made.remove(kind, name)  # type: ignore[arg-type]
        made.remove(kind, "unknown")  # type: ignore[arg-type]
    assert not made.creatives
    assert not made.campaigns
    assert not made.placements


def test_items_for_adults_are_offered_only_where_that_is_wanted() -> None:
    grown_up, plain = CatalogItem(item_id="a", adult=True), CatalogItem(item_id="b")
    for offers_adult, expected in ((False, {"a": False, "b": True}), (True, {"a": True, "b": True})):
        made = Assortment(offers_adult=offers_adult)
        for product in (grown_up, plain, *(CatalogItem(item_id=f"c{number}") for number in range(40))):
            made.put(product)
        assert by_id(made, START_S).items() >= expected.items()
        made.put(grown_up)
        made.put(CatalogItem(item_id="new", adult=True))
        assert by_id(made, START_S)["a"] is by_id(made, START_S)["new"] is offers_adult


def test_an_order_is_on_sale_by_the_catalogs_price_of_its_day() -> None:
    made = Assortment()
    made.put(CatalogItem(item_id="a", price=10.0, sale_price=8.0, sale_starts_at_s=100.0, sale_ends_at_s=200.0))
    assert [made.on_sale(EventItem(item_id="a"), at_s) for at_s in (50.0, 150.0, 250.0)] == [False, True, False]
    assert made.on_sale(EventItem(item_id="a", price=8.0), 250.0), "what the event tells counts"


def test_a_sale_with_dates_does_not_move_an_items_point() -> None:
    dated = CatalogItem(item_id="a", price=90.0, sale_price=30.0, sale_ends_at_s=5.0)
    assert tokens_of(dated) == tokens_of(CatalogItem(item_id="a", price=90.0))
    assert tokens_of(CatalogItem(item_id="a", price=90.0, sale_price=30.0)) != tokens_of(dated)


def test_the_id_of_a_group_stands_for_its_first_variant_that_is_offered() -> None:
    made = assortment(30)
    made.put(item(4, item_group_id="lamp", availability="out_of_stock"))
    made.put(item(5, item_group_id="lamp"))
    made.put(item(6, item_group_id="lamp"))
    assert made.item_of("lamp") == made.items["p005"]
    assert made.vector_of_item(EventItem(item_id="lamp")) == pytest.approx(made.matrix[made.row_of["p005"]], abs=1e-6)
    assert made.kin_tokens("lamp") == made.kin_tokens("p005")
    made.put(item(7, item_id="lamp"))
    assert made.item_of("lamp") == made.items["lamp"]
    assert made.item_groups.members("p004") == ["lamp", "p004", "p005", "p006"]
    for number in (4, 5, 6):
        made.remove("items", f"p{number:03}")
    assert made.item_groups.members("lamp") == ["lamp"]
    assert made.item_of("nothing") is None


def test_a_creative_is_about_all_variants_of_an_item_it_names() -> None:
    made = assortment(10)
    made.put(item(2, item_group_id="lamp"))
    made.put(item(3, item_group_id="lamp"))
    made.put(Creative(creative_id="c", campaign_id="k", item_ids=("p002",)))
    made.put(Creative(creative_id="d", campaign_id="k", item_ids=("lamp",)))
    assert made.creatives_about(made.items["p003"]) == {"c", "d"}
    made.put(item(3, item_group_id="stool"))
    assert made.creatives_about(made.items["p003"]) == frozenset()


def test_prices_are_compared_in_the_base_else_in_the_currency_of_most_items() -> None:
    made = Assortment()
    for number, currency in enumerate(("SEK", "GBP", "GBP", "")):
        made.put(CatalogItem(item_id=f"i{number}", price=10.0, currency=currency))
    assert made.main_currency == "GBP"
    assert [made.price_in("GBP", made.items[f"i{number}"], 0.0) for number in range(4)] == [None, 10.0, 10.0, 10.0]
    made.remove("items", "i2")
    made.put(CatalogItem(item_id="i1", price=10.0, currency="SEK"))
    assert made.main_currency == "SEK"
    made.put(SiteCurrency(base="EUR", rates={"SEK": 0.1}))
    assert (made.main_currency, made.price_in("EUR", made.items["i0"], 0.0)) == ("EUR", 1.0)


def test_an_items_price_band_is_that_of_its_price_in_the_base() -> None:
    made = Assortment()
    made.put(CatalogItem(item_id="a", price=400.0, currency="SEK"))
    made.put(CatalogItem(item_id="b", price=40.0, currency="EUR"))
    made.put(CatalogItem(item_id="c", price=40.0, currency="JPY"))
    assert made.with_token(f"price:{price_band(40.0)}") == {"b", "c"}
    edition = made.edition
    made.put(SiteCurrency(base="EUR", rates={"SEK": 0.1}))
    assert made.with_token(f"price:{price_band(40.0)}") == {"a", "b"}
    assert made.edition > edition
    made.remove("currency", "site")
    assert made.with_token(f"price:{price_band(40.0)}") == {"b", "c"}


def test_a_price_in_another_currency_than_the_catalogs_tells_of_no_sale() -> None:
    made = Assortment()
    made.put(CatalogItem(item_id="a", price=100.0, currency="SEK"))
    assert made.on_sale(EventItem(item_id="a", price=9.0), 0.0, "SEK")
    assert not made.on_sale(EventItem(item_id="a", price=9.0), 0.0, "EUR")
