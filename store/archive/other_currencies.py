"""Other currencies: what reports have of amounts that are worth nothing known in the currency they reckon in.

They are never added to the others: where there are any, a report has columns more, with a sum by currency in each row.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final

from store.archive.report_queries import CARTS, GROUP_MEMBERS, SEGMENT_MEMBERS
from store.archive.report_source import MadeTable

OTHER_CURRENCIES: Final = "other_currencies"
"""The column of the revenue of orders in other currencies; other columns are named for what they are sums of."""

ByCurrency = Mapping[str, float]
NONE_OTHER: Final[ByCurrency] = {}

_ORDERS: Final = "FROM orders WHERE other_currency <> '' AND at_s >= $from_s GROUP BY ALL"
VISITOR_OTHERS: Final = f"SELECT visitor_id, other_currency, sum(other_revenue) {_ORDERS}"
CHANNEL_OTHERS: Final = """
SELECT
    coalesce(visits.channel, 'off_site') AS channel, coalesce(visits.campaign, '') AS campaign,
    other_currency, sum(other_revenue)
FROM orders LEFT JOIN visits USING (visitor_id, named_session, visit_number)
WHERE other_currency <> '' AND orders.at_s >= $from_s
GROUP BY ALL
"""
COST_OTHERS: Final = """
SELECT channel, campaign, other, sum(cost)
FROM happened JOIN reckoned USING (currency)
WHERE event = 'campaign_cost' AND other <> '' AND at_s >= $from_s
GROUP BY ALL
"""
CART_OTHERS: Final = f"""
{CARTS}
SELECT channel, bought, other_currency, sum(value)
FROM carts JOIN other_carts USING (visitor_id, named_session, visit_number)
GROUP BY ALL
"""  # noqa: S608

SEGMENT_OTHERS: Final = f"""
{SEGMENT_MEMBERS}
SELECT segment, other_currency, sum(other_revenue)
FROM latest JOIN orders USING (visitor_id)
WHERE latest.event = 'segment_entered' AND other_currency <> '' AND orders.at_s >= $from_s
GROUP BY ALL
"""  # noqa: S608
GROUP_OTHERS: Final = f"""
{GROUP_MEMBERS}
SELECT holdout, other_currency, sum(other_revenue)
FROM visitors JOIN orders USING (visitor_id)
WHERE other_currency <> '' AND orders.at_s >= $from_s
GROUP BY ALL
"""  # noqa: S608


def by_key(rows: Iterable[Sequence[Any]]) -> dict[Hashable, dict[str, float]]:
    """Give sums by currency for each key of rows (key parts ..., currency, amount); a key of one part stands alone.

    >>> by_key([("a", "USD", 2.0), ("a", "JPY", 9.0), ("b", "USD", 1.0), ("a", "USD", 3.0)])
    {'a': {'USD': 5.0, 'JPY': 9.0}, 'b': {'USD': 1.0}}
    """
    found: dict[Hashable, dict[str, float]] = {}
    for *parts, currency, amount in rows:
        sums = found.setdefault(parts[0] if len(parts) == 1 else tuple(parts), {})
        sums[currency] = sums.get(currency, 0.0) + amount
    return found


def together(others: Iterable[ByCurrency]) -> dict[str, float]:
    """Add up sums, each currency for itself."""
    return by_key(("", currency, amount) for sums in others for currency, amount in sums.items()).get("", {})


def with_others(made: MadeTable, others: Sequence[ByCurrency], column: str = OTHER_CURRENCIES) -> MadeTable:
    """Add a column with each row's sums by currency to a table, codes in order; none where there are no others.

    >>> with_others((("channel",), [("email",), ("total",)]), [{}, {"USD": 1.0}])
    (('channel', 'other_currencies'), [('email', {}), ('total', {'USD': 1.0})])
    """
    columns, rows = made
    if not any(others):
        return made
    return (*columns, column), [(*row, dict(sorted(sums.items()))) for row, sums in zip(rows, others, strict=True)]
