"""Value tiers and cohorts against cases worked out by hand."""

from datetime import UTC, datetime

import pytest

from models.reports.cohorts import CohortCell, CohortOrder, cohorts
from models.segments.rfm import TIERS, Cutoffs, scores_of, tier_of
from models.visitor.order_value import OrderValue


def at(day: str) -> float:
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


def test_every_score_has_a_tier() -> None:
    found = {
        tier_of(r, f, m, orders) for r in range(1, 6) for f in range(1, 6) for m in range(1, 6) for orders in (1, 4)
    }
    assert found == set(TIERS) - {"prospects"}


def test_scores_divide_where_the_shop_says() -> None:
    now_s = at("2026-06-01")

    def scored(last: str, orders: int, revenue: float, cutoffs: Cutoffs = Cutoffs()) -> tuple[int, int, int]:
        return scores_of(OrderValue(orders, revenue, orders, 0.0, 0.0, at(last), 1, revenue), cutoffs, now_s)

    assert scored("2026-05-20", 10, 1_500.0) == (5, 5, 5)
    assert scored("2026-05-02", 2, 50.0) == (4, 2, 2)
    assert scored("2025-06-01", 1, 49.99) == (1, 1, 1)
    assert scored("2026-05-20", 0, 0.0) == (0, 0, 0)
    own = Cutoffs(frequency_orders=(1.0, 2.0, 3.0, 4.0), monetary_revenue=(1.0, 2.0, 3.0, 4.0))
    assert scored("2026-05-20", 4, 4.0, own) == (5, 5, 5)


def test_cohorts_are_followed_to_the_month_of_the_latest_order() -> None:
    orders = [
        CohortOrder("a", at("2025-11-30"), 10.0),
        CohortOrder("a", at("2026-01-05"), 30.0),
        CohortOrder("b", at("2025-11-01"), 20.0),
        CohortOrder("b", at("2025-11-02"), 20.0),
        CohortOrder("c", at("2026-01-31"), 5.0),
    ]
    assert cohorts(reversed(orders)) == [
        CohortCell("2025-11", 0, 2, 2, 3, 50.0, 50.0),
        CohortCell("2025-11", 1, 2, 0, 0, 0.0, 50.0),
        CohortCell("2025-11", 2, 2, 1, 1, 30.0, 80.0),
        CohortCell("2026-01", 0, 1, 1, 1, 5.0, 5.0),
    ]
    third = cohorts(orders)[2]
    assert third.retention == pytest.approx(0.5)
    assert third.lifetime_value == pytest.approx(40.0)
    assert cohorts([]) == []
