"""Softmax ranker: a softmax over the candidates of one query, learned online from which of them came next.

score = f(candidate) . W . q(query): each candidate feature has a weight that moves with the query's features. AdaGrad
[1]_ on the log loss of the candidate that came next.

.. [1] Duchi et al., "Adaptive Subgradient Methods", JMLR 2011.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.base.jit import fast_kernel

RANKER_LEARNING_RATE: Final = 0.07
_SMOOTH: Final = 1e-2  # added to the squares, so that the first steps are not as long as the rate allows
_NEGLIGIBLE: Final = 1e-5  # a candidate less likely than this moves no weight


class Ranker(NamedTuple):
    """Weights and summed squared gradients `(features, query features)`."""

    weight: NDArray[np.float32]
    squares: NDArray[np.float32]


def new_ranker(features: int, query_features: int) -> Ranker:
    """Make a ranker with all weights 0."""
    shape = (features, query_features)
    return Ranker(weight=np.zeros(shape, np.float32), squares=np.zeros(shape, np.float32))


@fast_kernel
def score_all(
    r: Ranker, features: NDArray[np.float32], query: NDArray[np.float32], count: int, scores: NDArray[np.float32]
) -> None:
    """Write the scores of the first `count` candidates; `features` `(candidates, features)`."""
    width = r.weight.shape[0]
    mixed = np.zeros(width, np.float32)
    for i in range(width):
        for j in range(len(query)):
            mixed[i] += r.weight[i, j] * query[j]
    for row in range(count):
        total = np.float32(0.0)
        for i in range(width):
            total += features[row, i] * mixed[i]
        scores[row] = total


@fast_kernel
def slopes_of(scores: NDArray[np.float32], count: int, chosen: int) -> NDArray[np.float32]:
    """Give the slope of the log loss by the score of each of the first `count` candidates: its chance, less 1 for the
    one that was chosen."""
    slopes = np.empty(count, np.float32)
    largest = scores[0]
    for row in range(count):
        largest = max(largest, scores[row])
    total = np.float32(0.0)
    for row in range(count):
        slopes[row] = np.exp(scores[row] - largest)
        total += slopes[row]
    for row in range(count):
        slopes[row] /= total
    slopes[chosen] -= np.float32(1.0)
    return slopes


@fast_kernel
def learn_choice(
    r: Ranker,
    features: NDArray[np.float32],
    query: NDArray[np.float32],
    slopes: NDArray[np.float32],
    rate: float,
) -> None:
    """Move the weights against the slopes, one a candidate, of a choice scored with the weights as they are."""
    width = r.weight.shape[0]
    gradient = np.zeros(width, np.float32)
    for row in range(len(slopes)):
        share = slopes[row]
        if abs(share) > _NEGLIGIBLE:
            for i in range(width):
                gradient[i] += share * features[row, i]
    for i in range(width):
        for j in range(len(query)):
            slope = gradient[i] * query[j]
            r.squares[i, j] += slope * slope
            r.weight[i, j] -= rate * slope / np.sqrt(r.squares[i, j] + _SMOOTH)
