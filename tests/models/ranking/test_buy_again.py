"""Buy again: habits and rhythm decide, sums are those of a batch, and nothing hostile moves it out of its bounds."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pytest

from models.ranking import buy_again
from models.ranking.buy_again import MAX_BASKET_ITEMS, BuyAgain, empty_model, model_of, reason_of
from models.ranking.repurchase import BOUGHT_AGAIN, GAP_DAYS, GAPS_COUNTED, TIMES_OFFERED, TIMES_TAKEN
from models.visitor.order_history import History, ItemPurchases, buy
from tests.models.checks import CHECKS, Case

DAY_S = 86_400.0
START_S = 1_700_000_000.0


class Order(NamedTuple):
    visitor_id: str
    order_id: str
    items: dict[str, str]
    at_s: float


def orders(count: int, seed: int, visitors: int = 12) -> list[Order]:
    """Households with a staple of their own, bought every other time, a weekly paper for all, and chance."""
    random = Random(seed)
    made = []
    for number in range(count):
        visitor = random.randrange(visitors)
        items = {f"chance {random.randrange(300)}": "Chance"}
        if random.random() < 0.5:
            items[f"staple {visitor}"] = "Staples"
        if random.random() < 0.3:
            items["paper"] = ""
        made.append(Order(f"v{visitor}", f"o{number}", items, START_S + number * 7_200.0))
    return made


def learn(model: BuyAgain, some: Sequence[Order]) -> None:
    for basket in some:
        model.learn_one(*basket)


def answers(model: BuyAgain) -> Any:
    return [model.due_items(f"v{number}", START_S + 90 * DAY_S) for number in range(12)]


def many() -> list[Order]:
    return [Order(f"v{n % 40}", f"o{n}", {f"i{n * 3 + k}": f"c{n}" for k in range(3)}, n * 600.0) for n in range(5_000)]


CASE = Case[BuyAgain](
    name="buy again",
    new=lambda: BuyAgain(max_items=5_000),
    learn=learn,
    answers=answers,
    reloaded=lambda model: BuyAgain.load(model.save()),
    state=BuyAgain.save,
    size=lambda model: max(len(model.model.names), len(model.model.repeats.seen_s), len(model.model.number_of)),
    most=5_000,
    events=orders(500, seed=1),
    many=many(),
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_check(check: object) -> None:
    check(CASE)  # type: ignore[operator]


def test_what_a_visitor_buys_by_habit_comes_first() -> None:
    model = BuyAgain()
    learn(model, orders(1_000, seed=2))
    for number in range(12):
        listed = model.due_items(f"v{number}", START_S + 1_000 * 7_200.0)
        assert {listed[0].item_id, listed[1].item_id} == {f"staple {number}", "paper"}
        assert listed[0].reason.startswith("you bought it")


def test_a_visitor_without_orders_gets_none() -> None:
    model = BuyAgain()
    learn(model, orders(100, seed=3))
    assert model.due_items("stranger", START_S) == []
    assert empty_model().due_items(History(), START_S) == []


def test_before_any_learning_the_more_often_bought_comes_first() -> None:
    history = History()
    for number, items in enumerate((["a"], ["a", "b"], ["a", "b"], ["c"])):
        buy(history, f"o{number}", items, number * DAY_S)
    assert [item.item_id for item in empty_model().due_items(history, 60 * DAY_S)] == ["a", "b", "c"]
    assert [item.item_id for item in empty_model().due_items(history, 60 * DAY_S, exclude={"a"}, n=1)] == ["b"]


def test_sums_are_those_of_a_batch() -> None:
    """How often each item was offered to those who had it, taken again, and after how many days."""
    some = orders(800, seed=4)
    model = BuyAgain()
    learn(model, some)
    model.learn_one("last", "last", {"last": ""}, START_S + 1e7)  # closes what is open
    bought, offered, again = Counter[str](), Counter[str](), Counter[str]()
    days: dict[str, list[float]] = {}
    had: dict[str, dict[str, float]] = {}
    for order in some:
        mine = had.setdefault(order.visitor_id, {})
        for item, last_s in mine.items():
            offered[item] += 1
            if item in order.items:
                again[item] += 1
                days.setdefault(item, []).append((order.at_s - last_s) / DAY_S)
        for item in order.items:
            bought[item] += 1
            mine[item] = order.at_s
    for item, count in bought.items():
        row = model.model.repeats.item[model.model.number_of[item]]
        assert (row[TIMES_TAKEN], row[TIMES_OFFERED], row[BOUGHT_AGAIN]) == (count, offered[item], again[item])
        assert row[GAPS_COUNTED] == len(days.get(item, []))
        assert row[GAP_DAYS] == pytest.approx(sum(days.get(item, [])), rel=1e-4, abs=1e-4)
    staples = model.model.repeats.category[list(model._categories).index("Staples")]
    assert staples[TIMES_OFFERED] == sum(count for item, count in offered.items() if item.startswith("staple"))


def test_lines_told_one_by_one_teach_what_the_whole_order_teaches() -> None:
    whole, lines = BuyAgain(), BuyAgain()
    for order in orders(200, seed=5):
        whole.learn_one(*order)
        for item, category in order.items.items():
            lines.learn_one(order.visitor_id, order.order_id, {item: category}, order.at_s)
    assert lines.save() == whole.save()


def test_an_order_is_learned_when_it_is_over() -> None:
    model = BuyAgain()
    model.learn_one("v", "o1", {"milk": ""}, START_S)
    assert (model.history("v").orders_seen, len(model.model.names)) == (0, 0)
    model.learn_one("w", "o2", {"salt": ""}, START_S + buy_again.ORDER_OPEN_S + 1)
    assert model.history("v").orders_seen == 1
    model.learn_one("v", "o1", {"bread": ""}, START_S)  # a line that comes too late to teach
    assert {purchases.item_id for purchases in model.history("v").item_purchases} == {"milk", "bread"}
    assert model.model.names == ["milk"]


def test_what_was_taken_back_is_no_habit() -> None:
    model = BuyAgain()
    for number in range(4):
        model.learn_one("v", f"o{number}", {"milk": "", "sofa": ""}, START_S + number * 7 * DAY_S)
    model.take_back("v", "o3", {"sofa"})  # still open
    model.take_back("v", "o1", {"sofa"})
    model.take_back("v", "o2")
    model.take_back("nobody", "o2")
    counts = {
        item.item_id: item.purchases.count for item in model.due_items("v", START_S + 90 * DAY_S) if item.purchases
    }
    assert counts == {"milk": 3, "sofa": 1}
    model.take_back("v", "o3")
    assert {purchases.count for purchases in model.history("v").item_purchases} == {2, 1}
    model.forget("v")
    assert model.due_items("v", START_S) == []


def test_an_item_bought_once_waits_unless_people_buy_it_again() -> None:
    model = BuyAgain()
    for number in range(40):
        for again in range(8):
            at_s = START_S + again * 7 * DAY_S + number
            model.learn_one(f"v{number}", f"o{number}-{again}", {"milk": "", f"sofa {again}": ""}, at_s)
    model.learn_one("new", "o", {"milk": "", "sofa 1": ""}, START_S + 60 * DAY_S)

    def own(at_s: float) -> set[str]:
        return {item.item_id for item in model.due_items("new", at_s, n=200) if item.purchases is not None}

    assert own(START_S + 61 * DAY_S) == {"milk"}
    assert own(START_S + 91 * DAY_S) == {"milk", "sofa 1"}


def test_visitors_are_bounded_and_whoever_stays_was_followed_from_the_start() -> None:
    model = BuyAgain(max_visitors=100)
    for week in range(3):
        for number in range(1_000):
            at_s = START_S + (week * 1_000 + number) * 600.0
            model.learn_one(f"v{number}", f"o{week}-{number}", {"milk": ""}, at_s)
            assert len(model._visitors) <= 100
            assert len(model._open) <= 100
    assert len(model._visitors) > 30
    assert {model.history(visitor).orders_seen for visitor in model._visitors if visitor not in model._open} == {3}
    # Those long gone make room before any of the sample do.
    level = model.level
    for number in range(100):
        at_s = START_S + 500 * DAY_S + number * 3_600
        name = next(f"w{number}-{k}" for k in range(10_000) if model._sampled(f"w{number}-{k}"))
        model.learn_one(name, "o", {"milk": ""}, at_s)
    assert model.level == level


def test_categories_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buy_again, "MAX_CATEGORIES", 50)
    model = BuyAgain(max_items=5_000)
    learn(model, many()[:1_000])
    assert len(model._categories) == 50
    assert model.model.repeats.category_of.max() == 49


HOSTILE: dict[str, list[Order]] = {
    "one visitor, ten thousand orders": [
        Order("v0", f"o{n}", {"milk": "Dairy", f"i{n % 150}": ""}, START_S + n) for n in range(10_000)
    ],
    "items that appear once": [
        Order(f"v{n % 5}", f"o{n}", {f"i{n}": f"c{n}"}, START_S + n * 3_600) for n in range(6_000)
    ],
    "clocks that run backwards": [
        Order(f"v{n % 3}", f"o{n}", {"a": "x", "b": ""}, START_S - n * DAY_S) for n in range(900)
    ],
    "one moment": [Order("v1", f"o{n}", {"a": "x", f"b{n % 9}": ""}, START_S) for n in range(900)],
    "the first second and the far future": [Order("v2", f"o{n}", {"a": ""}, (n % 2) * 4e9) for n in range(900)],
    "an order without end": [Order("v3", "o", {f"i{n}": ""}, START_S) for n in range(3_000)],
    "no order ids": [Order("v4", "", {"a": "", "b": ""}, START_S + n) for n in range(900)],
}


@pytest.mark.parametrize("stream", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_stream_leaves_bounded_finite_sums_and_an_answer(stream: list[Order]) -> None:
    model = BuyAgain(max_items=5_000)
    learn(model, stream)
    learn(model, orders(60, seed=6))
    assert len(model.model.names) <= 5_000
    assert all(len(stored) < 6_000 for stored in model._visitors.values())
    assert all(len(basket.items) <= MAX_BASKET_ITEMS for basket in model._open.values())
    for array in (*model.model.repeats, *model.model.ranker):
        assert np.isfinite(array).all()
    for number in range(5):
        for at_s in (0.0, START_S, 1e10):
            listed = model.due_items(f"v{number}", at_s)
            assert all(np.isfinite(candidate.score) for candidate in listed)
            assert len({item.item_id for item in listed}) == len(listed) <= 20
    assert model.due_items(stream[0].visitor_id, 5e9)


def test_a_model_is_read_as_it_was_frozen_and_learns_no_more() -> None:
    model = BuyAgain()
    learn(model, orders(300, seed=7))
    frozen = model.frozen()
    history = model.history("v1")
    listed = frozen.due_items(history, START_S + 30 * DAY_S)
    assert model_of(frozen.stored()).due_items(history, START_S + 30 * DAY_S) == listed
    assert model.model.due_items(history, START_S + 30 * DAY_S) == listed
    learn(model, [order._replace(order_id=f"more {order.order_id}") for order in orders(300, seed=8)])
    assert frozen.due_items(history, START_S + 30 * DAY_S) == listed


def test_a_feature_left_out_is_not_asked() -> None:
    some = orders(400, seed=9)
    whole, without = BuyAgain(), BuyAgain(without=range(22))
    learn(whole, some)
    learn(without, some)
    assert whole.due_items("v1", START_S + 40 * DAY_S)[0].score != 0.0
    assert {candidate.score for candidate in without.due_items("v1", START_S + 40 * DAY_S)} == {0.0}


def test_reasons_are_true() -> None:
    assert reason_of(ItemPurchases("a", 1, 0, 0, [])) == "you bought it once"
    assert reason_of(ItemPurchases("a", 2, 0, int(1.2 * DAY_S), [])) == "you bought it 2 times, about every day"
    assert reason_of(ItemPurchases("a", 5, 0, int(56 * DAY_S), [])) == "you bought it 5 times, about every 14 days"
    assert reason_of(ItemPurchases("a", 3, 0, 60, [])) == "you bought it 3 times"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_items": 100}, "max_items must be at least 5000, got 100"),
        ({"max_visitors": 0}, "max_visitors must be at least 1, got 0"),
        ({"rate": 0.0}, "rate must be above 0, got 0.0"),
    ],
)
def test_what_cannot_work_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BuyAgain(**arguments)


@pytest.mark.parametrize("at_s", [float("nan"), float("inf"), 1e300])
def test_a_time_that_is_none_is_refused(at_s: float) -> None:
    with pytest.raises(ValueError, match="at_s must be epoch seconds"):
        BuyAgain().learn_one("v", "o", {"a": ""}, at_s)


def test_another_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    saved = BuyAgain().save()
    monkeypatch.setattr(buy_again, "_FORMAT", 99)
    with pytest.raises(ValueError, match="saved buy again has format 1, this version reads 99"):
        BuyAgain.load(saved)
