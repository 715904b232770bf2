"""Other currencies: in no report are amounts of different currencies one figure."""

from typing import Any

import pytest

from models.catalog.resources import Experiment, Variant
from models.events.currency import SiteCurrency
from models.segments.rfm import Cutoffs
from store.archive.experiment_results import asked_of
from store.archive.other_currencies import together
from store.archive.report_source import ReportSettings
from store.archive.reports import REPORTS, Report, make_report
from store.archive.writer import ArchiveWriter
from tests.store.archive.shop_archive import SITE, event, fill, landing

ZLOTYS = ReportSettings(currency=SiteCurrency(base="PLN", rates={"EUR": 4.0}))


def order(visitor: str, at: str, order_id: str, value: float, currency: str = "") -> dict[str, Any]:
    named = {"currency": currency} if currency else {}
    return event("purchase", visitor, at, ("a", value), transaction_id=order_id, value=value, **named)


@pytest.fixture
def sold_abroad(archive: ArchiveWriter) -> ArchiveWriter:
    """Two orders in euros, one in crowns, one that names nothing, from two channels."""
    visits = [landing(visitor, "02-01 10:00", "utm_source=n&utm_medium=email") for visitor in ("ida", "jan")]
    fill(
        archive,
        [
            *visits,
            event("page_view", "kim", "02-01 10:00"),
            event("add_to_cart", "ida", "02-01 10:01", ("a", 30.0), value=30, currency="EUR"),
            event("add_to_cart", "jan", "02-01 10:01", ("a", 800.0), value=800, currency="CZK"),
            order("ida", "02-01 10:02", "o1", 30.0, "EUR"),
            order("jan", "02-01 10:02", "o2", 800.0, "CZK"),
            order("kim", "02-01 10:02", "o3", 20.0, "EUR"),
            order("kim", "03-05 10:02", "o4", 5.0),
            event("campaign_cost", "x", "02-01 09:00", source="n", medium="email", cost=200, currency="CZK"),
            event("campaign_cost", "x", "02-02 09:00", source="n", medium="email", cost=3, currency="EUR"),
        ],
    )
    return archive


def report(archive: ArchiveWriter, name: str, settings: ReportSettings = ReportSettings()) -> Report:
    return make_report(archive, SITE, name, settings=settings)


def rows(archive: ArchiveWriter, name: str, settings: ReportSettings = ReportSettings()) -> dict[Any, dict[str, Any]]:
    made = report(archive, name, settings)
    return {row[made.columns[0]]: row for row in made.records()}


def test_without_a_base_money_is_in_the_currency_of_most_orders_and_the_others_stand_beside(
    sold_abroad: ArchiveWriter,
) -> None:
    assert report(sold_abroad, "channels").currency == "EUR"
    found = rows(sold_abroad, "channels")
    assert (found["email"]["orders"], found["email"]["revenue"]) == (2, 30.0)
    assert found["email"]["other_currencies"] == {"CZK": 800.0}
    assert (found["email"]["cost"], found["email"]["other_costs"]) == (3.0, {"CZK": 200.0})
    assert (found["direct"]["revenue"], found["direct"]["other_currencies"]) == (25.0, {})
    assert (found["total"]["orders"], found["total"]["revenue"], found["total"]["markov_revenue"]) == (4, 55.0, 55.0)
    assert found["total"]["other_currencies"] == {"CZK": 800.0}


def test_with_a_base_what_has_a_rate_is_reckoned_in_it(sold_abroad: ArchiveWriter) -> None:
    found = rows(sold_abroad, "campaigns", ZLOTYS)
    assert report(sold_abroad, "campaigns", ZLOTYS).currency == "PLN"
    assert found["total"]["revenue"] == 50 * 4.0 + 5.0, "an order that names no currency is of the base"
    assert (found["total"]["cost"], found["total"]["other_currencies"]) == (12.0, {"CZK": 800.0})
    all_rates = ReportSettings(currency=SiteCurrency(base="PLN", rates={"EUR": 4.0, "CZK": 0.2}))
    whole = report(sold_abroad, "campaigns", all_rates)
    assert whole.records()[-1]["revenue"] == 205.0 + 160.0
    assert "other_currencies" not in whole.columns


