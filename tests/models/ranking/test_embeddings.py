"""Factors: the step is the gradient's, growing changes nothing, and what never met is told by what it goes with."""

import numpy as np
import pytest

from models.base.array_state import Renumbering, grown
from models.ranking.candidate_table import new_candidate_table, place_of, start
from models.ranking.embeddings import (
    EMBEDDED_ITEM_DECAY,
    EMBEDDING_LEARNING_RATE,
    EMBEDDING_SIZE,
    Factors,
    learn_factors,
    new_factors,
    renumber_factors,
    write_factors,
)
from models.ranking.softmax_ranker import slopes_of


def _products(factors: Factors, query: list[int], items: list[int]) -> list[float]:
    table, out = new_candidate_table(50, 1), np.zeros((len(items), 1), np.float32)
    start(table)
    for item in items:
        place_of(table, item)
    write_factors(factors, table, np.array(query, np.int32), out, 0)
    return [float(value) for value in out[:, 0]]


def _teach(factors: Factors, query: list[int], items: list[int], chosen: int) -> None:
    table, out = new_candidate_table(50, 1), np.zeros((len(items), 1), np.float32)
    start(table)
    for item in items:
        place_of(table, item)
    asked = np.array(query, np.int32)
    write_factors(factors, table, asked, out, 0)
    slopes = slopes_of(np.ascontiguousarray(out[:, 0]), len(items), items.index(chosen))
    learn_factors(factors, table, asked, slopes, 1.0, EMBEDDING_LEARNING_RATE)


def test_the_product_is_that_of_the_fading_session_and_the_candidate() -> None:
    factors = new_factors(10)
    direction = factors.before[3] + EMBEDDED_ITEM_DECAY * factors.before[5]
    expected = [float(direction @ factors.after[item]) for item in (1, 2)]
    assert _products(factors, [3, 5], [1, 2]) == pytest.approx(expected, rel=1e-5)


def test_growing_keeps_the_vectors_and_the_new_ones_are_the_same_each_time() -> None:
    small = new_factors(10)
    for array, wanted in zip(grown(small, new_factors(40)), new_factors(40), strict=True):
        assert array.tobytes() == wanted.tobytes()
    assert small.before.shape == (10, EMBEDDING_SIZE)


def test_a_step_raises_the_chosen_and_lowers_the_rest() -> None:
    factors = new_factors(10)
    before = _products(factors, [0], [1, 2, 3])
    _teach(factors, [0], [1, 2, 3], chosen=2)
    after = _products(factors, [0], [1, 2, 3])
    assert after[1] > before[1]
    assert after[0] < before[0]
    assert after[2] < before[2]


def test_two_groups_that_are_never_mixed_are_told_apart() -> None:
    """Items of a group that never followed each other are still likelier than the other group's."""
    factors, random = new_factors(20), np.random.default_rng(4)
    for _ in range(4_000):
        side = int(random.integers(2)) * 10
        last, item = (side + random.permutation(10)[:2]).tolist()
        if {last - side, item - side} == {0, 1}:
            continue  # this pair is kept for the question
        _teach(factors, [last], list(range(20)), chosen=item)
    own, others = _products(factors, [0], [1]), _products(factors, [0], list(range(10, 20)))
    assert own[0] > max(others)


def test_dropped_items_start_anew_and_the_rest_keep_their_vectors() -> None:
    factors = new_factors(6)
    _teach(factors, [0], [1, 4], chosen=4)
    vector = factors.after[4].copy()
    kept = np.array([0, 4], np.int64)
    renumber_factors(factors, Renumbering(kept, np.array([0, -1, -1, -1, 1, -1], np.int32)))
    assert factors.after[1].tobytes() == vector.tobytes()
    assert factors.after[2:].tobytes() == new_factors(6).after[2:].tobytes()
    assert not factors.after_square[2:].any()
