"""Feature layout: which channel of the candidate table and which column of the features is whose, each by its name."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.base.jit import kernel
from models.ranking.item_content import LEAF, TOKEN_KINDS
from models.ranking.item_traffic import HORIZONS
from models.ranking.session_neighbours import VOTE_KINDS
from models.ranking.transitions import COUNTS

# Channels of the candidate table: what each source writes.
VOTES: Final = 0
VOTES_NEAR: Final = VOTES + 1  # less for an old match and for distance from it
FROM_LAST: Final = VOTES + VOTE_KINDS
EARLIER: Final = FROM_LAST + COUNTS
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

# Columns of the features. Two a channel, by `share_column` and `log_share_column`.
COLUMNS_OF_A_CHANNEL: Final = 2

# How wanted the item is: lately at each horizon, how long ago it was seen last and first, whether it is new.
WANTED: Final = COLUMNS_OF_A_CHANNEL * SCORE_CHANNELS
WANTED_WITHIN_THE_HOUR: Final = WANTED + 1  # the second of the horizons
SINCE_SEEN: Final = WANTED + len(HORIZONS)
SINCE_FIRST_SEEN: Final = SINCE_SEEN + 1
IS_NEW: Final = SINCE_FIRST_SEEN + 1
SEEN_TOGETHER: Final = IS_NEW + 1

# What follows the session's last item, and its last two, against how often anything does.
TOGETHER_WITH_LAST: Final = SEEN_TOGETHER + 1
AFTER_LAST: Final = TOGETHER_WITH_LAST + 1
NEIGHBOUR_VOTES: Final = AFTER_LAST + 1
COSINE_WITH_LAST: Final = NEIGHBOUR_VOTES + 1
NEXT_AFTER_LAST: Final = COSINE_WITH_LAST + 1
AFTER_PAIR: Final = NEXT_AFTER_LAST + 1

# Likeness to the session, for each kind of token: whether the last item has it, how much of the session, fading, does.
LIKE_LAST: Final = AFTER_PAIR + 1
LIKE_SESSION: Final = LIKE_LAST + 1
LIKENESS_COLUMNS: Final = 2
SAME_CATEGORY: Final = LIKE_SESSION + LIKENESS_COLUMNS * LEAF
PRICE_APART: Final = LIKE_LAST + LIKENESS_COLUMNS * TOKEN_KINDS
PRICE_STEP: Final = PRICE_APART + 1
PRICE_FROM_MEAN: Final = PRICE_STEP + 1

# Of an item the session has been at: when, how often; and what others say of it, by weights of its own.
BEEN_AT: Final = PRICE_FROM_MEAN + 1
STEPS_AGO: Final = BEEN_AT + 1
ONE_STEP_AGO: Final = STEPS_AGO + 1
TWO_STEPS_AGO: Final = ONE_STEP_AGO + 1
WAS_FIRST: Final = TWO_STEPS_AGO + 1
TIMES: Final = WAS_FIRST + 1
SHARE_OF_PATH: Final = TIMES + 1
BEEN_AND_VOTES: Final = SHARE_OF_PATH + 1
BEEN_AND_NEXT: Final = BEEN_AND_VOTES + 1
BEEN_AND_AFTER: Final = BEEN_AND_NEXT + 1
BEEN_AND_LATELY: Final = BEEN_AND_AFTER + 1
BEEN_AND_COSINE: Final = BEEN_AND_LATELY + 1
BEEN_AND_TWO_STEPS: Final = BEEN_AND_COSINE + 1
BEEN_AND_WANTED: Final = BEEN_AND_TWO_STEPS + 1
BEEN_AND_AFTER_RATE: Final = BEEN_AND_WANTED + 1

FACTORS: Final = BEEN_AND_AFTER_RATE + 1
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


@kernel
def share_column(channel: int) -> int:
    """Give the column of a channel's share of its largest, 0 to 1."""
    return COLUMNS_OF_A_CHANNEL * channel


@kernel
def log_share_column(channel: int) -> int:
    """Give the column of that share's logarithm, moved into 0 to 1."""
    return COLUMNS_OF_A_CHANNEL * channel + 1


def learner_of_feature() -> NDArray[np.int64]:
    """Give the index in `LEARNERS` of each feature `(FEATURES,)`."""
    learner = np.full(FEATURES, -1, np.int64)
    for number, channels in enumerate(
        (
            range(VOTES, FROM_LAST),
            range(FROM_LAST, COSINE),
            (COSINE, LATELY_ALL),
            (TWO_STEPS, THREE_STEPS),
            range(TOKEN_AFTER, VISITOR),
            (VISITOR,),
            (PAIR,),
        )
    ):
        for channel in channels:
            learner[[share_column(channel), log_share_column(channel)]] = number
    named = {name: number for number, name in enumerate(LEARNERS)}
    learner[WANTED:TOGETHER_WITH_LAST] = named["popularity"]
    for column, name in (
        (TOGETHER_WITH_LAST, "sequences"),
        (AFTER_LAST, "sequences"),
        (NEIGHBOUR_VOTES, "session_neighbours"),
        (COSINE_WITH_LAST, "co_visitation"),
        (NEXT_AFTER_LAST, "sequences"),
        (AFTER_PAIR, "pairs"),
    ):
        learner[column] = named[name]
    learner[LIKE_LAST:BEEN_AT] = named["content"]
    learner[BEEN_AT:FACTORS] = named["seen_before"]
    learner[FACTORS] = named["factors"]
    return learner
