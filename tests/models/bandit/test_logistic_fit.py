"""Fit of the click model: the mode that slow gradient steps reach as well."""

import numpy as np
from numpy.typing import NDArray

from models.bandit.logistic_fit import Cells, Prior, fit

# Features: 0 for every cell, 1 and 2 of one group below it, 3 free.
FEATURES = [[0, 1], [0, 2], [0, 1, 3], [0, 2, 3], [0, 1]]
SHOWS = np.array([200.0, 150.0, 80.0, 60.0, 40.0])
CLICKS = np.array([20.0, 6.0, 15.0, 5.0, 3.0])
MEANS = np.array([-3.0, 0.0, 0.0, 0.0])
VARIANCES = np.array([4.0, 0.5, 0.5, 1.0])


def cells(shows: NDArray[np.float64], clicks: NDArray[np.float64]) -> Cells:
    starts = np.cumsum([0, *(len(row) for row in FEATURES)])
    return Cells(starts, np.concatenate(FEATURES).astype(np.int32), shows, clicks)


def prior(group: list[int], parent: list[int]) -> Prior:
    return Prior(MEANS, VARIANCES, np.array(group, np.int32), np.array(parent, np.int32))


def by_gradient() -> NDArray[np.float64]:
    """The mode of the same posterior, by a hundred thousand small steps."""
    design = np.zeros((len(FEATURES), len(MEANS)))
    for row, named in enumerate(FEATURES):
        design[row, named] = 1.0
    weights = MEANS.copy()
    for _ in range(100_000):
        chances = 1.0 / (1.0 + np.exp(-design @ weights))
        weights += 0.002 * (design.T @ (CLICKS - SHOWS * chances) - (weights - MEANS) / VARIANCES)
    return weights


def test_it_finds_the_mode_with_groups_and_without() -> None:
    wanted = by_gradient()
    grouped, _ = fit(cells(SHOWS, CLICKS), prior([-1, 0, 0, -1], [0]))
    plain, _ = fit(cells(SHOWS, CLICKS), prior([-1, -1, -1, -1], []))
    np.testing.assert_allclose(grouped, wanted, atol=2e-3)
    np.testing.assert_allclose(plain, wanted, atol=2e-2)


def test_without_impressions_it_is_the_prior_and_more_of_them_make_it_surer() -> None:
    weights, variances = fit(cells(0 * SHOWS, 0 * CLICKS), prior([-1, 0, 0, -1], [0]))
    np.testing.assert_array_equal(weights, MEANS)
    np.testing.assert_allclose(variances, VARIANCES)
    _, sure = fit(cells(SHOWS, CLICKS), prior([-1, 0, 0, -1], [0]))
    _, surer = fit(cells(10 * SHOWS, 10 * CLICKS), prior([-1, 0, 0, -1], [0]))
    assert (surer < sure).all()
    assert (sure < VARIANCES).all()
