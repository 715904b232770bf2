"""Ranker: its step is the gradient's, it learns what tells the chosen, and it repeats itself."""

import numpy as np
import pytest
from numpy.typing import NDArray

from models.ranking.softmax_ranker import Ranker, learn_choice, new_ranker, score_all, slopes_of

Floats = NDArray[np.float32]


def _scores(ranker: Ranker, features: Floats, query: Floats) -> Floats:
    scores = np.zeros(len(features), np.float32)
    score_all(ranker, features, query, len(features), scores)
    return scores


def _taught(steps: int, seed: int, rate: float = 1.0) -> Ranker:
    """Teach that the candidate with the largest feature 1 comes next, if the query says so, else feature 2."""
    random = np.random.default_rng(seed)
    ranker = new_ranker(4, 2)
    for _ in range(steps):
        features = random.random((30, 4), dtype=np.float32)
        query = np.array([1.0, random.integers(2)], np.float32)
        chosen = int(features[:, 1 if query[1] else 2].argmax())
        learn_choice(ranker, features, query, slopes_of(_scores(ranker, features, query), 30, chosen), rate)
    return ranker


def test_nothing_learned_scores_all_alike() -> None:
    assert _scores(new_ranker(3, 2), np.ones((5, 3), np.float32), np.ones(2, np.float32)).tolist() == [0.0] * 5


def test_first_step_follows_the_gradient_of_the_log_loss() -> None:
    random = np.random.default_rng(3)
    features, query = random.random((6, 4), dtype=np.float32), random.random(2, dtype=np.float32)
    ranker = Ranker(random.standard_normal((4, 2)).astype(np.float32), np.zeros((4, 2), np.float32))
    before = ranker.weight.copy()
    scores = features @ before @ query
    assert _scores(ranker, features, query) == pytest.approx(scores, rel=1e-5)
    chance = np.exp(scores) / np.exp(scores).sum()
    chance[2] -= 1
    gradient = np.outer(chance @ features, query)
    learn_choice(ranker, features, query, slopes_of(_scores(ranker, features, query), 6, 2), 0.1)
    assert ranker.squares == pytest.approx(gradient**2, rel=1e-3, abs=1e-7)
    assert before - ranker.weight == pytest.approx(0.1 * gradient / np.sqrt(gradient**2 + 1e-2), rel=1e-3, abs=1e-6)


def test_learns_what_tells_the_chosen_and_when() -> None:
    ranker = _taught(3_000, seed=1)
    random = np.random.default_rng(2)
    hits = 0
    for number in range(200):
        features = random.random((30, 4), dtype=np.float32)
        query = np.array([1.0, number % 2], np.float32)
        hits += _scores(ranker, features, query).argmax() == features[:, 1 if number % 2 else 2].argmax()
    assert hits > 170


def test_same_steps_give_the_same_weights() -> None:
    assert _taught(200, seed=5).weight.tobytes() == _taught(200, seed=5).weight.tobytes()


def test_only_the_first_candidates_count() -> None:
    features = np.ones((5, 2), np.float32)
    features[3:] = np.nan
    ranker = new_ranker(2, 1)
    learn_choice(ranker, features, np.ones(1, np.float32), slopes_of(np.zeros(5, np.float32), 3, 0), 0.1)
    assert np.isfinite(ranker.weight).all()
