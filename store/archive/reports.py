"""Reports: figures from the archive, by name: rows of plain values under named columns."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.base.durations import DAY_S
from models.base.errors import InvalidError, show_value
from models.events.sessions import SESSION_GAP_S
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
from models.reports.cohorts import CohortOrder, cohorts
from models.segments.lifecycle import STAGES
from models.segments.rfm import TIERS, Buyer, tiers
from store.archive import report_queries
from store.archive.archive import Archive
from store.archive.experiment_results import Asked, Judged, judge_by_archive
from store.archive.unarchived import NOTHING_UNARCHIVED, Unarchived

if TYPE_CHECKING:
    import duckdb

    from store.archive.tables import Reading

LOOKBACK_S: Final = 30 * DAY_S
"""A visit earlier than this before an order has no part in it."""
PATIENCE_S: Final = DAY_S
"""A cart whose visitor orders nothing for so long is abandoned."""
TOTAL: Final = "total"
_MAX_MADE: Final = 100
"""Reports kept while nothing in the archive changes."""
_JOIN: Final = "\x1f"
_EARLIEST_DAY: Final = date(2000, 1, 1)
_LATEST_DAY: Final = date(9000, 1, 1)


class Report(NamedTuple):
    """A table: amounts of money in the shop's currency, shares from 0 to 1, counts whole but where credit is shared."""

    name: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def records(self) -> list[dict[str, Any]]:
        """Give the rows by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class _Source:
    """What a report reads: prepared tables, and the days asked for."""

    def __init__(self, reading: "Reading", from_s: float, until_s: float, asked: Sequence[Asked] = ()) -> None:
        self._connection = reading.connection
        self._reading = reading
        self._asked = asked
        self._values = {
            "from_s": from_s,
            "until_s": until_s,
            "gap_s": SESSION_GAP_S,
            "lookback_s": LOOKBACK_S,
            "patience_s": PATIENCE_S,
        }
        if reading.prepared != until_s:
            for statement in report_queries.PREPARE:
                self._run(statement)
            reading.prepared = until_s

    def _run(self, statement: str) -> "duckdb.DuckDBPyConnection":
        values = {name: value for name, value in self._values.items() if f"${name}" in statement}
        return self._connection.execute(statement, values) if values else self._connection.execute(statement)

    def judged(self) -> list[Judged]:
        """Judge the experiments asked for."""
        return [
            judge_by_archive(self._reading, query, self._values["from_s"], self._values["until_s"])
            for query in self._asked
        ]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a query of `store.archive.report_queries`."""
        return self._run(statement).fetchall()


def make_report(
    archive: Archive,
    site: str,
    name: str,
    first_day: date | None = None,
    last_day: date | None = None,
    unarchived: Unarchived = NOTHING_UNARCHIVED,
    asked: Sequence[Asked] = (),
) -> Report:
    """Make a report.

    Parameters
    ----------
    archive, site
        Whose events.
    name
        One of `REPORTS`.
    first_day, last_day
        Days (UTC) it covers, both included; from the first to the last event by default.
    unarchived
        Events that are in the log and not in the archive yet.
    asked
        For `experiments`: which.

    Raises
    ------
    InvalidError
        For a name that is none, and for days in the wrong order.
    """
    make = REPORTS.get(name)
    if make is None:
        raise InvalidError("report_unknown", f"report must be one of {', '.join(REPORTS)}, got {show_value(name)}")
    from_s, until_s = _span(first_day, last_day)
    with archive.reading(site, unarchived) as reading:
        key = (name, from_s, until_s, repr(asked))
        if key not in reading.made:
            if len(reading.made) >= _MAX_MADE:
                reading.made.clear()
            columns, rows = make(_Source(reading, from_s, until_s, asked))
            reading.made[key] = Report(name, columns, [tuple(_rounded(value) for value in row) for row in rows])
        made: Report = reading.made[key]
        return made


def judge_experiment(
    archive: Archive,
    site: str,
    asked: Asked,
    first_day: date | None = None,
    last_day: date | None = None,
    unarchived: Unarchived = NOTHING_UNARCHIVED,
) -> Judged:
    """Judge one experiment; parameters and errors are those of `make_report`."""
    from_s, until_s = _span(first_day, last_day)
    with archive.reading(site, unarchived) as reading:
        (judged,) = _Source(reading, from_s, until_s, [asked]).judged()
    return judged


