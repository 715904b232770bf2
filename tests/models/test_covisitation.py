"""Co-visitation: order counts, time fades, rows are bounded."""

from collections.abc import Sequence
from random import Random

import pytest

from models.covisitation import LOOK_BACK, REVERSE_SHARE, CoVisitation
from tests.models.checks import CHECKS, Case, reloaded, state_of

Move = tuple[int, tuple[int, ...], float]
DAY_S = 86_400.0


def moves(count: int, items: int, seed: int) -> list[Move]:
    random = Random(seed)
    return [
        (random.randrange(items), tuple(random.randrange(items) for _ in range(3)), number * 10.0)
        for number in range(count)
    ]


def learn(model: CoVisitation, some: Sequence[Move]) -> None:
    for item, before, at_s in some:
        model.learn_one(item, before, at_s)


def answers(model: CoVisitation) -> list[list[float]]:
    return [part.tolist() for part in model.table(40)]


CASE = Case[CoVisitation](
    name="covisitation",
    new=lambda: CoVisitation(DAY_S, row_size=8),
    learn=learn,
    answers=answers,
    reloaded=reloaded,
    state=state_of,
    size=lambda model: max((len(row) for row in model.rows.values()), default=0),
    most=16,
    events=moves(400, 40, seed=1),
    many=[(number % 500, (number % 3 + 500,), float(number)) for number in range(4_000)],
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_check(check: object) -> None:
    check(CASE)  # type: ignore[operator]


def test_steps_back_count_less_and_the_way_back_a_share() -> None:
    model = CoVisitation(DAY_S)
    model.learn_one(9, (3, 2, 1, 0), at_s=0.0)
    assert LOOK_BACK == 3
    assert model.rows == {
        3: {9: 1.0},
        2: {9: 1 / 2},
        1: {9: 1 / 3},
        9: {3: REVERSE_SHARE, 2: REVERSE_SHARE / 2, 1: REVERSE_SHARE / 3},
    }


def test_arrival_order_does_not_matter() -> None:
    some = moves(200, 12, seed=2)
    forth, back = CoVisitation(DAY_S), CoVisitation(DAY_S)
    learn(forth, some)
    learn(back, [some[0], *reversed(some[1:])])
    for item, row in forth.rows.items():
        assert back.rows[item] == pytest.approx(row)


def test_a_pair_counts_half_after_each_half_life() -> None:
    model = CoVisitation(half_life_s=60.0)
    model.learn_one(1, (0,), at_s=0.0)
    model.learn_one(2, (0,), at_s=60.0)
    assert model.rows[0][2] == pytest.approx(2 * model.rows[0][1])


def test_months_apart_keep_their_shares_in_range() -> None:
    model = CoVisitation(half_life_s=60.0)
    model.learn_one(1, (0,), at_s=0.0)
    model.learn_one(2, (0,), at_s=60.0 * 500)
    model.learn_one(3, (0,), at_s=60.0 * 500)
    starts, others, shares = model.table(1)
    assert (starts.tolist(), others.tolist()) == ([0, 3], [2, 3, 1])
    assert shares.tolist() == pytest.approx([0.5, 0.5, 0.0], abs=1e-9)


def test_an_order_pairs_its_items_both_ways() -> None:
    model = CoVisitation(DAY_S, reverse_share=1.0)
    model.learn_together([1, 2, 3], at_s=0.0)
    model.learn_together([4], at_s=0.0)
    assert model.rows == {a: {b: 0.5 for b in (1, 2, 3) if b != a} for a in (1, 2, 3)}


def test_the_table_is_strongest_first_and_sums_to_at_most_1() -> None:
    model = CoVisitation(DAY_S, row_size=4)
    learn(model, moves(500, 20, seed=3))
    starts, others, shares = model.table(20)
    for item in range(20):
        row = shares[starts[item] : starts[item + 1]]
        assert 0 < len(row) <= 4
        assert list(row) == sorted(row, reverse=True)
        assert row.sum() <= 1 + 1e-6
        assert item not in others[starts[item] : starts[item + 1]]
