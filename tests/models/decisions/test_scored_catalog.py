"""Scored catalog: scores stand in the rows of the catalog, and follow it when it changes."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from models.catalog.resources import MerchandisingRule
from models.decisions.scored_catalog import ITEMS_REMEMBERED, RankedRows, ScoredCatalog
from models.events.currency import SiteCurrency
from models.learner.snapshot import empty_snapshot
from tests.models.learner.taught import taught
from tests.models.makers import START_S, assortment, item


def ids(scored: ScoredCatalog, rows: NDArray[np.int64]) -> list[str]:
    return [scored.assortment.ids[row] for row in rows.tolist()]


def test_what_sells_and_is_looked_at_stands_first_ties_by_id() -> None:
    scored = ScoredCatalog(taught(), assortment(12))
    assert set(ids(scored, scored.sold)) == {"p003", "p004", "p005"}
    assert set(ids(scored, scored.popular)) >= {"p001", "p002"}
    assert ids(scored, np.flatnonzero(scored.untouched)) == sorted(set(scored.assortment.items) - set(taught().names))


def test_an_item_taken_off_the_catalog_is_never_offered() -> None:
    catalog = assortment(12)
    catalog.remove("items", "p002")
    scored = ScoredCatalog(taught(), catalog)
    assert "p002" not in ids(scored, scored.popular)
    assert "p002" not in ids(scored, scored.next_after(["p001"])[0])


def test_the_newest_come_first_and_before_any_learning_nothing_has_a_score() -> None:
    catalog = assortment(3)
    catalog.put(item(7, available_from_s=START_S))
    scored = ScoredCatalog(empty_snapshot(), catalog)
    assert ids(scored, scored.newest) == ["p007", "p000", "p001", "p002"]
    assert (len(scored.popular), len(scored.sold), len(scored.bought_with("p000")[0])) == (0, 0, 0)


def test_prices_reductions_and_labels_follow_the_catalog() -> None:
    catalog = assortment(2)
    catalog.put(item(0, price=20.0, sale_price=15.0, custom_labels=("Last Pieces",)))
    catalog.put(item(1, price=None))
    scored = ScoredCatalog(empty_snapshot(), catalog)
    assert scored.prices(START_S)[0] == 15.0
    assert math.isnan(scored.prices(START_S)[1])
    assert scored.reductions(START_S).tolist() == [0.25, 0.0]
    assert scored.rows_labelled("last pieces").tolist() == [True, False]
    catalog.put(item(0, price=20.0))
    assert (scored.prices(START_S)[0], scored.reductions(START_S)[0]) == (20.0, 0.0)


def test_a_sale_begins_and_ends_by_itself_and_only_its_rows_are_priced_anew() -> None:
    catalog = assortment(3)
    dates = {"sale_starts_at_s": START_S + 10, "sale_ends_at_s": START_S + 20}
    catalog.put(item(1, price=50.0, sale_price=40.0, **dates))
    scored = ScoredCatalog(empty_snapshot(), catalog)
    cheap = MerchandisingRule(rule_id="cheap", action="boost", price_from=39.0, price_to=45.0)
    kept = MerchandisingRule(rule_id="kept", action="boost", brand="nobody")
    masks: list[str] = []

    def mask(_: ScoredCatalog, rule: MerchandisingRule, at_s: float) -> NDArray[np.bool_]:
        masks.append(rule.rule_id)
        return np.zeros(3, dtype=bool)

    for after_s, price, off in ((9, 50.0, 0.0), (10, 40.0, 0.2), (19, 40.0, 0.2), (20, 50.0, 0.0), (11, 40.0, 0.2)):
        assert scored.prices(START_S + after_s)[1] == price
        assert scored.reductions(START_S + after_s)[1] == pytest.approx(off)
        for rule in (cheap, kept):
            scored.remembered_mask(rule, START_S + after_s, mask)
    assert (masks.count("cheap"), masks.count("kept")) == (4, 1)


def test_what_was_worked_out_is_remembered_until_the_catalog_changes() -> None:
    catalog, asked = assortment(4), list[str]()
    scored = ScoredCatalog(empty_snapshot(), catalog)

    def rank(_: ScoredCatalog, item_id: str) -> RankedRows:
        asked.append(item_id)
        return np.array([0]), np.array([1.0])

    scored.remembered("p001", rank)
    scored.remembered("p001", rank)
    assert asked == ["p001"]
    catalog.put(item(2, price=99.0))
    scored.remembered("p001", rank)
    assert asked == ["p001", "p001"]
    for number in range(ITEMS_REMEMBERED):
        scored.remembered(f"x{number}", rank)
    scored.remembered("p001", rank)
    assert asked.count("p001") == 3


def test_a_rule_that_is_put_again_is_asked_again() -> None:
    scored, asked = ScoredCatalog(empty_snapshot(), assortment(4)), list[str]()

    def mask(_: ScoredCatalog, rule: MerchandisingRule, at_s: float) -> NDArray[np.bool_]:
        asked.append(rule.brand)
        return np.zeros(4, dtype=bool)

    for rule in (first := MerchandisingRule(rule_id="r", action="boost", brand="a"), first):
        scored.remembered_mask(rule, START_S, mask)
    scored.remembered_mask(MerchandisingRule(rule_id="r", action="boost", brand="b"), START_S, mask)
    assert asked == ["a", "b"]


def test_it_fits_as_long_as_snapshot_and_rows_are_the_same() -> None:
    catalog, snapshot = assortment(4), empty_snapshot()
    scored = ScoredCatalog(snapshot, catalog)
    assert scored.fits(snapshot, catalog)
    assert not scored.fits(empty_snapshot(), catalog)
    catalog.put(item(9))
    assert not scored.fits(snapshot, catalog)


def test_a_sale_in_another_currency_begins_at_its_rate() -> None:
    catalog = assortment(3)
    catalog.put(SiteCurrency(base="EUR", rates={"PLN": 0.25}))
    catalog.put(item(1, price=80.0, sale_price=60.0, currency="PLN", sale_starts_at_s=START_S + 10))
    catalog.put(item(2, price=700.0, currency="JPY"))
    scored = ScoredCatalog(empty_snapshot(), catalog)
    for after_s, price in ((9, 20.0), (10, 15.0)):
        assert scored.prices_in("EUR", START_S + after_s).tolist()[:2] == [10.0, price]
    assert scored.reductions(START_S + 10)[1] == pytest.approx(0.25)
    assert math.isnan(scored.prices_in("EUR", START_S)[2])
    assert np.isnan(scored.prices_in("JPY", START_S)).tolist() == [True, True, False], "what names none is of the base"
