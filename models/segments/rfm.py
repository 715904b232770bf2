"""Value tiers: buyers by recency, frequency and money (RFM), under the names shops know from Shopify.

It is one system: segments and reports have their tiers from here.
"""

from typing import Final, Literal, Protocol, get_args

import msgspec

from models.base.durations import DAY_S

ValueTier = Literal[
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
    "prospects",
]
TIERS: Final[tuple[ValueTier, ...]] = get_args(ValueTier)
"""From the most valuable on; every buyer is in one, and who has not ordered is a prospect."""


class Cutoffs(msgspec.Struct, frozen=True, kw_only=True):
    """Where a visitor's scores divide, each four numbers that rise.

    `recency_days`: days since the last order, below the first of which the score is 5, and from the last on 1;
    `frequency_orders` and `monetary_revenue` (in the shop's currency): from which on it is 2, 3, 4, 5.
    """

    recency_days: tuple[float, float, float, float] = (30.0, 90.0, 180.0, 365.0)
    frequency_orders: tuple[float, float, float, float] = (2.0, 3.0, 5.0, 10.0)
    monetary_revenue: tuple[float, float, float, float] = (50.0, 150.0, 500.0, 1_500.0)


class Buying(Protocol):
    """What the scores are made of: a visitor's orders, what they brought, and when the last was (epoch seconds)."""

    @property
    def orders(self) -> int:
        """How many."""

    @property
    def revenue(self) -> float:
        """In the shop's currency."""

    @property
    def last_at_s(self) -> float:
        """When the last was."""


def scores_of(order_value: Buying, cutoffs: Cutoffs, now_s: float) -> tuple[int, int, int]:
    """Give recency, frequency and monetary scores, 1 to 5 each; 0 without orders."""
    if not order_value.orders:
        return 0, 0, 0
    recency = 5 - sum(now_s >= order_value.last_at_s + days * DAY_S for days in cutoffs.recency_days)
    frequency = 1 + sum(order_value.orders >= least for least in cutoffs.frequency_orders)
    money = 1 + sum(order_value.revenue >= least for least in cutoffs.monetary_revenue)
    return recency, frequency, money


def tier_of(recency: int, frequency: int, money: int, orders: int) -> ValueTier:
    """Give the tier of three scores, 1 to 5 each; `orders` tells a new buyer from one who came back.

    >>> tier_of(5, 5, 5, orders=9), tier_of(5, 1, 1, orders=1), tier_of(1, 5, 5, orders=9), tier_of(0, 0, 0, orders=0)
    ('champions', 'new', 'previously_loyal', 'prospects')
    """
    if not orders:
        return "prospects"
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
