"""Popularity: what is wanted lately, held against a computation at once."""

from collections.abc import Sequence
from math import exp2
from random import Random

import pytest

from models.base.decay import Fading
from models.ranking.popularity import Popularity
from tests.models.checks import CHECKS, Case, reloaded, state_of

Want = tuple[int, float, float]


def wants(count: int, items: int, seed: int, half_lives: float = 20.0) -> list[Want]:
    random = Random(seed)
    return [
        (random.randrange(items), random.choice([1.0, 3.0, 5.0]), random.uniform(0, half_lives * 60.0))
        for _ in range(count)
    ]


def learn(model: Popularity, some: Sequence[Want]) -> None:
    for item, weight, at_s in some:
        model.learn_one(item, weight, at_s)


CASE = Case[Popularity](
    name="popularity",
    new=lambda: Popularity(60.0),
    learn=learn,
    answers=lambda model: model.scores(50).tolist(),
    reloaded=reloaded,
    state=state_of,
    size=lambda model: len(model.weights),
    most=2_048,  # numbers up to 1,999 below
    events=wants(400, 50, seed=1),
    many=[(number % 2_000, 1.0, float(number)) for number in range(5_000)],
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_check(check: object) -> None:
    check(CASE)  # type: ignore[operator]


@pytest.mark.parametrize("half_lives", [20.0, 3_000.0])
def test_online_agrees_with_a_batch_computation(half_lives: float) -> None:
    """In any order, and over times that make the weights start over."""
    some = wants(500, 30, seed=2, half_lives=half_lives)
    if half_lives > 100:
        some.sort(key=lambda want: want[2])
    model = Popularity(60.0)
    learn(model, some)
    latest_s = max(at_s for _, _, at_s in some)
    batch = [0.0] * 30
    for item, weight, at_s in some:
        batch[item] += weight * exp2((at_s - latest_s) / 60.0)
    assert model.scores(30).tolist() == pytest.approx([value / max(batch) for value in batch], abs=1e-6)


def test_items_past_what_was_learned_score_0() -> None:
    model = Popularity(60.0)
    assert model.scores(3).tolist() == [0.0, 0.0, 0.0]
    model.learn_one(1, 2.0, at_s=0.0)
    assert model.scores(3_000).tolist() == [0.0, 1.0] + [0.0] * 2_998
    assert model.scores(0).tolist() == []


def test_a_half_life_of_0_is_refused() -> None:
    with pytest.raises(ValueError, match="half_life_s must be above 0, got 0"):
        Fading(0)
