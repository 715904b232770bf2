"""Value tiers: buyers by recency, frequency and money (RFM), under the names shops know from Shopify."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, NamedTuple

TIERS: Final = (
    "champions",
    "loyal",
    "active",
    "new",
    "promising",
    "needs_attention",
    "at_risk",
    "previously_loyal",
    "almost_lost",
    "dormant",
)
"""From the most valuable on; every buyer is in one."""


class Buyer(NamedTuple):
    """One visitor's orders: `last_at_s` in epoch seconds."""

    visitor_id: str
    last_at_s: float
    orders: int
    revenue: float


def scores(values: Sequence[float]) -> list[int]:
    """Give each value's fifth, 1 to 5, by the share of values below it; equal values get equal scores.

    >>> scores([10, 20, 30, 40, 50]), scores([1, 1, 1, 9]), scores([])
    ([1, 2, 3, 4, 5], [1, 1, 1, 4], [])
    """
    ordered = sorted(values)
    return [1 + 5 * bisect_left(ordered, value) // len(ordered) for value in values]


def tier_of(recency: int, frequency: int, money: int, orders: int) -> str:
    """Give the tier of three scores, 1 to 5 each; `orders` tells a new buyer from one who came back.

    >>> tier_of(5, 5, 5, orders=9), tier_of(5, 1, 1, orders=1), tier_of(1, 5, 5, orders=9)
    ('champions', 'new', 'previously_loyal')
    """
    value = (frequency + money) / 2
    if recency >= 4:
        if value >= 4:
            return "champions"
        if value >= 3:
            return "loyal"
        return "new" if orders == 1 else "active"
    if recency == 3:
        if value >= 4:
            return "loyal"
        return "needs_attention" if value >= 2.5 else "promising"
    if value >= 4:
        return "at_risk" if recency == 2 else "previously_loyal"
    return "almost_lost" if value >= 2.5 else "dormant"


def tiers(buyers: Sequence[Buyer]) -> list[str]:
    """Give each buyer's tier, by scores among all of them."""
    recency = scores([one.last_at_s for one in buyers])
    frequency = scores([one.orders for one in buyers])
    money = scores([one.revenue for one in buyers])
    return [
        tier_of(*three, orders=one.orders)
        for three, one in zip(zip(recency, frequency, money, strict=True), buyers, strict=True)
    ]
