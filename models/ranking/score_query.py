"""Score of a query: one query from its items to the candidates' scores, in one compiled step.

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

    table: CandidateTable
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


class SessionQuery(NamedTuple):
    """The session asked about.

    `items` are its distinct items, at least one, `path` its items, repeats and all, `earlier` items of the visitor's
    earlier sessions, all latest first. `number` is the session's, which gives itself no votes, -1 for none. `at_s` is
    when its last event was, epoch seconds, `dwell_s` how long after the one before.
    """

    items: NDArray[np.int32]
    path: NDArray[np.int32]
    earlier: NDArray[np.int32]
    number: int
    at_s: float
    dwell_s: float


NO_TWO_STEP = TwoStepNeighbours(np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0, np.int64))


@kernel
def weigh(
    learned: ModelState,
    workspace: Workspace,
    two_step: TwoStepNeighbours,
    session: SessionQuery,
    blank: NDArray[np.int64],
) -> None:
    """Put the candidates into the table, and their features and scores into the workspace.

    `blank` are columns of the features that are left out.
    """
    table, sources = workspace.table, learned.sources
    query, path, at_s = session.items, session.path, session.at_s
    start(table)
    gather_session(table, sources, query, session.earlier, at_s)
    score_neighbours(learned.sessions, workspace.neighbours, table, session.number, query, at_s, VOTES)
    seen = 0.0
    if len(path) > 1:
        seen = score_pair(learned.pairs, table, path[0], path[1], PAIR)
    weight = 1.0
    for index in range(min(len(query), HOP_ITEMS)):
        if len(two_step.ends):
            first = two_step.ends[index - 1] if index else 0
            end = two_step.ends[index]
            add_steps(table, two_step.found[first:end], two_step.sums[first:end], weight)
        else:
            found = workspace.found[: two_steps(sources, query[index], workspace.sums, workspace.found)]
            add_steps(table, found, workspace.sums[found], weight)
            workspace.sums[found] = 0.0
        weight *= HOP_DECAY
    gather_further(table, sources, query)
    write_query(sources, query, path, session.dwell_s, seen, workspace.asked)
    write_features(table, sources, query, path, seen, workspace.features)
    write_factors(learned.factors, table, query, workspace.features, FACTORS)
    for column in blank:
        workspace.features[: table.head[1], column] = 0.0
    score_all(learned.ranker, workspace.features, workspace.asked, table.head[1], workspace.scores)
