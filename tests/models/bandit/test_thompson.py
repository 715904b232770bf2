"""Chances: they sum to 1, leave no arm out, and are those of the draw they stand for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bandit.thompson import CAUTION, UNIFORM_SHARE, best_chances, chances

BELIEFS = st.lists(st.tuples(st.floats(-30, 30), st.floats(1e-3, 10)), min_size=1, max_size=30)


@settings(deadline=None)  # the first call compiles
@given(beliefs=BELIEFS)
def test_chances_sum_to_1_and_none_is_left_without(beliefs: list[tuple[float, float]]) -> None:
    found = chances([score for score, _ in beliefs], [deviation for _, deviation in beliefs])
    assert sum(found) == pytest.approx(1.0)
    assert min(found) >= UNIFORM_SHARE / len(beliefs) * (1 - 1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_each_arm_is_drawn_as_often_as_it_would_be_the_largest(seed: int) -> None:
    random = np.random.default_rng(seed)
    means, deviations = random.normal(0, 0.4, 12), random.uniform(0.05, 0.6, 12)
    largest = random.normal(means, deviations, (200_000, 12)).argmax(axis=1)
    drawn = np.bincount(largest, minlength=12) / 200_000
    assert best_chances(means, deviations) == pytest.approx(drawn, abs=0.006)


def test_two_arms_have_the_chances_the_normal_table_gives() -> None:
    # P(X > Y) with means one standard deviation of X - Y apart.
    deviation = 1 / (2**0.5 * CAUTION)
    first, second = chances([1.0, 0.0], [deviation, deviation])
    assert first == pytest.approx(0.99 * 0.8413 + 0.005, abs=0.002)
    assert first + second == pytest.approx(1.0)


def test_equal_arms_are_equally_likely() -> None:
    assert chances([0.2] * 5, [0.3] * 5) == pytest.approx([0.2] * 5)


def test_what_is_less_known_is_tried_more() -> None:
    better, known, unknown = chances([0.5, 0.0, 0.0], [0.1, 0.1, 1.0])
    assert better > unknown > 5 * known
