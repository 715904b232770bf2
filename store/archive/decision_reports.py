"""Decision reports: what slots, lists, the holdout and experiments bring."""

from collections.abc import Sequence
from typing import Any

from store.archive import report_queries
from store.archive.other_currencies import GROUP_OTHERS, NONE_OTHER, ByCurrency, by_key, with_others
from store.archive.report_source import MadeTable, ReportSource, share_of


def slot_figures(source: ReportSource) -> MadeTable:
    """Impressions and clicks of each placement, personalized against the holdout."""
    return _against_holdout(source.select(report_queries.SLOTS_QUERY), "placement")


def strategy_figures(source: ReportSource) -> MadeTable:
    """Impressions and clicks of each strategy's lists, personalized against the holdout."""
    return _against_holdout(source.select(report_queries.STRATEGIES_QUERY), "strategy")


def _against_holdout(found: Sequence[tuple[Any, ...]], column: str) -> MadeTable:
    """`lift` is the click rate over the holdout's, less 1; None where the holdout has no click to compare with."""
    held_out = {name: share_of(clicks, seen) for name, holdout, seen, clicks in found if holdout}
    rows: list[tuple[Any, ...]] = []
    for name, holdout, seen, clicks in found:
        rate, base = share_of(clicks, seen), held_out.get(name)
        lift = rate / base - 1 if rate is not None and base and not holdout else None
        rows.append((name, "holdout" if holdout else "personalized", seen, clicks, rate, lift))
    return (column, "group", "impressions", "clicks", "click_rate", "lift"), rows


def holdout_lift(source: ReportSource) -> MadeTable:
    """Orders and revenue a visitor, personalized against the holdout."""
    found = source.select(report_queries.GROUPS_QUERY)
    base = next((share_of(row[4], row[1]) for row in found if row[0]), None)
    rows: list[tuple[Any, ...]] = []
    for holdout, visitors, orders, buyers, revenue in found:
        mean = revenue / visitors
        lift = mean / base - 1 if base and not holdout else None
        rows.append(
            ("holdout" if holdout else "personalized", visitors, buyers, buyers / visitors, orders, revenue, mean, lift)
        )
    columns = ("group", "visitors", "buyers", "conversion", "orders", "revenue", "revenue_per_visitor", "lift")
    known = by_key(source.select(GROUP_OTHERS))
    return with_others((columns, rows), [known.get(row[0], NONE_OTHER) for row in found])


def experiment_figures(source: ReportSource) -> MadeTable:
    """Each experiment's variants by each metric, compared with the first variant; always-valid intervals."""
    rows: list[tuple[Any, ...]] = []
    others: list[ByCurrency] = []
    for judged in source.judged():
        groups = {group.variant_id: group for group in judged.results.groups}
        for result in judged.results.results:
            sums = groups[result.variant_id].sums(result.metric)
            is_money = result.metric == "revenue_per_visitor"
            others.append(judged.others.get(result.variant_id, NONE_OTHER) if is_money else NONE_OTHER)
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
    named = ("experiment", "variant", "metric", "decides", "visitors", "sum", "per", "value")
    compared = [f"{name}{end}" for name in ("difference", "lift") for end in ("", "_low", "_high")]
    columns = (*named, *compared, "p_value", "sample_ratio_p_value", "verdict", "reasons")
    return with_others((columns, rows), others)
