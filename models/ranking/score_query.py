"""Weigh: one query from its items to the candidates' scores, in one compiled step.

Crossing into compiled code costs a microsecond for every few arrays handed over, and the sources are dozens.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.base.jit import kernel
from models.ranking.candidate_table import CandidateTable, start
from models.ranking.candidates import (
    HOP_DECAY,
    HOP_ITEMS,
    Sources,
    add_steps,
    gather_further,
    gather_session,
    two_steps,
    write_features,
    write_query,
)
from models.ranking.embeddings import Factors, write_factors
from models.ranking.feature_layout import FACTORS, PAIR, VOTES
from models.ranking.second_order import Pairs, score_pair
from models.ranking.session_neighbours import Scratch, Sessions, score_neighbours
from models.ranking.softmax_ranker import Ranker, score_all


class ModelState(NamedTuple):
    """All that a query is weighed by."""

    sources: Sources
    sessions: Sessions
    pairs: Pairs
    factors: Factors
    ranker: Ranker


class Workspace(NamedTuple):
    """Scratch memory of one query at a time: `features` `(candidates, FEATURES)`, `scores` `(candidates,)`, `asked`
    `(QUERY_FEATURES,)`, and `sums` and `found` with room for every item."""

    board: CandidateTable
    neighbours: Scratch
    features: NDArray[np.float32]
    scores: NDArray[np.float32]
    asked: NDArray[np.float32]
    sums: NDArray[np.float32]
    found: NDArray[np.int32]


class TwoStepNeighbours(NamedTuple):
    """What lies two steps from each of the query's latest items, as `two_steps` found it, one after the other;
    `ends` says where each ends. Without any, they are looked for."""

    found: NDArray[np.int32]
    sums: NDArray[np.float32]
    ends: NDArray[np.int64]


NO_HOPS = TwoStepNeighbours(np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0, np.int64))


@kernel
def weigh(
    learned: ModelState,
    room: Workspace,
    hops: TwoStepNeighbours,
    query: NDArray[np.int32],
    path: NDArray[np.int32],
    visitor: NDArray[np.int32],
    session: int,
    at_s: float,
    dwell_s: float,
    blank: NDArray[np.int64],
) -> None:
    """Put the candidates on the board, and their features and scores into the room.

    Parameters
    ----------
    query
        The session's distinct items, latest first; at least one.
    path
        Its items, repeats and all, latest first.
    visitor
        Items of the visitor's earlier sessions, latest first.
    session
        Number of the session, which gives itself no votes; -1 for none.
    at_s, dwell_s
        When its last event was, epoch seconds, and how long after the one before.
    blank
        Columns of the features that are left out.
    """
    board, sources = room.board, learned.sources
    start(board)
    gather_session(board, sources, query, visitor, at_s)
    score_neighbours(learned.sessions, room.neighbours, board, session, query, at_s, VOTES)
    seen = 0.0
    if len(path) > 1:
        seen = score_pair(learned.pairs, board, path[0], path[1], PAIR)
    weight = 1.0
    for index in range(min(len(query), HOP_ITEMS)):
        if len(hops.ends):
            first = hops.ends[index - 1] if index else 0
            end = hops.ends[index]
            add_steps(board, hops.found[first:end], hops.sums[first:end], weight)
        else:
            found = room.found[: two_steps(sources, query[index], room.sums, room.found)]
            add_steps(board, found, room.sums[found], weight)
            room.sums[found] = 0.0
        weight *= HOP_DECAY
    gather_further(board, sources, query)
    write_query(sources, query, path, dwell_s, seen, room.asked)
    write_features(board, sources, query, path, seen, room.features)
    write_factors(learned.factors, board, query, room.features, FACTORS)
    for column in blank:
        room.features[: board.head[1], column] = 0.0
    score_all(learned.ranker, room.features, room.asked, board.head[1], room.scores)
