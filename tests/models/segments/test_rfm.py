"""Value tiers and cohorts against cases worked out by hand."""

from datetime import UTC, datetime

import pytest

from models.reports.cohorts import CohortCell, CohortOrder, cohorts
from models.segments.rfm import TIERS, Buyer, scores, tier_of, tiers


def at(day: str) -> float:
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


def test_fifths_are_counted_from_what_is_below() -> None:
    assert scores(list(range(10))) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert scores([7.0, 7.0, 7.0]) == [1, 1, 1]
    assert scores([3.0, 1.0, 2.0]) == [4, 1, 2]


def test_every_score_has_a_tier() -> None:
    found = {
        tier_of(r, f, m, orders) for r in range(1, 6) for f in range(1, 6) for m in range(1, 6) for orders in (1, 4)
    }
    assert found == set(TIERS) - {"prospects"}


def test_buyers_are_told_apart() -> None:
    buyers = [
        Buyer("best", at("2026-05-01"), 20, 900.0),
        Buyer("gone", at("2025-01-01"), 15, 800.0),
        Buyer("new", at("2026-05-02"), 1, 10.0),
        Buyer("once", at("2025-01-02"), 1, 5.0),
        Buyer("middle", at("2026-01-01"), 5, 100.0),
    ]
    assert tiers(buyers) == ["champions", "previously_loyal", "new", "dormant", "needs_attention"]
    assert tiers([]) == []


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
