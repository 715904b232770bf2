"""Cohorts: buyers by the month of their first order, what part of them comes back, and what they spend over time."""

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple


class CohortOrder(NamedTuple):
    """One order: when (epoch seconds) and what it brought, one in another currency than the report's in that alone."""

    visitor_id: str
    at_s: float
    revenue: float
    other_currency: str = ""
    other_revenue: float = 0.0


class CohortCell(NamedTuple):
    """A cohort in one month of its life: 0 is the month of the first order.

    `buyers` belong to the cohort, `active` of them ordered in this month, `orders` times for `revenue`;
    `cumulative_revenue` is all since the first order; `others` is what they brought in other currencies.
    """

    cohort: str
    month: int
    buyers: int
    active: int
    orders: int
    revenue: float
    cumulative_revenue: float
    others: tuple[tuple[str, float], ...] = ()

    @property
    def retention(self) -> float:
        """Share of the cohort that ordered in this month, 0 to 1."""
        return self.active / self.buyers

    @property
    def lifetime_value(self) -> float:
        """Revenue a buyer of the cohort has brought so far, on average."""
        return self.cumulative_revenue / self.buyers


def month_of(at_s: float, zone: tzinfo = UTC) -> int:
    """Number the month, in a time zone, of a moment, from January of year 0.

    >>> month_of(1_700_000_000.0) == 2023 * 12 + 10
    True
    """
    moment = datetime.fromtimestamp(at_s, zone)
    return moment.year * 12 + moment.month - 1


def month_name(month: int) -> str:
    """Give a numbered month as `2023-11`."""
    return f"{month // 12:04}-{month % 12 + 1:02}"


def cohorts(orders: Iterable[CohortOrder], zone: tzinfo = UTC) -> list[CohortCell]:
    """Give every cohort in every month, of a time zone, up to that of the latest order, oldest first."""
    by_visitor: dict[str, list[CohortOrder]] = {}
    for order in orders:
        by_visitor.setdefault(order.visitor_id, []).append(order)
    if not by_visitor:
        return []
    joined: dict[int, list[str]] = {}
    for visitor_id, theirs in by_visitor.items():
        joined.setdefault(month_of(min(order.at_s for order in theirs), zone), []).append(visitor_id)
    latest = max(month_of(order.at_s, zone) for theirs in by_visitor.values() for order in theirs)
    cells: list[CohortCell] = []
    for cohort, members in sorted(joined.items()):
        active: dict[int, set[str]] = {}
        counts: dict[int, int] = {}
        revenue: dict[int, float] = {}
        others: dict[int, dict[str, float]] = {}
        for visitor_id in members:
            for order in by_visitor[visitor_id]:
                month = month_of(order.at_s, zone) - cohort
                active.setdefault(month, set()).add(visitor_id)
                counts[month] = counts.get(month, 0) + 1
                revenue[month] = revenue.get(month, 0.0) + order.revenue
                if order.other_currency:
                    sums = others.setdefault(month, {})
                    sums[order.other_currency] = sums.get(order.other_currency, 0.0) + order.other_revenue
        total = 0.0
        for month in range(latest - cohort + 1):
            total += revenue.get(month, 0.0)
            cells.append(
                CohortCell(
                    cohort=month_name(cohort),
                    month=month,
                    buyers=len(members),
                    active=len(active.get(month, ())),
                    orders=counts.get(month, 0),
                    revenue=revenue.get(month, 0.0),
                    cumulative_revenue=total,
                    others=tuple(sorted(others.get(month, {}).items())),
                )
            )
    return cells
