"""Repurchase: what a shop's orders say of buying again, item by item, and what that means for one visitor's history.

An item is offered by every order of a visitor who has bought it before, and taken again by those orders that hold it.
Items of few orders borrow from their category, categories from the shop.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.base.durations import DAY_S
from models.base.jit import fast_kernel

# Columns of `item` and, the first four, of `category`.
TIMES_OFFERED: Final = 0
BOUGHT_AGAIN: Final = 1
GAP_DAYS: Final = 2
GAPS_COUNTED: Final = 3
TIMES_TAKEN: Final = 4
BOUGHT_ALONE: Final = 5
"""Sum of 1 / items of the order: near `TIMES_TAKEN` for what is bought on its own."""
LATELY_BY_DAYS: Final = 6
LATELY_BY_WEEKS: Final = 7
LATELY_BY_MONTHS: Final = 8
HALF_LIVES_DAYS: Final = (3.0, 14.0, 60.0)
ITEM_COLUMNS: Final = LATELY_BY_DAYS + len(HALF_LIVES_DAYS)
CATEGORY_COLUMNS: Final = 4
ORDERS_LEARNED: Final = BOUGHT_ALONE + 1
"""Of `total` alone, which has the columns of an item up to `BOUGHT_ALONE`."""
TOTAL_COLUMNS: Final = ORDERS_LEARNED + 1

REPURCHASE_FEATURES: Final = (
    "not bought before",
    "count",
    "bought within 7 days",
    "bought within 30 days",
    "bought within 90 days",
    "age",
    "in the last order",
    "orders since",
    "age by interval",
    "overdue",
    "too early",
    "share of its category",
    "category's share",
    "category's age by interval",
    "category's age",
    "bought alone by the visitor",
    "taken again",
    "popularity",
    "trend of days",
    "trend of weeks",
    "bought alone by all",
    "category known",
)
# Columns of the features, by the order of their names.
NOT_BOUGHT: Final = 0
TIMES_BOUGHT: Final = 1
WITHIN_7_DAYS: Final = 2
WITHIN_30_DAYS: Final = 3
WITHIN_90_DAYS: Final = 4
AGE: Final = 5
IN_LAST_ORDER: Final = 6
ORDERS_SINCE: Final = 7
AGE_BY_GAP: Final = 8
OVERDUE: Final = 9
TOO_EARLY: Final = 10
CATEGORY_SHARE_OF_ITEM: Final = 11
CATEGORY_SHARE: Final = 12
CATEGORY_AGE_BY_GAP: Final = 13
CATEGORY_AGE: Final = 14
ALONE_BY_VISITOR: Final = 15
TAKEN_AGAIN: Final = 16
POPULARITY: Final = 17
TREND_OF_DAYS: Final = 18
TREND_OF_WEEKS: Final = 19
ALONE_BY_ALL: Final = 20
CATEGORY_KNOWN: Final = 21
REPURCHASE_QUERY_FEATURES: Final = 6
POPULAR: Final = 20
"""Items offered to every visitor besides what they bought themselves: the most bought lately."""
ITEM_PRIOR: Final = 10.0
"""Offers an item's own rate is mixed with, at its category's rate; likewise `CATEGORY_PRIOR` at the shop's."""
CATEGORY_PRIOR: Final = 20.0
ITEM_GAPS_PRIOR: Final = 3.0
CATEGORY_GAPS_PRIOR: Final = 5.0
USUAL_GAP_DAYS: Final = 30.0
_NEGLIGIBLE: Final = 1e-30


class Repeats(NamedTuple):
    """Sums by item `(items, ITEM_COLUMNS)` and category `(categories, CATEGORY_COLUMNS)`.

    `lately` columns stand as of `seen_s`, epoch seconds; `category_of` is -1 where it is not known; `total` sums like
    `item` up to `BOUGHT_ALONE`, behind those the orders learned; `popular` holds item numbers, -1 behind the last.
    """

    item: NDArray[np.float32]
    seen_s: NDArray[np.float64]
    category_of: NDArray[np.int64]
    category: NDArray[np.float32]
    total: NDArray[np.float64]
    popular: NDArray[np.int64]


