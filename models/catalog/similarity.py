"""Similarity: how much items share with an interest, in the feature basis."""

import numpy as np
from numpy.typing import NDArray

from models.base.jit import fast_kernel


@fast_kernel
def similarity(
    matrix: NDArray[np.float32], vector: NDArray[np.float32], rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Products of some rows of a matrix with a vector, `(len(rows),)`, on this thread alone.

    A linear algebra library would wake its threads for as much, which costs a server more than the sum.
    """
    found = np.zeros(len(rows), np.float64)
    for index in range(len(rows)):
        total = np.float32(0.0)
        for i in range(len(vector)):
            total += matrix[rows[index], i] * vector[i]
        found[index] = total
    return found
