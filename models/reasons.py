"""Reasons: why the ranker put a candidate where it did, read from the very terms of its score.

A candidate's score is a sum over features. What each learner's features add, less what they add to the average
candidate of the same list, is that learner's say; the learner with the most is the reason given.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.board import Board
from models.candidates import ITEM_DECAY, Sources
from models.layout import FEATURES, LEARNERS, learner_of_feature
from models.ranker import Ranker
from models.sequences import TOGETHER

ITEMS_USED: Final = 8
_MEMBERS: Final = np.zeros((FEATURES, len(LEARNERS)), np.float32)
_MEMBERS[np.arange(FEATURES), learner_of_feature()] = 1.0
_LIKENESS: Final = np.array([0.4, 0.2, 0.1, 0.2, 0.1], np.float32)
"""What it counts that two items share each kind of `models.content` token."""


class Reckoning(NamedTuple):
    """Why one item stands where it does.

    `says` gives each learner's say, in the score's own unit (differences of log chance), most first; `because` is the
    number of the session's item that most leads to this one, -1 where none does.
    """

    says: list[tuple[str, float]]
    because: int


class Reckoner:
    """Tells why candidates of one query stand where they do, from the board as that query left it."""

    def __init__(
        self,
        board: Board,
        sources: Sources,
        ranker: Ranker,
        features: NDArray[np.float32],
        asked: NDArray[np.float32],
        query: NDArray[np.int32],
    ) -> None:
        self._board, self._sources, self._features, self._query = board, sources, features, query
        self._number = int(board.head[0])
        self._mixed = ranker.weight @ asked
        self._average = (features[: int(board.head[1])].mean(axis=0) * self._mixed) @ _MEMBERS

    def of(self, item: int) -> Reckoning:
        """Tell why of one item, by its number; ValueError for one that is no candidate, or after another query."""
        board = self._board
        if board.head[0] != self._number or board.stamp[item] != self._number:
            raise ValueError(f"item number {item} is no candidate of the latest query")
        says = (self._features[board.place[item]] * self._mixed) @ _MEMBERS - self._average
        order = np.argsort(-says, kind="stable").tolist()
        named = [(LEARNERS[one], float(says[one])) for one in order]
        return Reckoning(named, _because(self._sources, self._query, item, by_content=named[0][0] == "content"))


def _because(sources: Sources, query: NDArray[np.int32], item: int, *, by_content: bool) -> int:
    """The item of the session most often seen with this one, else most like it, or the other way round.

    The later an item of the session, the more it counts.
    """
    asked = query[:ITEMS_USED]
    fading = ITEM_DECAY ** np.arange(len(asked))
    rows = sources.sequences
    together = np.where(rows.other[asked] == item, rows.counts[asked, :, TOGETHER], 0.0).sum(axis=1)
    met = together / (rows.total[asked, TOGETHER] + 1.0) * fading
    tokens = sources.content.tokens
    alike = np.where((tokens[asked] == tokens[item]) & (tokens[item] >= 0), _LIKENESS, 0.0).sum(axis=1) * fading
    for strength in (alike, met) if by_content else (met, alike):
        strength[asked == item] = 0.0
        if strength.max() > 0.0:
            return int(asked[int(strength.argmax())])
    return -1