def test_cohorts_and_lifetime_value_keep_currencies_apart(sold_abroad: ArchiveWriter) -> None:
    begun, later, total = report(sold_abroad, "lifetime-value").records()
    assert (begun["orders"], begun["revenue"], begun["other_currencies"]) == (3, 50.0, {"CZK": 800.0})
    assert (later["revenue"], later["lifetime_value"], later["other_currencies"]) == (5.0, round(55.0 / 3, 6), {})
    assert (total["revenue"], total["other_currencies"]) == (55.0, {"CZK": 800.0})


def test_carts_are_worth_something_in_their_own_currency(sold_abroad: ArchiveWriter) -> None:
    fill(sold_abroad, [event("add_to_cart", "lou", "02-03 10:00", ("b", 90.0), value=90, currency="CZK")], first=500)
    found = rows(sold_abroad, "carts")
    assert (found["total"]["carts"], found["total"]["cart_value"], found["total"]["abandoned_value"]) == (3, 30.0, 0.0)
    assert found["total"]["other_cart_values"] == {"CZK": 890.0}
    assert (found["direct"]["other_abandoned_values"], found["email"]["other_abandoned_values"]) == ({"CZK": 90.0}, {})


def test_a_buyers_tier_is_by_the_base_alone_or_without_one_by_their_own_currency(sold_abroad: ArchiveWriter) -> None:
    cutoffs = Cutoffs(recency_days=(60.0, 90.0, 180.0, 365.0), monetary_revenue=(26.0, 100.0, 400.0, 700.0))
    own = rows(sold_abroad, "segments", ReportSettings(cutoffs))
    assert own["total"]["other_currencies"] == {"CZK": 800.0}
    assert own["total"]["revenue_per_order"] == round(55.0 / 3, 6), "of the orders that are in euros"
    assert {tier: row["buyers"] for tier, row in own.items() if row["other_currencies"]} == {"loyal": 1, "total": 3}
    crowns = rows(sold_abroad, "segments", ReportSettings(cutoffs, currency=SiteCurrency(base="EUR")))
    assert {tier: row["buyers"] for tier, row in crowns.items() if row["other_currencies"]} == {"new": 2, "total": 3}


def test_segments_and_the_holdout_keep_currencies_apart(archive: ArchiveWriter) -> None:
    told = [order("ann", "02-01 10:00", "o1", 9.0, "EUR"), order("ben", "02-01 10:00", "o2", 700.0, "JPY")]
    told += [event("page_view", visitor, "02-01 09:59") for visitor in ("ann", "ben")]
    told += [order("ben", "02-02 10:00", "o3", 6.0, "EUR")]
    fill(archive, told)
    found = rows(archive, "segment-revenue")
    assert (found["total"]["revenue"], found["total"]["other_currencies"]) == (15.0, {"JPY": 700.0})
    (everybody,) = report(archive, "holdout").records()
    assert (everybody["revenue"], everybody["other_currencies"]) == (15.0, {"JPY": 700.0})


def test_an_experiment_counts_revenue_of_one_currency(archive: ArchiveWriter) -> None:
    fill(archive, [event("page_view", "ann", "02-01 09:59"), order("ann", "02-01 10:00", "o1", 9.0, "EUR")])
    variants = (Variant(variant_id="a"), Variant(variant_id="b"))
    asked = asked_of(Experiment(experiment_id="x", variants=variants))
    assert "other_currencies" not in report(archive, "experiments", ReportSettings(asked=(asked,))).columns


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("currency", ["", "EUR"])
def test_a_shop_of_one_currency_sees_no_other(archive: ArchiveWriter, name: str, currency: str) -> None:
    fill(archive, [event("page_view", "ann", "02-01 09:59"), order("ann", "02-01 10:00", "o1", 9.0, currency)])
    made = report(archive, name)
    assert made.currency == currency
    assert not [column for column in made.columns if column.startswith("other_")]


def test_sums_of_several_rows_add_up_by_currency() -> None:
    assert together([{"USD": 1.0}, {}, {"JPY": 5.0, "USD": 2.5}]) == {"USD": 3.5, "JPY": 5.0}
