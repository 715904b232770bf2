"""Similarity: the product that linear algebra gives, row by row."""

import numpy as np

from models.catalog.similarity import similarity


def test_it_is_the_matrix_product_of_the_rows_asked_for() -> None:
    random = np.random.default_rng(3)
    matrix, vector = random.normal(size=(20, 8)).astype(np.float32), random.normal(size=8).astype(np.float32)
    rows = np.array([4, 0, 19])
    np.testing.assert_allclose(similarity(matrix, vector, rows), (matrix @ vector)[rows], rtol=1e-5)
    assert similarity(matrix, vector, rows[:0]).shape == (0,)
