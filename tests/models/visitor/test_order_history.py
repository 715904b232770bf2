"""Habits: counted once an order, whatever comes twice, late, in pieces or back; bounded by usefulness."""

from random import Random

import msgspec
import pytest

from models.visitor.order_history import (
    MAX_ITEM_PURCHASES,
    MAX_ORDERS,
    MAX_TIMES,
    History,
    ItemPurchases,
    buy,
    by_group,
    interval_s,
    lines,
    take_back,
)

DAY_S = 86_400.0


def weekly(weeks: int = 3) -> History:
    history = History()
    for week in range(weeks):
        buy(history, f"o{week}", ["milk", *(["salt"] if week == 0 else [])], week * 7 * DAY_S)
    return history


def counts(history: History) -> dict[str, int]:
    return {purchases.item_id: purchases.count for purchases in history.item_purchases}


def test_items_are_counted_once_an_order() -> None:
    history = weekly()
    buy(history, "o2", ["milk", "milk"], 15 * DAY_S)
    assert counts(history) == {"milk": 3, "salt": 1}
    assert (history.orders_seen, history.items_seen) == (3, 4)
    milk, salt = history.item_purchases
    assert milk == ItemPurchases("milk", 3, 0, int(14 * DAY_S), [0, 1, 2])
    assert interval_s(milk) == 7 * DAY_S
    assert interval_s(salt) is None
    assert [(line.order_id, line.item_id) for line in lines(history)] == [
        ("o0", "milk"), ("o0", "salt"), ("o1", "milk"), ("o2", "milk"),
    ]  # fmt: skip


def test_line_by_line_is_the_same_as_at_once() -> None:
    at_once, piecewise = History(), History()
    for number in range(12):
        items = [f"i{(number * step) % 9}" for step in (1, 2, 3)]
        buy(at_once, f"o{number}", items, number * DAY_S)
        for item in items:
            buy(piecewise, f"o{number}", [item], number * DAY_S + 5)
    assert counts(piecewise) == counts(at_once)
    assert [order.items for order in piecewise.orders] == [order.items for order in at_once.orders]


def test_an_order_taken_back_leaves_no_trace() -> None:
    without = weekly()
    history = weekly()
    buy(history, "mistake", ["milk", "sofa"], 20 * DAY_S)
    take_back(history, "mistake")
    assert history == without
    # From between other orders, too.
    history, between = History(), weekly()
    buy(history, "o0", ["milk", "salt"], 0.0)
    buy(history, "mistake", ["milk", "sofa"], DAY_S)
    buy(history, "o1", ["milk"], 7 * DAY_S)
    buy(history, "o2", ["milk"], 14 * DAY_S)
    take_back(history, "mistake")
    assert history == between


def test_items_named_are_taken_back_alone_and_an_unknown_order_is_passed_over() -> None:
    history = weekly()
    take_back(history, "o0", {"salt"})
    assert counts(history) == {"milk": 3}
    assert (history.orders[0].items, history.items_seen) == (1, 3)
    before = msgspec.msgpack.encode(history)
    take_back(history, "nobody's")
    take_back(history, "o0", {"never there"})
    assert msgspec.msgpack.encode(history) == before
    for week in range(3):
        take_back(history, f"o{week}", {"milk"})
    assert history == History()


def test_an_order_without_id_stands_alone_and_one_without_items_is_none() -> None:
    history = History()
    buy(history, "", ["milk"], 0.0)
    buy(history, "", ["milk"], 0.0)
    buy(history, "empty", [], 0.0)
    assert (counts(history), history.orders_seen) == ({"milk": 2}, 2)


def test_ten_thousand_orders_stay_small() -> None:
    random, history, largest = Random(1), History(), 0
    for number in range(10_000):
        buy(history, f"order-{number}", [f"item-{random.randrange(400)}", "milk"], random.uniform(0, 1e9))
        largest = max(largest, len(msgspec.msgpack.encode(history))) if number % 50 == 0 else largest
    assert len(history.item_purchases) == MAX_ITEM_PURCHASES
    assert len(history.orders) == MAX_ORDERS
    assert counts(history)["milk"] == 10_000
    assert all(len(purchases.orders) <= MAX_TIMES for purchases in history.item_purchases)
    assert largest < 6_000


def test_the_most_useful_items_are_kept() -> None:
    history = History()
    for number in range(8):
        buy(history, f"staple-{number}", ["milk"], number * DAY_S)
    for number in range(3 * MAX_ITEM_PURCHASES):
        buy(history, f"order-{number}", [f"item-{number}"], (10 + number) * DAY_S / 10)
    kept = counts(history)
    assert kept["milk"] == 8
    assert set(kept) - {"milk"} == {
        f"item-{number}" for number in range(2 * MAX_ITEM_PURCHASES + 1, 3 * MAX_ITEM_PURCHASES)
    }


@pytest.mark.parametrize("times", [(5.0, 3.0, 1.0), (1.0, 1.0, 1.0), (-5.0, 0.0, 4e9)])
def test_clocks_may_run_backwards(times: tuple[float, ...]) -> None:
    history = History()
    for number, at_s in enumerate(times):
        buy(history, f"o{number}", ["milk"], at_s)
    (milk,) = history.item_purchases
    assert (milk.first_at_s, milk.last_at_s) == (int(min(times)), int(max(times)))
    assert interval_s(milk) == pytest.approx((milk.last_at_s - milk.first_at_s) / 2)


def test_by_group_an_order_counts_once_and_the_rhythm_is_the_groups() -> None:
    history = History()
    for week, bought in enumerate((["milk-1l", "milk-2l"], ["milk-2l", "salt"], ["milk-1l"])):
        buy(history, f"o{week}", bought, week * 7 * DAY_S)
    groups = {"milk-1l": "milk", "milk-2l": "milk", "salt": "salt"}
    found = by_group(history, groups.__getitem__)
    assert found.item_purchases == [
        ItemPurchases("milk", 3, 0, int(14 * DAY_S), [0, 1, 2]),
        ItemPurchases("salt", 1, int(7 * DAY_S), int(7 * DAY_S), [1]),
    ]
    assert counts(history) == {"milk-1l": 2, "milk-2l": 2, "salt": 1}
