"""Fit of the click model: Bayesian logistic regression over counted impressions, by coordinate-wise Newton steps.

What all slots, or all creatives, have in common can be said by each of them or by the site's own weight. One step at a
time would take long to settle that, so after each pass what a whole group shares is handed to its parent in one step.
"""

from math import exp
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.base.array_state import Floats
from models.base.jit import kernel

MAX_PASSES: Final = 40
TOLERANCE: Final = 1e-3
"""Passes end when no weight moves by more, in log odds."""


class Cells(NamedTuple):
    """What was counted. Features of cell i are `features[starts[i]:starts[i + 1]]`.

    `starts` `(n_cells + 1,)`, `features` `(n_entries,)`; `shows` and `clicks` are each cell's faded impressions and how
    many of them were clicked, `(n_cells,)`.
    """

    starts: NDArray[np.int64]
    features: NDArray[np.int32]
    shows: Floats
    clicks: Floats


class Prior(NamedTuple):
    """What is expected of each feature before anything is counted.

    `means` and `variances` `(n_features,)`; `group` is the group a feature belongs to, -1 for none, `(n_features,)`,
    and `parent` the feature that is each group's parent, `(n_groups,)`. A cell has at most one feature of a group, and
    only where it has the parent.
    """

    means: Floats
    variances: Floats
    group: NDArray[np.int32]
    parent: NDArray[np.int32]


@kernel
def fit(counted: Cells, prior: Prior) -> tuple[Floats, Floats]:  # noqa: C901 - compiled: calls inside would pass arrays on
    """Give each feature's posterior mode and its variance with the others held (diagonal Laplace).

    Both `(n_features,)`; the fit begins at the prior's means.
    """
    starts, features, shows, clicks = counted.starts, counted.features, counted.shows, counted.clicks
    means, variances, group, parent = prior.means, prior.variances, prior.group, prior.parent
    n_cells, n_features = len(shows), len(means)
    # The same entries by feature.
    ends = np.zeros(n_features + 1, np.int64)
    for entry in range(len(features)):
        ends[features[entry] + 1] += 1
    for feature in range(n_features):
        ends[feature + 1] += ends[feature]
    place = ends[:-1].copy()
    cells = np.empty(len(features), np.int32)
    scores = np.zeros(n_cells)
    weights = means.copy()
    for cell in range(n_cells):
        for entry in range(starts[cell], starts[cell + 1]):
            feature = features[entry]
            cells[place[feature]] = cell
            place[feature] += 1
            scores[cell] += weights[feature]
    information = np.zeros(n_features)
    covered = np.zeros(len(parent), np.int64)
    for feature in range(n_features):
        if group[feature] >= 0:
            covered[group[feature]] += ends[feature + 1] - ends[feature]
    for _ in range(MAX_PASSES):
        largest = 0.0
        for feature in range(n_features):
            slope = (means[feature] - weights[feature]) / variances[feature]
            curve = 1.0 / variances[feature]
            for entry in range(ends[feature], ends[feature + 1]):
                cell = cells[entry]
                chance = 1.0 / (1.0 + exp(-scores[cell]))
                slope += clicks[cell] - shows[cell] * chance
                curve += shows[cell] * chance * (1.0 - chance)
            # A full step may overshoot where the chance is still far off.
            step = max(-1.0, min(1.0, slope / curve))
            information[feature] = curve
            weights[feature] += step
            largest = max(largest, abs(step))
            for entry in range(ends[feature], ends[feature + 1]):
                scores[cells[entry]] += step
        pull = np.zeros(len(parent))
        stiffness = np.zeros(len(parent))
        for feature in range(n_features):
            if group[feature] >= 0:
                pull[group[feature]] += (weights[feature] - means[feature]) / variances[feature]
                stiffness[group[feature]] += 1.0 / variances[feature]
        for number in range(len(parent)):
            up = parent[number]
            if covered[number] == ends[up + 1] - ends[up]:
                slope = pull[number] - (weights[up] - means[up]) / variances[up]
                pull[number] = slope / (stiffness[number] + 1.0 / variances[up])
                weights[up] += pull[number]
                largest = max(largest, abs(pull[number]))
            else:
                pull[number] = 0.0
        for feature in range(n_features):
            if group[feature] >= 0:
                weights[feature] -= pull[group[feature]]
        if largest < TOLERANCE:
            break
    return weights, 1.0 / information
