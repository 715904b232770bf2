"""Co-purchase: only pairs that chance does not explain, counted as a batch would count them."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from math import log
from random import Random

import pytest

from models.ranking.co_purchase import LEAST_ORDERS, LEAST_RATIO, CoPurchase
from tests.models.checks import CHECKS, Case

Order = tuple[tuple[int, ...], float]
DAY_S = 86_400.0
ITEMS = 30


def orders(count: int, seed: int, items: int = ITEMS) -> list[Order]:
    """Random orders; items 0 and 1 often go together, 2 and 3 avoid each other."""
    random = Random(seed)
    made = []
    for number in range(count):
        order = set(random.sample(range(4, items), random.randint(1, 4)))
        if random.random() < 0.3:
            order |= {0} | ({1} if random.random() < 0.7 else set())
        order |= {random.choice((2, 3))}
        made.append((tuple(sorted(order)), number * 3_600.0))
    return made


def learn(model: CoPurchase, some: Sequence[Order]) -> None:
    for items, at_s in some:
        model.learn_together(items, at_s)


def reloaded(model: CoPurchase) -> CoPurchase:
    loaded = CoPurchase(DAY_S, model.row_size)
    loaded.restore(model.stored())
    return loaded


CASE = Case[CoPurchase](
    name="copurchase",
    new=lambda: CoPurchase(DAY_S, row_size=8),
    learn=learn,
    answers=lambda model: [part.tolist() for part in model.table(ITEMS)],
    reloaded=reloaded,
    state=lambda model: repr((model.rows, model.counts, model.ordered, model.orders)).encode(),
    size=lambda model: max((len(row) for row in model.counts.values()), default=0),
    most=16,
    events=orders(400, seed=1),
    many=[((number % 500, number % 3 + 500), float(number)) for number in range(4_000)],
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_check(check: object) -> None:
    check(CASE)  # type: ignore[operator]


def batch_ratio(some: Sequence[Order], first: int, second: int) -> float:
    """G² from a plain two-by-two table, 2 Σ observed ln(observed / expected); 0 where the pair is met too seldom."""
    cells = Counter((first in items, second in items) for items, _ in some)
    total = sum(cells.values())
    ratio = 0.0
    for (item, other), observed in cells.items():
        expected = (
            sum(n for (a, _), n in cells.items() if a == item) * sum(n for (_, b), n in cells.items() if b == other)
        ) / total
        ratio += 2 * observed * log(observed / expected)
        if (item, other) == (True, True) and observed <= expected:
            return 0.0
    return ratio if (True, True) in cells else 0.0


@pytest.mark.parametrize("seed", range(3))
def test_the_figure_is_that_of_a_batch_in_any_order_of_arrival(seed: int) -> None:
    some = orders(600, seed)
    forth, back = CoPurchase(DAY_S), CoPurchase(DAY_S)
    learn(forth, some)
    learn(back, some[::-1])
    named = set()
    for first, second in combinations(range(ITEMS), 2):
        wanted = batch_ratio(some, first, second)
        assert forth.ratio(first, second) == pytest.approx(wanted, abs=1e-6)
        assert back.ratio(second, first) == pytest.approx(wanted, abs=1e-6)
        if wanted >= LEAST_RATIO and sum({first, second} <= set(items) for items, _ in some) >= LEAST_ORDERS:
            named |= {(first, second), (second, first)}
    for model in (forth, back):
        starts, others, _ = model.table(ITEMS)
        assert {(item, int(o)) for item in range(ITEMS) for o in others[starts[item] : starts[item + 1]]} == named
    assert (0, 1) in named
    assert (2, 3) not in named


def test_lines_told_one_by_one_count_as_one_order() -> None:
    at_once, piecewise = CoPurchase(DAY_S), CoPurchase(DAY_S)
    for items, at_s in orders(100, seed=4):
        at_once.learn_together(items, at_s)
        for place, item in enumerate(items):
            piecewise.learn_together([item], at_s, items[:place])
    assert (piecewise.orders, piecewise.ordered) == (at_once.orders, at_once.ordered)
    assert piecewise.counts == at_once.counts


def test_few_orders_and_orders_that_are_all_alike_prove_nothing() -> None:
    model = CoPurchase(DAY_S)
    learn(model, [((1, 2), 0.0)] * 40)
    assert model.table(3)[1].tolist() == []
    learn(model, [((3,), 0.0)])
    assert model.ratio(1, 2) < LEAST_RATIO
    learn(model, [((3,), 0.0)])
    assert model.ratio(1, 2) >= LEAST_RATIO


def test_one_order_of_two_rarities_names_no_pair() -> None:
    model = CoPurchase(DAY_S)
    learn(model, [((1, 2), 0.0)] + [((9,), 0.0)] * 500)
    assert model.ratio(1, 2) >= LEAST_RATIO
    assert model.table(10)[1].tolist() == []
    learn(model, [((1, 2), 0.0)])
    assert model.table(10)[1].tolist() == [2, 1]


def test_a_partner_everybody_has_is_not_named() -> None:
    """Bags are in nine orders of ten, with or without caviar: frequent together, but no more than chance has it."""
    model = CoPurchase(DAY_S)
    for number in range(1_000):
        items = [0] if number % 10 else []
        items += [1, 2] if number % 20 == 7 else []
        model.learn_together(items or [9], at_s=float(number))
    starts, others, _ = model.table(3)
    assert others[starts[1] : starts[2]].tolist() == [2]


def test_a_full_row_never_overstates() -> None:
    some = orders(2_000, seed=5, items=200)
    bounded, whole = CoPurchase(DAY_S, row_size=6), CoPurchase(DAY_S, row_size=500)
    learn(bounded, some)
    learn(whole, some)
    for item, row in bounded.counts.items():
        assert len(row) <= 12
        assert all(count <= whole.counts[item][other] for other, count in row.items())
    assert bounded.ratio(0, 1) == pytest.approx(whole.ratio(0, 1))


def test_fading_orders_the_list_but_not_the_gate() -> None:
    model = CoPurchase(half_life_s=DAY_S)
    learn(model, [((1, 2), 0.0)] * 20 + [((9,), 0.0)] * 60 + [((1, 3), 30 * DAY_S)] * 12)
    assert model.ratio(1, 2) > model.ratio(1, 3) >= LEAST_RATIO
    starts, others, _ = model.table(2)
    assert others[starts[1] : starts[2]].tolist() == [3, 2]


def test_items_that_go_take_their_pairs_along() -> None:
    model = CoPurchase(DAY_S)
    learn(model, orders(400, seed=6))
    kept = {0: 1, 1: 0, 5: 2}
    ratio = model.ratio(0, 1)
    model.renumber(kept)
    assert model.ratio(1, 0) == pytest.approx(ratio)
    assert set(model.ordered) == {0, 1, 2}
    assert all(other in (0, 1, 2) for row in model.rows.values() for other in row)


def test_an_order_told_of_in_pieces_too_many_to_remember_does_no_harm() -> None:
    model = CoPurchase(DAY_S)
    for again in range(50):
        model.learn_together([1], 0.0, [2] if again else [])
    assert model.ratio(1, 2) == 0.0
