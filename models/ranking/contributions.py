"""Contributions: why the ranker put a candidate where it did, read from the very terms of its score.

A candidate's score is a sum over features. What each learner's features add, less what they add to the average
candidate of the same list, is that learner's say; the learner with the most is the reason given.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.base.jit import kernel
from models.ranking.candidate_table import CandidateTable
from models.ranking.candidates import QUERY_ITEM_DECAY, Sources
from models.ranking.feature_layout import LEARNERS, learner_of_feature
from models.ranking.item_content import TOKEN_KINDS
from models.ranking.softmax_ranker import Ranker
from models.ranking.transitions import TOGETHER

CONTRIBUTING_ITEMS: Final = 8
_LEARNER_OF: Final = learner_of_feature()
_CONTENT: Final = LEARNERS.index("content")
_LIKENESS: Final = np.array([0.4, 0.2, 0.1, 0.2, 0.1], np.float32)
"""What it counts that two items share each kind of `models.ranking.item_content` token."""


class Contributions(NamedTuple):
    """Why one item stands where it does.

    `says` is each learner's say `(len(LEARNERS),)` in the score's own unit, differences of log chance; `learner` is the
    one with the most; `because` is the number of the session's item that most leads to this one, -1 where none does.
    """

    learner: str
    because: int
    says: NDArray[np.float32]

    def named(self) -> tuple[tuple[str, float], ...]:
        """Every learner's say by name, most first."""
        return tuple(sorted(zip(LEARNERS, self.says.tolist(), strict=True), key=lambda pair: -pair[1]))


class _Asked(NamedTuple):
    """The query: features of its candidates, its items, each feature's weight in it, each learner's average say."""

    features: NDArray[np.float32]
    query: NDArray[np.int32]
    mixed: NDArray[np.float32]
    average: NDArray[np.float32]


class _Told(NamedTuple):
    """Of each item: every learner's say `(items, learners)`, the learner with the most, the item that leads to it."""

    says: NDArray[np.float32]
    most: NDArray[np.int64]
    because: NDArray[np.int64]


class ContributionReader:
    """Tells why candidates of one query stand where they do, from the table as that query left it."""

    def __init__(
        self,
        table: CandidateTable,
        sources: Sources,
        ranker: Ranker,
        features: NDArray[np.float32],
        asked: NDArray[np.float32],
        query: NDArray[np.int32],
    ) -> None:
        self._table, self._sources, self._features, self._query = table, sources, features, query
        self._number = int(table.head[0])
        self._mixed = np.zeros(len(_LEARNER_OF), np.float32)
        self._average = np.zeros(len(LEARNERS), np.float32)
        _average(features, ranker.weight, asked, table.head[1], _LEARNER_OF, self._mixed, self._average)

    def contributions_of(self, items: NDArray[np.int32]) -> list[Contributions]:
        """Tell why of these items, by number; ValueError for one that is no candidate, or after another query."""
        table = self._table
        if table.head[0] != self._number or (table.stamp[items] != self._number).any():
            raise ValueError(f"of the item numbers {items.tolist()} some are no candidates of the latest query")
        asked = _Asked(self._features, self._query, self._mixed, self._average)
        says = np.zeros((len(items), len(LEARNERS)), np.float32)
        told = _Told(says, np.zeros(len(items), np.int64), np.zeros(len(items), np.int64))
        _contributions_of(table, self._sources, asked, _LEARNER_OF, items, told)
        return [
            Contributions(LEARNERS[learner], lead, said)
            for learner, lead, said in zip(told.most.tolist(), told.because.tolist(), says, strict=True)
        ]


@kernel
def _average(
    features: NDArray[np.float32],
    weight: NDArray[np.float32],
    asked: NDArray[np.float32],
    count: int,
    learner_of: NDArray[np.int64],
    mixed: NDArray[np.float32],
    average: NDArray[np.float32],
) -> None:
    """Write each feature's weight in this query, and each learner's say of the average candidate."""
    for i in range(len(learner_of)):
        for j in range(len(asked)):
            mixed[i] += weight[i, j] * asked[j]
        total = 0.0
        for place in range(count):
            total += features[place, i]
        average[learner_of[i]] += mixed[i] * total / max(count, 1)


@kernel
def _because(s: Sources, query: NDArray[np.int32], item: int, by_content: bool) -> int:
    """The item of the session most often seen with this one, else most like it, or the other way round; -1 for none.

    The later an item of the session, the more it counts.
    """
    rows, tokens = s.sequences, s.content.tokens
    met, alike = -1, -1
    most_met, most_alike, fading = 0.0, 0.0, 1.0
    for index in range(min(len(query), CONTRIBUTING_ITEMS)):
        other = query[index]
        if other != item:
            for entry in range(rows.other.shape[1]):
                if rows.other[other, entry] < 0:
                    break
                if rows.other[other, entry] == item:
                    share = fading * rows.counts[other, entry, TOGETHER] / (rows.total[other, TOGETHER] + 1.0)
                    if share > most_met:
                        most_met, met = share, other
                    break
            likeness = 0.0
            for kind in range(TOKEN_KINDS):
                if tokens[item, kind] >= 0 and tokens[item, kind] == tokens[other, kind]:
                    likeness += fading * _LIKENESS[kind]
            if likeness > most_alike:
                most_alike, alike = likeness, other
        fading *= QUERY_ITEM_DECAY
    if by_content:
        return alike if alike >= 0 else met
    return met if met >= 0 else alike


@kernel
def _contributions_of(
    table: CandidateTable,
    s: Sources,
    asked: _Asked,
    learner_of: NDArray[np.int64],
    items: NDArray[np.int32],
    out: _Told,
) -> None:
    """Write what each learner says of each item, which says the most, and which item of the session leads to it."""
    for index in range(len(items)):
        place = table.place[items[index]]
        for i in range(len(learner_of)):
            out.says[index, learner_of[i]] += asked.features[place, i] * asked.mixed[i]
        for learner in range(len(asked.average)):
            out.says[index, learner] -= asked.average[learner]
            if out.says[index, learner] > out.says[index, out.most[index]]:
                out.most[index] = learner
        out.because[index] = _because(s, asked.query, items[index], out.most[index] == _CONTENT)
