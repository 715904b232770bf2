"""Channel reports: where visits and orders come from, and what each source costs and brings."""

from collections.abc import Sequence
from typing import Any, Final

from models.reports.attribution import (
    DIRECT,
    NOTHING,
    ConversionPath,
    Credit,
    first_touch,
    last_touch,
    markov,
    without_direct,
)
from store.archive import report_queries
from store.archive.other_currencies import (
    CHANNEL_OTHERS,
    COST_OTHERS,
    NONE_OTHER,
    by_key,
    together,
    with_others,
)
from store.archive.report_source import LOOKBACK_S, MadeTable, ReportSource, share_of

TOTAL_ROW: Final = "total"
_JOIN: Final = "\x1f"


def funnel(source: ReportSource) -> MadeTable:
    """Visits that reached each step, and orders."""
    (counts,) = source.select(report_queries.FUNNEL_QUERY)
    rows: list[tuple[Any, ...]] = []
    steps = ("visits", "visits_with_product_view", "visits_with_cart", "visits_with_checkout", "visits_with_order")
    for place, (step, count) in enumerate(zip(steps, counts, strict=True)):
        before = counts[place - 1] if place else count
        rows.append((step, count, share_of(count, counts[0]), share_of(count, before)))
    return ("step", "visits", "share_of_visits", "share_of_step_before"), rows


def bots(source: ReportSource) -> MadeTable:
    """What bots did, by class: no other report counts it."""
    columns = ("class", "events", "visitors", "page_views", "product_views", "added_to_carts", "impressions")
    return columns, source.select(report_queries.BOTS_QUERY)


_CHANNEL_COLUMNS: Final = (
    "visits",
    "product_views",
    "carts",
    "checkouts",
    "orders",
    "revenue",
    "conversion",
    "cost",
    "return_on_cost",
    "first_touch_orders",
    "first_touch_revenue",
    "last_touch_orders",
    "last_touch_revenue",
    "markov_orders",
    "markov_revenue",
)


def channels(source: ReportSource) -> MadeTable:
    """The funnel by channel, with attribution and cost."""
    found = _by_source(source, by_campaign=False)
    made = ("channel", *_CHANNEL_COLUMNS), [(key[0], *figures) for key, figures in found]
    return _with_other_money(made, source, [key for key, _ in found], by_campaign=False)


def campaigns(source: ReportSource) -> MadeTable:
    """The funnel by channel and campaign, with attribution and cost."""
    found = _by_source(source, by_campaign=True)
    made = ("channel", "campaign", *_CHANNEL_COLUMNS), [(*key, *figures) for key, figures in found]
    return _with_other_money(made, source, [key for key, _ in found], by_campaign=True)


def _with_other_money(
    made: MadeTable, source: ReportSource, keys: Sequence[tuple[str, str]], *, by_campaign: bool
) -> MadeTable:
    """Add revenue and costs in other currencies; the last key is the total's."""
    for query, column in ((CHANNEL_OTHERS, "other_currencies"), (COST_OTHERS, "other_costs")):
        known = by_key(
            ((row[0] or DIRECT, (row[1] or "") if by_campaign else ""), *row[2:]) for row in source.select(query)
        )
        others = [known.get(key, NONE_OTHER) for key in keys[:-1]]
        made = with_others(made, [*others, together(known.values())], column)
    return made


def _by_source(source: ReportSource, *, by_campaign: bool) -> list[tuple[tuple[str, str], tuple[Any, ...]]]:
    """Give figures for each (channel, campaign), most visits first, and last of all the total."""
    figures: dict[tuple[str, str], list[float]] = {}

    def add(row: Sequence[Any], places: Sequence[int]) -> None:
        key = (row[0] or DIRECT, (row[1] or "") if by_campaign else "")
        kept = figures.setdefault(key, [0, 0, 0, 0, 0, 0.0, 0.0])
        for place, value in zip(places, row[2:], strict=True):
            kept[place] += value or 0

    for row in source.select(report_queries.CHANNELS_QUERY):
        add(row, (0, 1, 2, 3))
    for row in source.select(report_queries.CHANNEL_ORDERS_QUERY):
        add(row, (4, 5))
    for row in source.select(report_queries.COSTS_QUERY):
        add(row, (6,))
    paths = _paths(source, by_campaign=by_campaign)
    credited = [how(paths) for how in (first_touch, last_touch, markov)]
    for touches in credited:
        for touch in touches:
            channel, _, campaign = touch.partition(_JOIN)
            figures.setdefault((channel, campaign), [0, 0, 0, 0, 0, 0.0, 0.0])
    rows = [
        (key, _source_row(kept, [credit.get(_JOIN.join(key), NOTHING) for credit in credited]))
        for key, kept in sorted(figures.items(), key=lambda pair: (-pair[1][0], pair[0]))
    ]
    whole = [sum(kept[place] for kept in figures.values()) for place in range(7)]
    sums = [
        Credit(
            sum(credit.orders for credit in by_channel.values()), sum(credit.revenue for credit in by_channel.values())
        )
        for by_channel in credited
    ]
    return [*rows, ((TOTAL_ROW, ""), _source_row(whole, sums))]


def _source_row(kept: Sequence[float], credited: Sequence[Credit]) -> tuple[Any, ...]:
    """`return_on_cost` is Markov revenue less cost, divided by cost; None where nothing was spent."""
    visits, orders, cost = kept[0], kept[4], kept[6]
    earned = (credited[2].revenue - cost) / cost if cost else None
    shares = [part for credit in credited for part in credit]
    return (*kept[:6], share_of(orders, visits), cost, earned, *shares)


def _paths(source: ReportSource, *, by_campaign: bool) -> list[ConversionPath]:
    """The visits on the way to each order within the look-back, and visitors' ways that led to none."""
    touches: dict[str, list[tuple[float, str]]] = {}
    for visitor_id, started_at_s, channel, campaign in source.select(report_queries.TOUCHES_QUERY):
        touch = _JOIN.join((channel, campaign if by_campaign else ""))
        touches.setdefault(visitor_id, []).append((started_at_s, touch))
    orders: dict[str, list[tuple[float, float]]] = {}
    for visitor_id, at_s, revenue, *_ in source.select(report_queries.ORDERS_QUERY):
        orders.setdefault(visitor_id, []).append((at_s, revenue))
    direct = frozenset({_JOIN.join((DIRECT, ""))})
    paths: list[ConversionPath] = []
    for visitor_id, theirs in touches.items():
        latest_s = -1.0
        for at_s, revenue in orders.get(visitor_id, ()):
            way = [touch for started_at_s, touch in theirs if at_s - LOOKBACK_S <= started_at_s <= at_s]
            latest_s = at_s
            paths.append(ConversionPath(without_direct(way, direct), revenue))
        rest = [touch for started_at_s, touch in theirs if started_at_s > latest_s]
        if rest:
            paths.append(ConversionPath(without_direct(rest, direct), None))
    return paths
