"""Buyer reports: who buys, how often, how much, who comes back, and who leaves a cart."""

from typing import Any, NamedTuple

from models.reports.cohorts import CohortOrder, cohorts
from models.segments.lifecycle import STAGES
from models.segments.rfm import TIERS, scores_of, tier_of
from store.archive import report_queries
from store.archive.channel_reports import TOTAL_ROW
from store.archive.other_currencies import (
    CART_OTHERS,
    NONE_OTHER,
    SEGMENT_OTHERS,
    VISITOR_OTHERS,
    ByCurrency,
    by_key,
    together,
    with_others,
)
from store.archive.report_source import MadeTable, ReportSource, share_of


class _Buyer(NamedTuple):
    """One visitor's orders up to the end, and those of the days asked for, `period_reckoned` of which are in the
    report's currency."""

    visitor_id: str
    last_at_s: float
    orders: int
    revenue: float
    period_orders: int
    period_revenue: float
    period_reckoned: int


def value_segments(source: ReportSource) -> MadeTable:
    """Value tiers at the end, as segments have them, and what the buyers of each brought in the days asked for."""
    buyers = [_Buyer(*row) for row in source.select(report_queries.BUYERS_QUERY)]
    members: dict[str, list[_Buyer]] = {}
    ends_at_s = source.find_end_s()
    for buyer in buyers:
        tier = tier_of(*scores_of(buyer, source.settings.cutoffs, ends_at_s), buyer.orders)
        members.setdefault(tier, []).append(buyer)
    revenue = sum(buyer.period_revenue for buyer in buyers)
    known = by_key(source.select(VISITOR_OTHERS))
    others: list[ByCurrency] = []
    rows: list[tuple[Any, ...]] = []
    named: str
    for named, theirs in [*((tier, members[tier]) for tier in TIERS if tier in members), (TOTAL_ROW, buyers)]:
        brought, orders = sum(buyer.period_revenue for buyer in theirs), sum(buyer.period_orders for buyer in theirs)
        others.append(together(known.get(buyer.visitor_id, NONE_OTHER) for buyer in theirs) if known else NONE_OTHER)
        rows.append(
            (
                named,
                len(theirs),
                share_of(len(theirs), len(buyers)),
                orders,
                brought,
                share_of(brought, revenue),
                share_of(orders, len(theirs)),
                share_of(brought, sum(buyer.period_reckoned for buyer in theirs)),
            )
        )
    columns = ("tier", "buyers", "share_of_buyers", "orders", "revenue", "share_of_revenue")
    return with_others(((*columns, "orders_per_buyer", "revenue_per_order"), rows), others)


def buyers_orders(source: ReportSource) -> list[CohortOrder]:
    """Every buyer's orders, whatever the days asked for: a cohort begins with the first."""
    return [CohortOrder(*row) for row in source.select(report_queries.ORDERS_QUERY)]


def buyer_cohorts(source: ReportSource) -> MadeTable:
    """What part of each month's new buyers orders again, month by month."""
    rows = [
        (cohort.cohort, cohort.month, cohort.buyers, cohort.active, cohort.retention)
        for cohort in cohorts(buyers_orders(source), source.settings.zone)
    ]
    return ("cohort", "month", "buyers", "active", "retention"), list(rows)


def lifetime_value(source: ReportSource) -> MadeTable:
    """What buyers have brought on average by each month of their life, by cohort and over all."""
    cells = cohorts(buyers_orders(source), source.settings.zone)
    rows: list[tuple[Any, ...]] = [
        (cell.cohort, cell.month, cell.buyers, cell.orders, cell.revenue, cell.cumulative_revenue, cell.lifetime_value)
        for cell in cells
    ]
    others = [dict(cell.others) for cell in cells]
    if cells:
        buyers = sum(cell.buyers for cell in cells if cell.month == 0)
        orders, revenue = sum(cell.orders for cell in cells), sum(cell.revenue for cell in cells)
        rows.append((TOTAL_ROW, None, buyers, orders, revenue, revenue, revenue / buyers))
        others.append(together(others))
    columns = ("cohort", "month", "buyers", "orders", "revenue", "cumulative_revenue", "lifetime_value")
    return with_others((columns, rows), others)


