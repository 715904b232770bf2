"""Layout: which channel of the board and which column of the features is whose."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.ranking.item_content import LEAF, TOKEN_KINDS
from models.ranking.item_traffic import HORIZONS
from models.ranking.session_neighbours import VOTE_KINDS
from models.ranking.transitions import COUNTS

# Channels of the board: what each source writes.
VOTES: Final = 0
LAST: Final = VOTES + VOTE_KINDS
EARLIER: Final = LAST + COUNTS
COSINE: Final = EARLIER + 1
LATELY_ALL: Final = COSINE + 1
TWO_STEPS: Final = LATELY_ALL + 1
THREE_STEPS: Final = TWO_STEPS + 1
TOKEN_AFTER: Final = THREE_STEPS + 1
TOKEN_AFTER_KINDS: Final = 3
TOKEN_RING: Final = TOKEN_AFTER + TOKEN_AFTER_KINDS
TOKEN_RING_KINDS: Final = 4
VISITOR: Final = TOKEN_RING + TOKEN_RING_KINDS
PAIR: Final = VISITOR + 1
SCORE_CHANNELS: Final = PAIR + 1

# Columns of the features: two a channel, then what is told once.
INSIDE: Final = 15
PLAIN: Final = 2 * SCORE_CHANNELS
KNOWN: Final = PLAIN + len(HORIZONS)
ALIKE: Final = KNOWN + 10
SAME_CATEGORY: Final = ALIKE + 2 * LEAF + 1
"""Column that tells how much of the session, fading, is of the candidate's own category."""
AGAIN: Final = ALIKE + 2 * TOKEN_KINDS + 3
FACTORS: Final = AGAIN + INSIDE
"""Column of `models.ranking.embeddings`, which write it themselves."""
FEATURES: Final = FACTORS + 1
QUERY_FEATURES: Final = 7
LEARNERS: Final = (
    "session_neighbours",
    "sequences",
    "co_visitation",
    "walk",
    "content",
    "earlier_visits",
    "pairs",
    "popularity",
    "seen_before",
    "factors",
)
"""Who may speak for a candidate: what others did next in sessions like this one; what follows its items; what shares
sessions with them; what is two or three such steps away; category, brand and price; the visitor's earlier items; what
follows its last two items; how wanted the item is; that the session has been there; learned vectors."""


def learner_of_feature() -> NDArray[np.int64]:
    """Give the index in `LEARNERS` of each feature `(FEATURES,)`."""
    learner = np.full(FEATURES, -1, np.int64)
    for number, channels in enumerate(
        (
            range(VOTES, LAST),
            range(LAST, COSINE),
            (COSINE, LATELY_ALL),
            (TWO_STEPS, THREE_STEPS),
            range(TOKEN_AFTER, VISITOR),
            (VISITOR,),
            (PAIR,),
        )
    ):
        for channel in channels:
            learner[2 * channel : 2 * channel + 2] = number
    named = {name: number for number, name in enumerate(LEARNERS)}
    learner[PLAIN : KNOWN + 4] = named["popularity"]
    learner[KNOWN + 4 : ALIKE] = [
        named[name] for name in ("sequences", "sequences", "session_neighbours", "co_visitation", "sequences", "pairs")
    ]
    learner[ALIKE:AGAIN] = named["content"]
    learner[AGAIN:FACTORS] = named["seen_before"]
    learner[FACTORS] = named["factors"]
    return learner