class Candidates(NamedTuple):
    """A visitor's own items, then popular ones, side by side: how many `times` bought, 0 of the latter, and when.

    `orders` `(n, MAX_TIMES)` are places in the arrays of `OrderTimes`, -1 for none; `number` is -1 for an unknown item.
    """

    number: NDArray[np.int64]
    times: NDArray[np.float64]
    first_s: NDArray[np.float64]
    last_s: NDArray[np.float64]
    orders: NDArray[np.int64]


class OrderTimes(NamedTuple):
    """A visitor's orders: when (epoch seconds) and of how many items; those still known, and sums over all."""

    at_s: NDArray[np.float64]
    items: NDArray[np.float64]
    seen: float
    items_seen: float


def new_repeats(items: int, categories: int) -> Repeats:
    """Make what is known before any order: one offer in 200 is taken."""
    total = np.zeros(TOTAL_COLUMNS)
    total[TIMES_OFFERED], total[BOUGHT_AGAIN] = 100.0, 0.5
    return Repeats(
        item=np.zeros((items, ITEM_COLUMNS), np.float32),
        seen_s=np.zeros(items),
        category_of=np.full(items, -1, np.int64),
        category=np.zeros((categories, CATEGORY_COLUMNS), np.float32),
        total=total,
        popular=np.full(POPULAR, -1, np.int64),
    )


@fast_kernel
def learn_order(
    r: Repeats, taken: NDArray[np.int64], offered: NDArray[np.int64], gap_days: NDArray[np.float64], at_s: float
) -> None:
    """Learn an order of the items `taken` by a visitor who had bought the items `offered`.

    `gap_days` are days since each offered item was bought, -1 where it was not taken again; numbers below 0 are no
    items we know.
    """
    share = 1.0 / max(len(taken), 1)
    for place in range(len(offered)):
        item = offered[place]
        if item < 0:
            continue
        category = r.category_of[item]
        again = gap_days[place] >= 0
        r.total[TIMES_OFFERED] += 1
        r.item[item, TIMES_OFFERED] += 1
        if category >= 0:
            r.category[category, TIMES_OFFERED] += 1
        if again:
            r.total[BOUGHT_AGAIN] += 1
            r.item[item, BOUGHT_AGAIN] += 1
            r.item[item, GAP_DAYS] += gap_days[place]
            r.item[item, GAPS_COUNTED] += 1
            if category >= 0:
                r.category[category, BOUGHT_AGAIN] += 1
                r.category[category, GAP_DAYS] += gap_days[place]
                r.category[category, GAPS_COUNTED] += 1
    for item in taken:
        r.item[item, TIMES_TAKEN] += 1
        r.item[item, BOUGHT_ALONE] += share
        r.total[TIMES_TAKEN] += 1
        r.total[BOUGHT_ALONE] += share
        ahead = (at_s - r.seen_s[item]) / DAY_S
        for column, half_life in enumerate(HALF_LIVES_DAYS):
            weight = r.item[item, LATELY_BY_DAYS + column]
            if ahead >= 0:
                weight = weight * np.exp2(-ahead / half_life) + 1.0
            else:
                weight += np.exp2(ahead / half_life)
            r.item[item, LATELY_BY_DAYS + column] = weight if weight > _NEGLIGIBLE else 0.0
        r.seen_s[item] = max(r.seen_s[item], at_s)
    r.total[ORDERS_LEARNED] += 1


