"""Feature layout: every column has one name, and one learner who speaks by it."""

import numpy as np

from models.ranking import feature_layout
from models.ranking.feature_layout import FACTORS, FEATURES, LEARNERS, SCORE_CHANNELS, WANTED, learner_of_feature

COLUMNS = {
    name: value
    for name, value in vars(feature_layout).items()
    if name.isupper() and isinstance(value, int) and WANTED <= value < FEATURES
}


def test_no_two_columns_share_a_place() -> None:
    places = [place for name, place in COLUMNS.items() if name != "SAME_CATEGORY"]
    assert len(places) == len(set(places))
    assert min(places) == WANTED == 2 * SCORE_CHANNELS
    assert max(places) == FACTORS == FEATURES - 1


def test_every_column_is_some_learners_say_but_those_of_the_query_alone() -> None:
    learner = learner_of_feature()
    assert learner.shape == (FEATURES,)
    assert set(np.unique(learner[WANTED:])) <= set(range(len(LEARNERS)))
    assert LEARNERS[learner[FACTORS]] == "factors"
    assert {LEARNERS[number] for number in learner[learner >= 0]} == set(LEARNERS)
