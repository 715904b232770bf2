"""Embeddings: short vectors of each item, learned from which candidate came next, for what no count has met yet.

The session is the fading sum of its latest items' `before` vectors, a candidate its `after` vector; their product is
one of the ranker's features, and the vectors move along the gradient of the ranker's loss [1]_.

.. [1] Rendle et al., "Factorizing Personalized Markov Chains", WWW 2010; the step is AdaGrad's with one rate a vector.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.base.array_state import Renumbering, kept_rows
from models.base.jit import fast_kernel
from models.ranking.candidate_table import CandidateTable

EMBEDDING_SIZE: Final = 32
EMBEDDED_ITEMS: Final = 5
EMBEDDED_ITEM_DECAY: Final = 0.7
"""What an item of the session counts against the one after it."""
EMBEDDING_LEARNING_RATE: Final = 0.1
INITIAL_SCALE: Final = 0.1
"""Deviation of a vector's first values."""
_SMOOTH: Final = (
    0.1 / EMBEDDING_SIZE
)  # added to a vector's mean square, so that its first steps are not as long as the rate allows
_NEGLIGIBLE: Final = 1e-4  # a candidate less likely than this moves nothing


class Factors(NamedTuple):
    """Per item number vectors `(items, WIDTH)` and the mean of their summed squared gradients `(items,)`."""

    before: NDArray[np.float32]
    after: NDArray[np.float32]
    before_square: NDArray[np.float32]
    after_square: NDArray[np.float32]


def new_factors(items: int) -> Factors:
    """Make vectors for item numbers below `items`, the same for a number each time, whatever `items` is."""
    values = (np.random.default_rng(0).standard_normal((items, 2, EMBEDDING_SIZE)) * INITIAL_SCALE).astype(np.float32)
    return Factors(
        before=np.ascontiguousarray(values[:, 0]),
        after=np.ascontiguousarray(values[:, 1]),
        before_square=np.zeros(items, np.float32),
        after_square=np.zeros(items, np.float32),
    )


@fast_kernel
def _direction(f: Factors, query: NDArray[np.int32]) -> NDArray[np.float32]:
    direction = np.zeros(EMBEDDING_SIZE, np.float32)
    weight = np.float32(1.0)
    for steps in range(min(len(query), EMBEDDED_ITEMS)):
        for i in range(EMBEDDING_SIZE):
            direction[i] += weight * f.before[query[steps], i]
        weight *= np.float32(EMBEDDED_ITEM_DECAY)
    return direction


@fast_kernel
def write_factors(
    f: Factors, table: CandidateTable, query: NDArray[np.int32], out: NDArray[np.float32], column: int
) -> None:
    """Write the product of the session and each candidate to a column of the features.

    Parameters
    ----------
    query
        The session's distinct items, latest first.
    """
    direction = _direction(f, query)
    for place in range(table.head[1]):
        total = np.float32(0.0)
        for i in range(EMBEDDING_SIZE):
            total += direction[i] * f.after[table.items[place], i]
        out[place, column] = total


@fast_kernel
def learn_factors(
    f: Factors, table: CandidateTable, query: NDArray[np.int32], slopes: NDArray[np.float32], weight: float, rate: float
) -> None:
    """Move towards the candidate that came next.

    Parameters
    ----------
    slopes
        Of the loss by each candidate's score, as `models.ranking.softmax_ranker.slopes_of` gives them.
    weight
        Of the feature in this query's score.
    """
    direction = _direction(f, query)
    pull = np.zeros(EMBEDDING_SIZE, np.float32)
    for place in range(table.head[1]):
        slope = slopes[place] * np.float32(weight)
        if abs(slope) > _NEGLIGIBLE:
            item = table.items[place]
            square = np.float32(0.0)
            for i in range(EMBEDDING_SIZE):
                pull[i] += slope * f.after[item, i]
                square += (slope * direction[i]) ** 2
            f.after_square[item] += square / EMBEDDING_SIZE
            step = rate * slope / np.sqrt(f.after_square[item] + _SMOOTH)
            for i in range(EMBEDDING_SIZE):
                f.after[item, i] -= step * direction[i]
    square = np.float32(0.0)
    for i in range(EMBEDDING_SIZE):
        square += pull[i] * pull[i]
    share = np.float32(1.0)
    for steps in range(min(len(query), EMBEDDED_ITEMS)):
        item = query[steps]
        f.before_square[item] += share * share * square / EMBEDDING_SIZE
        step = rate * share / np.sqrt(f.before_square[item] + _SMOOTH)
        for i in range(EMBEDDING_SIZE):
            f.before[item, i] -= step * pull[i]
        share *= np.float32(EMBEDDED_ITEM_DECAY)


def renumber_factors(f: Factors, numbers: Renumbering) -> None:
    """Keep only some items, under new numbers."""
    first, kept = new_factors(len(f.before)), len(numbers.kept)
    for array, start in zip(f, first, strict=True):
        kept_rows(array, numbers.kept)
        array[kept:] = start[kept:]