def refresh_popular(r: Repeats, count: int, at_s: float) -> None:
    """Name the most bought of the first `count` items as of `at_s` (epoch seconds), ties by number."""
    faded = np.exp2(np.minimum(r.seen_s[:count] - at_s, 0.0) / DAY_S / HALF_LIVES_DAYS[1])
    weight = r.item[:count, LATELY_BY_WEEKS] * faded
    order = np.argsort(-weight, kind="stable")[:POPULAR]
    r.popular[:] = -1
    r.popular[: len(order)] = order


@fast_kernel
def _rate_again(r: Repeats, item: int) -> float:
    """Chance, 0 to 1, that an order takes an item its visitor has bought before."""
    rate = float(r.total[BOUGHT_AGAIN] / r.total[TIMES_OFFERED])
    if item < 0:
        return rate
    category = r.category_of[item]
    if category >= 0:
        rate = (r.category[category, BOUGHT_AGAIN] + CATEGORY_PRIOR * rate) / (
            r.category[category, TIMES_OFFERED] + CATEGORY_PRIOR
        )
    return float((r.item[item, BOUGHT_AGAIN] + ITEM_PRIOR * rate) / (r.item[item, TIMES_OFFERED] + ITEM_PRIOR))


@fast_kernel
def _usual_gap_days(r: Repeats, item: int) -> float:
    """Days after which an item is usually bought again."""
    if item < 0:
        return USUAL_GAP_DAYS
    days, gaps = USUAL_GAP_DAYS * CATEGORY_GAPS_PRIOR, CATEGORY_GAPS_PRIOR
    category = r.category_of[item]
    if category >= 0:
        days += r.category[category, GAP_DAYS]
        gaps += r.category[category, GAPS_COUNTED]
    return float(
        (r.item[item, GAP_DAYS] + ITEM_GAPS_PRIOR * days / gaps) / (r.item[item, GAPS_COUNTED] + ITEM_GAPS_PRIOR)
    )


