"""Sources of candidates: what is counted event by event equals what the whole log gives at once."""

from collections import defaultdict
from math import exp2

import numpy as np
import pytest

from models.ranking.transitions import (
    AFTER,
    BEFORE,
    LATELY,
    LOOK_BACK,
    NEXT,
    ROW_SIZE,
    TOGETHER,
    TRANSITION_HALF_LIFE_S,
    WIDE_ROW_SIZE,
    Sequences,
    grown_sequences,
    learn_after,
    learn_step,
    new_sequences,
)
from tests.models.ranking.sessions import ITEMS, random_sessions


def _row(table: Sequences, key: int, count: int) -> dict[int, float]:
    row = zip(table.other[key].tolist(), table.counts[key, :, count].tolist(), strict=True)
    return {other: value for other, value in row if other >= 0 and value}


@pytest.mark.parametrize("weight", [1.0, 0.3])
def test_sequences_equal_a_batch_count(weight: float) -> None:
    table = new_sequences(ITEMS)
    expected: dict[int, dict[int, dict[int, float]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(float)))
    for session in random_sessions(seed=1):
        for place, item in enumerate(session):
            before = list(dict.fromkeys(reversed(session[:place])))[:LOOK_BACK]
            learn_step(table, item, np.array(before, np.int32), 0.0, weight)
            for steps, other in enumerate(before, start=1):
                if other == item:
                    continue
                expected[AFTER][other][item] += weight / steps
                expected[BEFORE][item][other] += weight / steps
                expected[TOGETHER][other][item] += weight
                expected[TOGETHER][item][other] += weight
                expected[NEXT][other][item] += weight if steps == 1 else 0
    for count, rows in expected.items():
        for key, row in rows.items():
            wanted = {other: value for other, value in row.items() if value}
            assert _row(table, key, count) == pytest.approx(wanted, rel=1e-4), (count, key)
            assert table.total[key, count] == pytest.approx(sum(wanted.values()), rel=1e-4)


def test_what_was_lately_seen_fades_with_event_time() -> None:
    table = new_sequences(2)
    for at_s in (0.0, TRANSITION_HALF_LIFE_S, 3 * TRANSITION_HALF_LIFE_S):
        learn_step(table, 1, np.array([0], np.int32), at_s, 1.0)
    assert table.counts[0, 0, LATELY] == pytest.approx(exp2(-3) + exp2(-2) + 1.0)


def test_a_late_event_does_not_turn_time_back() -> None:
    table = new_sequences(2)
    for at_s in (TRANSITION_HALF_LIFE_S, 0.0):
        learn_step(table, 1, np.array([0], np.int32), at_s, 1.0)
    assert table.at_s[0, 0] == TRANSITION_HALF_LIFE_S
    assert table.counts[0, 0, LATELY] <= 2.0


def test_a_full_row_drops_the_weakest_and_a_grown_one_keeps_the_strongest() -> None:
    table = new_sequences(ITEMS)
    for other in range(WIDE_ROW_SIZE):
        for _ in range(2 if other % 2 else 1):
            _follow(table, other)
    _follow(table, 9_999)
    row = _row(table, 0, NEXT)
    assert len(row) == WIDE_ROW_SIZE
    assert 9_999 in row
    narrow = grown_sequences(table, 2_000)
    assert narrow.other.shape == (2_000, ROW_SIZE)
    assert set(_row(narrow, 0, NEXT).values()) == {2.0}


def _follow(table: Sequences, other: int) -> None:
    """Count that `other` came right after item 0, without a row of its own."""
    learn_after(table, 0, other, 1, 0.0, 1.0)
