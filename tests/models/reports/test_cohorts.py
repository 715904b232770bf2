"""Cohorts: worked out by hand, for buyers who come back, who skip a month, and who cross a year."""

from datetime import UTC, datetime

import pytest

from models.reports.cohorts import CohortCell, CohortOrder, cohorts, month_name, month_of


def order(visitor_id: str, day: str, revenue: float) -> CohortOrder:
    """Order at noon (UTC) of a day such as `2025-12-31`."""
    return CohortOrder(visitor_id, datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC).timestamp(), revenue)


def test_nobody_makes_no_cohort() -> None:
    assert cohorts([]) == []


def test_cohorts_are_worked_out_month_by_month() -> None:
    """Ann and Bob begin in November, Cy in January; nobody in December, so it is a month but no cohort."""
    orders = [
        order("bob", "2025-11-30", 20.0),
        order("ann", "2026-01-02", 5.0),  # told before Ann's first order
        order("ann", "2025-11-03", 10.0),
        order("ann", "2025-11-20", 30.0),
        order("cy", "2026-01-31", 7.0),
        order("bob", "2026-01-01", 15.0),
    ]
    assert cohorts(orders) == [
        CohortCell("2025-11", 0, buyers=2, active=2, orders=3, revenue=60.0, cumulative_revenue=60.0),
        CohortCell("2025-11", 1, buyers=2, active=0, orders=0, revenue=0.0, cumulative_revenue=60.0),
        CohortCell("2025-11", 2, buyers=2, active=2, orders=2, revenue=20.0, cumulative_revenue=80.0),
        CohortCell("2026-01", 0, buyers=1, active=1, orders=1, revenue=7.0, cumulative_revenue=7.0),
    ]
    assert cohorts(reversed(orders)) == cohorts(orders)


def test_retention_and_lifetime_value_are_shares_of_the_whole_cohort() -> None:
    orders = [order(name, "2026-02-10", 8.0) for name in ("a", "b", "c", "d")]
    first, second = cohorts([*orders, order("a", "2026-03-01", 4.0), order("a", "2026-03-09", 4.0)])
    assert (first.retention, first.lifetime_value) == (1.0, 8.0)
    assert (second.active, second.orders) == (1, 2)
    assert (second.retention, second.lifetime_value) == (0.25, 10.0)


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        ("2025-12-31T23:59:59+00:00", "2025-12"),
        ("2026-01-01T00:00:00+00:00", "2026-01"),
        ("2026-01-01T00:30:00+01:00", "2025-12"),  # a month is one of UTC
    ],
)
def test_months_are_those_of_utc(moment: str, name: str) -> None:
    assert month_name(month_of(datetime.fromisoformat(moment).timestamp())) == name