@fast_kernel
def rates_again(r: Repeats, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give the chance, 0 to 1, that an order takes each item again, shape `(len(numbers),)`."""
    rates = np.empty(len(numbers))
    for place, item in enumerate(numbers):
        rates[place] = _rate_again(r, item)
    return rates


@fast_kernel
def write_repurchase_query(orders: OrderTimes, at_s: float, query: NDArray[np.float32]) -> None:
    """Write what the moment says, shape `(QUERY_FEATURES,)`: size of the visitor's orders, how many, time of day."""
    since = max(at_s - orders.at_s.max(), 0.0) / DAY_S if len(orders.at_s) else 0.0
    turn = 2 * np.pi * (at_s % DAY_S) / DAY_S
    count = max(orders.seen, 1.0)
    query[0] = 1.0
    query[1] = np.log(max(orders.items_seen / count, 0.1)) - 1.8
    query[2] = np.log(count) / 3 - 1
    query[3] = np.sin(turn)
    query[4] = np.cos(turn)
    query[5] = np.log(since + 0.05) / 2


@fast_kernel
def write_repurchase_features(
    r: Repeats, c: Candidates, orders: OrderTimes, at_s: float, x: NDArray[np.float32]
) -> None:
    """Write the features of each candidate at `at_s` (epoch seconds), shape `(n, len(FEATURES))`."""
    visits = max(orders.seen, 1.0)
    alone = (r.total[BOUGHT_ALONE] + 1.0) / (r.total[TIMES_TAKEN] + 6.0)
    for row in range(len(c.number)):
        item = c.number[row]
        x[row] = 0.0
        rate = _rate_again(r, item)
        x[row, TAKEN_AGAIN] = np.log(rate / (1 - rate)) + 3
        category = -1
        by_all = alone
        if item >= 0:
            category = r.category_of[item]
            faded = max(at_s - r.seen_s[item], 0.0) / DAY_S
            days = r.item[item, LATELY_BY_DAYS] * np.exp2(-faded / HALF_LIVES_DAYS[0])
            weeks = r.item[item, LATELY_BY_WEEKS] * np.exp2(-faded / HALF_LIVES_DAYS[1])
            months = r.item[item, LATELY_BY_MONTHS] * np.exp2(-faded / HALF_LIVES_DAYS[2])
            x[row, POPULARITY] = np.log(1 + weeks) / 3
            x[row, TREND_OF_DAYS] = np.log((days / HALF_LIVES_DAYS[0] + 0.2) / (weeks / HALF_LIVES_DAYS[1] + 0.2))
            x[row, TREND_OF_WEEKS] = np.log((weeks / HALF_LIVES_DAYS[1] + 0.2) / (months / HALF_LIVES_DAYS[2] + 0.2))
            by_all = (r.item[item, BOUGHT_ALONE] + 5 * alone) / (r.item[item, TIMES_TAKEN] + 5)
        x[row, ALONE_BY_ALL] = np.log(by_all) + 2
        in_category = 0.0
        last, first = -np.inf, np.inf
        if category >= 0:
            x[row, CATEGORY_KNOWN] = 1.0
            for other in range(len(c.number)):
                if c.times[other] > 0 and c.number[other] >= 0 and r.category_of[c.number[other]] == category:
                    in_category += c.times[other]
                    last = max(last, c.last_s[other])
                    first = min(first, c.first_s[other])
        count = c.times[row]
        if count == 0:
            x[row, NOT_BOUGHT] = 1.0
            x[row, CATEGORY_SHARE] = np.log(in_category / visits + 0.02)
            continue
        if in_category == 0:
            in_category, last, first = count, c.last_s[row], c.first_s[row]
        age = max(at_s - c.last_s[row], 0.0) / DAY_S
        within_7, within_30, within_90, own_alone, known = 0.0, 0.0, 0.0, 0.0, 0.0
        for place in c.orders[row]:
            if place >= 0:
                days = max(at_s - orders.at_s[place], 0.0) / DAY_S
                within_7 += np.exp2(-days / 7)
                within_30 += np.exp2(-days / 30)
                within_90 += np.exp2(-days / 90)
                own_alone += 1.0 / max(orders.items[place], 1.0)
                known += 1
        gap = _usual_gap_days(r, item)
        usual = (max(c.last_s[row] - c.first_s[row], 0.0) / DAY_S + gap) / count
        ratio = np.log((age + 0.3) / (usual + 0.3))
        last_place = c.orders[row].max()
        since = len(orders.at_s) - last_place if last_place >= 0 else len(orders.at_s) + 1
        x[row, TIMES_BOUGHT] = np.log(count)
        x[row, WITHIN_7_DAYS] = np.log(within_7 + 0.05)
        x[row, WITHIN_30_DAYS] = np.log(within_30 + 0.05)
        x[row, WITHIN_90_DAYS] = np.log(within_90 + 0.05)
        x[row, AGE] = np.log(age + 0.2) / 2
        x[row, IN_LAST_ORDER] = 1.0 if since == 1 else 0.0
        x[row, ORDERS_SINCE] = np.log(since)
        x[row, AGE_BY_GAP] = ratio
        x[row, OVERDUE] = max(ratio, 0.0)
        x[row, TOO_EARLY] = min(ratio + 1, 0.0)
        x[row, CATEGORY_SHARE_OF_ITEM] = np.log(count / in_category)
        x[row, CATEGORY_SHARE] = np.log(in_category / visits + 0.02)
        category_age = max(at_s - last, 0.0) / DAY_S
        category_usual = (max(last - first, 0.0) / DAY_S + gap) / in_category
        x[row, CATEGORY_AGE_BY_GAP] = np.log((category_age + 0.3) / (category_usual + 0.3))
        x[row, CATEGORY_AGE] = (np.log(category_age + 0.2) - np.log(age + 0.2)) / 2
        x[row, ALONE_BY_VISITOR] = (
            np.log(own_alone / known) + 2 if known else np.log(visits / max(orders.items_seen, 1.0)) + 2
        )
