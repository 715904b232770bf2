"""Session neighbours: figures kept event by event equal those of the whole log at once; memory has an end."""

from math import exp, sqrt
from random import Random

import numpy as np
import pytest

from models.base.array_state import Renumbering
from models.ranking.candidate_table import new_candidate_table, start
from models.ranking.session_neighbours import (
    AGE_DECAY_PER_DAY,
    BEFORE_MATCH,
    DISTANCE_DECAY,
    POSITION_DECAY,
    SESSION_ITEMS,
    VOTE_KINDS,
    Sessions,
    learn_visit,
    new_scratch,
    new_sessions,
    renumber_sessions,
    score_neighbours,
)

ITEMS = 40


def _votes(sessions: Sessions, query: list[int], session: int, at_s: float) -> dict[int, list[float]]:
    table, scratch = new_candidate_table(ITEMS, VOTE_KINDS), new_scratch(len(sessions.length))
    start(table)
    score_neighbours(sessions, scratch, table, session, np.array(query, dtype=np.int32), at_s, 0)
    assert not scratch.similarity.any(), "scratch memory is left clean"
    return {int(table.items[place]): table.raw[place].tolist() for place in range(table.head[1])}


def _batch(log: dict[int, tuple[list[int], float]], query: list[int], at_s: float) -> dict[int, list[float]]:
    """The same votes from finished sessions: number to (items, last_at_s)."""
    votes: dict[int, list[float]] = {}
    for items, last_at_s in log.values():
        shared = [steps for steps, item in enumerate(query) if item in items]
        if not shared:
            continue
        similarity = sum(exp(-POSITION_DECAY * steps) for steps in shared)
        similarity *= exp(-AGE_DECAY_PER_DAY * max(0.0, at_s - last_at_s) / 86_400)
        match = query[shared[0]]
        at = max(place for place, item in enumerate(items) if item == match)
        for place, item in enumerate(items):
            if item == match:
                continue
            near = exp(-DISTANCE_DECAY * (abs(place - at) - 1)) * (BEFORE_MATCH if place < at else 1.0)
            vote = votes.setdefault(item, [0.0] * VOTE_KINDS)
            vote[0] += similarity
            vote[1] += similarity / (1 + shared[0]) * near
            vote[2] += similarity / sqrt(len(items) + 1)
            if shared[0] == 0:
                vote[3] += near * similarity
                vote[4] += similarity if place == at + 1 else 0.0
    return votes


@pytest.mark.parametrize("seed", range(5))
def test_incremental_votes_equal_a_batch_computation(seed: int) -> None:
    random = Random(seed)
    sessions = new_sessions(ITEMS, sessions=200, links=2_000)
    log: dict[int, tuple[list[int], float]] = {}
    numbers: dict[int, int] = {}
    for step in range(400):
        visitor, item, at_s = random.randrange(60), random.randrange(ITEMS), step * 3_600.0
        numbers[visitor] = learn_visit(sessions, numbers.get(visitor, -1), item, at_s)
        items, _ = log.get(visitor, ([], 0.0))
        log[visitor] = ([*items, item], at_s)
    query = random.sample(range(ITEMS), 4)
    asking = 7
    expected = _batch({v: session for v, session in log.items() if v != asking}, query, at_s=1_440_000.0)
    found = _votes(sessions, query, numbers[asking], at_s=1_440_000.0)
    assert found.keys() == expected.keys()
    for item, votes in found.items():
        assert votes == pytest.approx(expected[item], rel=1e-4)


def test_nothing_learned_gives_no_votes() -> None:
    assert _votes(new_sessions(ITEMS, 10, 10), [1, 2], -1, 0.0) == {}


def test_the_latest_sessions_take_the_place_of_the_oldest() -> None:
    sessions = new_sessions(ITEMS, sessions=5, links=1_000)
    for number in range(20):
        session = learn_visit(sessions, -1, 0, float(number))
        learn_visit(sessions, session, 1 + number, float(number))
    assert sorted(_votes(sessions, [0], -1, 20.0)) == [16, 17, 18, 19, 20]
    again = learn_visit(sessions, 3, 39, 21.0)
    assert again == 20, "a session long gone begins anew"


def test_one_visitor_cannot_fill_the_memory() -> None:
    sessions = new_sessions(ITEMS, sessions=10, links=100)
    session = -1
    for step in range(10_000):
        session = learn_visit(sessions, session, step % ITEMS, float(-step))
    assert session == 0
    assert len(_votes(sessions, [9_999 % ITEMS], -1, 0.0)) <= SESSION_ITEMS


def test_dropped_items_are_named_no_more() -> None:
    sessions = new_sessions(ITEMS, sessions=10, links=100)
    session = -1
    for item in (3, 5, 7):
        session = learn_visit(sessions, session, item, 0.0)
    new_of = np.full(ITEMS, -1, np.int32)
    new_of[[3, 7]] = (0, 1)
    renumber_sessions(sessions, Renumbering(np.array([3, 7]), new_of))
    assert list(_votes(sessions, [0], -1, 0.0)) == [1]