def abandoned_carts(source: ReportSource) -> MadeTable:
    """Visits with a cart, and those after which nothing was ordered."""
    found = source.select(report_queries.CARTS_QUERY)
    whole = (TOTAL_ROW, *(sum(row[place] for row in found) for place in range(1, 6)))
    columns = ("channel", "carts", "bought", "abandoned", "cart_value", "abandoned_value", "abandonment")
    made: MadeTable = columns, [(*row, share_of(row[3], row[1])) for row in (*found, whole)]
    known = source.select(CART_OTHERS)
    put_in = by_key((channel, currency, value) for channel, _, currency, value in known)
    left = by_key((channel, currency, value) for channel, bought, currency, value in known if not bought)
    for others, column in ((put_in, "other_cart_values"), (left, "other_abandoned_values")):
        of_rows = [others.get(row[0], NONE_OTHER) for row in found]
        made = with_others(made, [*of_rows, together(others.values())], column)
    return made


def satisfaction_by_channel(source: ReportSource) -> MadeTable:
    """NPS (promoters less detractors, -100 to 100), CSAT (share of 4 and 5) and reviews, by month."""
    months = source.months()
    found = source.select(
        report_queries.SATISFACTION_QUERY,
        months=[name for name, _ in months],
        begins=[begins_s for _, begins_s in months],
    )

    def mean(value: int, count: int) -> float | None:
        return share_of(sum((row[value] or 0.0) * row[count] for row in found), sum(row[count] for row in found))

    def whole(place: int) -> int:
        return int(sum(row[place] for row in found))

    total = (TOTAL_ROW, *(whole(place) for place in range(1, 7)), mean(7, 5), whole(8), mean(9, 8))
    rows: list[tuple[Any, ...]] = []
    for row in (*found, total):
        nps = share_of(100.0 * (row[2] - row[4]), row[1])
        rows.append((*row[:5], nps, row[5], row[6], share_of(row[6], row[5]), *row[7:]))
    columns = (
        "month",
        "nps_answers",
        "promoters",
        "passives",
        "detractors",
        "nps",
        "csat_answers",
        "satisfied",
        "csat",
    )
    return (*columns, "csat_mean", "reviews", "rating_mean"), rows


def segment_revenue(source: ReportSource) -> MadeTable:
    """What the shop's own segments bring: visitors in them at the end, and their orders; one may be in several."""
    ((visitors, buyers, orders, revenue),) = source.select(report_queries.ALL_VISITORS)
    rows: list[tuple[Any, ...]] = []
    known = by_key(source.select(SEGMENT_OTHERS))
    others: list[ByCurrency] = []
    for name, *figures in (
        *source.select(report_queries.SEGMENT_REVENUE),
        (TOTAL_ROW, visitors, buyers, orders, revenue),
    ):
        count, own_buyers, own_orders, brought = figures
        others.append(known.get(name, NONE_OTHER))
        shares = (share_of(count, visitors), share_of(brought, revenue))
        rows.append((name, count, shares[0], own_buyers, own_orders, brought, shares[1], share_of(brought, count)))
    columns = ("segment", "visitors", "share_of_visitors", "buyers", "orders", "revenue", "share_of_revenue")
    others[-1] = together(by_key(source.select(VISITOR_OTHERS)).values())
    return with_others(((*columns, "revenue_per_visitor"), rows), others)


def stages_at_end(source: ReportSource) -> MadeTable:
    """How many visitors stood in each stage of life at the end, and how many moves led in and out."""
    found = {row[0]: row[1:] for row in source.select(report_queries.STAGES_QUERY)}
    whole = sum(row[0] for row in found.values())
    rows: list[tuple[Any, ...]] = []
    for stage in STAGES:
        visitors, entered, gone = found.get(stage, (0, 0, 0))
        rows.append((stage, visitors, share_of(visitors, whole), entered, gone))
    return ("stage", "visitors", "share", "entered", "left"), [
        *rows,
        (TOTAL_ROW, whole, share_of(whole, whole), None, None),
    ]


def stage_flows(source: ReportSource) -> MadeTable:
    """Moves between stages of life; `share` is of the moves out of the same stage."""
    found = source.select(report_queries.STAGE_FLOWS_QUERY)
    out: dict[str, int] = {}
    for stage, _, moves, _ in found:
        out[stage] = out.get(stage, 0) + moves
    return ("from", "to", "moves", "visitors", "share"), [(*row, share_of(row[2], out[row[0]])) for row in found]