def _span(first_day: date | None, last_day: date | None) -> tuple[float, float]:
    """Give where the days begin and end, epoch seconds."""
    if first_day and last_day and first_day > last_day:
        raise InvalidError("days_invalid", f"from {first_day.isoformat()} is after to {last_day.isoformat()}")
    from_s = _midnight_s(max(first_day or _EARLIEST_DAY, _EARLIEST_DAY))
    return from_s, _midnight_s(min(last_day or _LATEST_DAY, _LATEST_DAY) + timedelta(days=1))


def parse_day(value: str | None, field: str) -> date | None:
    """Read a day such as 2026-01-31; None for None. Raises `InvalidError`."""
    if value is None:
        return None
    try:
        if len(value) != 10:
            raise ValueError
        return date.fromisoformat(value)
    except ValueError as error:
        raise InvalidError(
            "day_invalid", f"{field} must be a day such as 2026-01-31, got {show_value(value)}"
        ) from error


def _midnight_s(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


_Table = tuple[tuple[str, ...], list[tuple[Any, ...]]]


def _funnel(source: _Source) -> _Table:
    """Visits that reached each step, and orders."""
    (counts,) = source.rows(report_queries.FUNNEL_QUERY)
    rows: list[tuple[Any, ...]] = []
    steps = ("visits", "visits_with_product_view", "visits_with_cart", "visits_with_checkout", "visits_with_order")
    for place, (step, count) in enumerate(zip(steps, counts, strict=True)):
        before = counts[place - 1] if place else count
        rows.append((step, count, _share(count, counts[0]), _share(count, before)))
    return ("step", "visits", "share_of_visits", "share_of_step_before"), rows


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


def _channels(source: _Source) -> _Table:
    """The funnel by channel, with attribution and cost."""
    rows = [(key[0], *figures) for key, figures in _by_source(source, by_campaign=False)]
    return ("channel", *_CHANNEL_COLUMNS), rows


def _campaigns(source: _Source) -> _Table:
    """The funnel by channel and campaign, with attribution and cost."""
    rows = [(*key, *figures) for key, figures in _by_source(source, by_campaign=True)]
    return ("channel", "campaign", *_CHANNEL_COLUMNS), rows


def _by_source(source: _Source, *, by_campaign: bool) -> list[tuple[tuple[str, str], tuple[Any, ...]]]:
    """Give figures for each (channel, campaign), most visits first, and last of all the total."""
    figures: dict[tuple[str, str], list[float]] = {}

    def add(row: Sequence[Any], places: Sequence[int]) -> None:
        key = (row[0] or DIRECT, (row[1] or "") if by_campaign else "")
        kept = figures.setdefault(key, [0, 0, 0, 0, 0, 0.0, 0.0])
        for place, value in zip(places, row[2:], strict=True):
            kept[place] += value or 0

    for row in source.rows(report_queries.CHANNELS_QUERY):
        add(row, (0, 1, 2, 3))
    for row in source.rows(report_queries.CHANNEL_ORDERS_QUERY):
        add(row, (4, 5))
    for row in source.rows(report_queries.COSTS_QUERY):
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
    return [*rows, ((TOTAL, ""), _source_row(whole, sums))]


def _source_row(kept: Sequence[float], credited: Sequence[Credit]) -> tuple[Any, ...]:
    """`return_on_cost` is Markov revenue less cost, divided by cost; None where nothing was spent."""
    visits, orders, cost = kept[0], kept[4], kept[6]
    earned = (credited[2].revenue - cost) / cost if cost else None
    shares = [part for credit in credited for part in credit]
    return (*kept[:6], _share(orders, visits), cost, earned, *shares)


def _paths(source: _Source, *, by_campaign: bool) -> list[ConversionPath]:
    """The visits on the way to each order within the look-back, and visitors' ways that led to none."""
    touches: dict[str, list[tuple[float, str]]] = {}
    for visitor_id, started_at_s, channel, campaign in source.rows(report_queries.TOUCHES_QUERY):
        touch = _JOIN.join((channel, campaign if by_campaign else ""))
        touches.setdefault(visitor_id, []).append((started_at_s, touch))
    orders: dict[str, list[tuple[float, float]]] = {}
    for visitor_id, at_s, revenue in source.rows(report_queries.ORDERS_QUERY):
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


def _segments(source: _Source) -> _Table:
    """Value tiers by recency, frequency and money, and their shares of revenue."""
    buyers = [Buyer(*row) for row in source.rows(report_queries.BUYERS_QUERY)]
    members: dict[str, list[Buyer]] = {}
    tier: str
    for tier, buyer in zip(tiers(buyers), buyers, strict=True):
        members.setdefault(tier, []).append(buyer)
    revenue = sum(buyer.revenue for buyer in buyers)
    rows: list[tuple[Any, ...]] = []
    for tier, theirs in [*((tier, members[tier]) for tier in TIERS if tier in members), (TOTAL, buyers)]:
        brought, orders = sum(order.revenue for order in theirs), sum(order.orders for order in theirs)
        rows.append(
            (
                tier,
                len(theirs),
                _share(len(theirs), len(buyers)),
                orders,
                brought,
                _share(brought, revenue),
                _share(orders, len(theirs)),
                _share(brought, orders),
            )
        )
    columns = ("tier", "buyers", "share_of_buyers", "orders", "revenue", "share_of_revenue")
    return (*columns, "orders_per_buyer", "revenue_per_order"), rows


def _orders(source: _Source) -> list[CohortOrder]:
    return [CohortOrder(*row) for row in source.rows(report_queries.ORDERS_QUERY)]


def _cohorts(source: _Source) -> _Table:
    """What part of each month's new buyers orders again, month by month."""
    rows = [
        (cohort.cohort, cohort.month, cohort.buyers, cohort.active, cohort.retention)
        for cohort in cohorts(_orders(source))
    ]
    return ("cohort", "month", "buyers", "active", "retention"), list(rows)


def _lifetime_value(source: _Source) -> _Table:
    """What buyers have brought on average by each month of their life, by cohort and over all."""
    cells = cohorts(_orders(source))
    rows: list[tuple[Any, ...]] = [
        (cell.cohort, cell.month, cell.buyers, cell.orders, cell.revenue, cell.cumulative_revenue, cell.lifetime_value)
        for cell in cells
    ]
    if cells:
        buyers = sum(cell.buyers for cell in cells if cell.month == 0)
        orders, revenue = sum(cell.orders for cell in cells), sum(cell.revenue for cell in cells)
        rows.append((TOTAL, None, buyers, orders, revenue, revenue, revenue / buyers))
    return ("cohort", "month", "buyers", "orders", "revenue", "cumulative_revenue", "lifetime_value"), rows


def _carts(source: _Source) -> _Table:
    """Visits with a cart, and those after which nothing was ordered."""
    found = source.rows(report_queries.CARTS_QUERY)
    whole = (TOTAL, *(sum(row[place] for row in found) for place in range(1, 6)))
    columns = ("channel", "carts", "bought", "abandoned", "cart_value", "abandoned_value", "abandonment")
    return columns, [(*row, _share(row[3], row[1])) for row in (*found, whole)]


def _satisfaction(source: _Source) -> _Table:
    """NPS (promoters less detractors, -100 to 100), CSAT (share of 4 and 5) and reviews, by month."""
    found = source.rows(report_queries.SATISFACTION_QUERY)

    def mean(value: int, count: int) -> float | None:
        return _share(sum((row[value] or 0.0) * row[count] for row in found), sum(row[count] for row in found))

    def whole(place: int) -> int:
        return int(sum(row[place] for row in found))

    total = (TOTAL, *(whole(place) for place in range(1, 7)), mean(7, 5), whole(8), mean(9, 8))
    rows: list[tuple[Any, ...]] = []
    for row in (*found, total):
        nps = _share(100.0 * (row[2] - row[4]), row[1])
        rows.append((*row[:5], nps, row[5], row[6], _share(row[6], row[5]), *row[7:]))
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


def _slots(source: _Source) -> _Table:
    """Impressions and clicks of each placement, personalized against the holdout."""
    return _against_holdout(source.rows(report_queries.SLOTS_QUERY), "placement")


def _strategies(source: _Source) -> _Table:
    """Impressions and clicks of each strategy's lists, personalized against the holdout."""
    return _against_holdout(source.rows(report_queries.STRATEGIES_QUERY), "strategy")


def _against_holdout(found: Sequence[tuple[Any, ...]], column: str) -> _Table:
    """`lift` is the click rate over the holdout's, less 1; None where the holdout has no click to compare with."""
    held_out = {name: _share(clicks, seen) for name, holdout, seen, clicks in found if holdout}
    rows: list[tuple[Any, ...]] = []
    for name, holdout, seen, clicks in found:
        rate, base = _share(clicks, seen), held_out.get(name)
        lift = rate / base - 1 if rate is not None and base and not holdout else None
        rows.append((name, "holdout" if holdout else "personalized", seen, clicks, rate, lift))
    return (column, "group", "impressions", "clicks", "click_rate", "lift"), rows


def _holdout(source: _Source) -> _Table:
    """Orders and revenue a visitor, personalized against the holdout."""
    found = source.rows(report_queries.GROUPS_QUERY)
    base = next((_share(row[4], row[1]) for row in found if row[0]), None)
    rows: list[tuple[Any, ...]] = []
    for holdout, visitors, orders, buyers, revenue in found:
        mean = revenue / visitors
        lift = mean / base - 1 if base and not holdout else None
        rows.append(
            ("holdout" if holdout else "personalized", visitors, buyers, buyers / visitors, orders, revenue, mean, lift)
        )
    columns = ("group", "visitors", "buyers", "conversion", "orders", "revenue", "revenue_per_visitor", "lift")
    return columns, rows


def _segment_revenue(source: _Source) -> _Table:
    """What the shop's own segments bring: visitors in them at the end, and their orders; one may be in several."""
    ((visitors, buyers, orders, revenue),) = source.rows(report_queries.ALL_VISITORS)
    rows: list[tuple[Any, ...]] = []
    for name, *figures in (*source.rows(report_queries.SEGMENT_REVENUE), (TOTAL, visitors, buyers, orders, revenue)):
        count, own_buyers, own_orders, brought = figures
        shares = (_share(count, visitors), _share(brought, revenue))
        rows.append((name, count, shares[0], own_buyers, own_orders, brought, shares[1], _share(brought, count)))
    columns = ("segment", "visitors", "share_of_visitors", "buyers", "orders", "revenue", "share_of_revenue")
    return (*columns, "revenue_per_visitor"), rows


def _stages(source: _Source) -> _Table:
    """How many visitors stood in each stage of life at the end, and how many moves led in and out."""
    found = {row[0]: row[1:] for row in source.rows(report_queries.STAGES_QUERY)}
    whole = sum(row[0] for row in found.values())
    rows: list[tuple[Any, ...]] = []
    for stage in STAGES:
        visitors, entered, gone = found.get(stage, (0, 0, 0))
        rows.append((stage, visitors, _share(visitors, whole), entered, gone))
    return ("stage", "visitors", "share", "entered", "left"), [*rows, (TOTAL, whole, _share(whole, whole), None, None)]


def _stage_flows(source: _Source) -> _Table:
    """Moves between stages of life; `share` is of the moves out of the same stage."""
    found = source.rows(report_queries.STAGE_FLOWS_QUERY)
    out: dict[str, int] = {}
    for stage, _, moves, _ in found:
        out[stage] = out.get(stage, 0) + moves
    return ("from", "to", "moves", "visitors", "share"), [(*row, _share(row[2], out[row[0]])) for row in found]


def _experiments(source: _Source) -> _Table:
    """Each experiment's variants by each metric, compared with the first variant; always-valid intervals."""
    rows: list[tuple[Any, ...]] = []
    for judged in source.judged():
        groups = {group.variant_id: group for group in judged.results.groups}
        for result in judged.results.results:
            sums = groups[result.variant_id].sums(result.metric)
            found = result.comparison
            difference = found.difference if found else (None, None, None)
            lift = found.lift if found and found.lift else (None, None, None)
            rows.append(
                (
                    judged.asked.experiment_id,
                    result.variant_id,
                    result.metric,
                    result.metric == judged.asked.metric,
                    sums.visitors,
                    sums.above,
                    sums.below,
                    result.value,
                    *difference,
                    *lift,
                    found.p_value if found else None,
                    judged.results.sample_ratio.p_value,
                    result.verdict,
                    "; ".join(result.reasons),
                )
            )
    columns = ("experiment", "variant", "metric", "decides", "visitors", "sum", "per", "value")
    compared = [f"{name}{end}" for name in ("difference", "lift") for end in ("", "_low", "_high")]
    return (*columns, *compared, "p_value", "sample_ratio_p_value", "verdict", "reasons"), rows


REPORTS: Final[Mapping[str, Callable[[_Source], _Table]]] = {
    "funnel": _funnel,
    "channels": _channels,
    "campaigns": _campaigns,
    "segments": _segments,
    "segment-revenue": _segment_revenue,
    "stages": _stages,
    "stage-flows": _stage_flows,
    "cohorts": _cohorts,
    "lifetime-value": _lifetime_value,
    "carts": _carts,
    "satisfaction": _satisfaction,
    "slots": _slots,
    "strategies": _strategies,
    "holdout": _holdout,
    "experiments": _experiments,
}
"""Every report by name."""
