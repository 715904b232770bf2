"""Sketch: exact enough after thousands of 16-bit writes, whatever the order of arrival."""

import itertools
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from models.catalog.feature_hashing import DIM, Vector, vector_of
from models.visitor.interest_sketch import HALF_LIVES_S, REBASE_AFTER_S, Sketches, directions
from tests.models.makers import START_S

HALF_LIVES = np.array(HALF_LIVES_S)[:, None]


def point(number: int) -> Vector:
    return vector_of((f"category:{number}", f"brand:{number % 7}"))


def exact(events: list[tuple[int, float, float]], at_s: float) -> NDArray[np.float64]:
    """Computed at once in float64: what was looked at, how strongly, when."""
    total = np.zeros((3, DIM))
    for number, weight, when_s in events:
        total += weight * np.exp2((when_s - at_s) / HALF_LIVES) * point(number).astype(np.float64)
    return total


def learned(events: list[tuple[int, float, float]]) -> Sketches:
    sketches = Sketches([b""])
    for number, weight, when_s in events:
        sketches.add([0], point(number)[None], [weight], [when_s])
    return sketches


def off_by(found: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    return float((np.linalg.norm(found - wanted, axis=1) / np.linalg.norm(wanted, axis=1)).max())


LOOKS = [(1, 1.0, START_S), (2, 3.0, START_S + 600.0), (3, -1.5, START_S + 5_000.0), (1, 5.0, START_S + 4.0)]


@pytest.mark.parametrize("events", list(itertools.permutations(LOOKS)))
def test_arrival_order_does_not_matter(events: tuple[tuple[int, float, float], ...]) -> None:
    found = learned(list(events)).as_of(0, START_S + 5_000.0)
    assert found == pytest.approx(exact(LOOKS, START_S + 5_000.0), rel=1e-9, abs=1e-12)


def test_ten_thousand_writes_stay_within_one_percent_of_float64() -> None:
    random = Random(5)
    stored, at_s, events = b"", START_S, []
    for position in range(1, 10_001):
        at_s += random.expovariate(1 / 60)
        late_s = random.uniform(0, 3_600) if random.random() < 0.1 else 0.0
        event = (random.randrange(12), random.choice([1.0, 1.0, 3.0, -1.5, 5.0]), at_s - late_s)
        events.append(event)
        sketches = Sketches([stored])
        sketches.add([0], point(event[0])[None], [event[1]], [event[2]])
        [stored] = sketches.encode([position])
    assert off_by(Sketches([stored]).as_of(0, at_s), exact(events, at_s)) < 0.01


def test_a_late_event_counts_as_much_as_in_time() -> None:
    """Also where the landmark has moved up meanwhile, so that little is left of it at the short half-life."""
    events = [(1, 1.0, START_S), (2, 1.0, START_S + 2 * REBASE_AFTER_S), (3, 2.0, START_S + 100.0)]
    at_s = START_S + 2 * REBASE_AFTER_S
    assert learned(events).as_of(0, at_s) == pytest.approx(exact(events, at_s), rel=1e-9, abs=1e-12)


def test_years_apart_nothing_overflows() -> None:
    events = [(1, 1.0, START_S), (2, 1.0, START_S + 20 * 365 * 86_400.0), (3, 1.0, START_S)]
    sketches = learned(events)
    assert np.isfinite(sketches.values).all()
    assert directions(sketches.encode([3])[0]) == pytest.approx(np.tile(point(2), (3, 1)), abs=1e-3)


def test_many_visitors_at_once_are_stored_like_each_alone() -> None:
    random = Random(6)
    looks = [(row, random.randrange(9), START_S + random.uniform(0, 90_000)) for row in range(7) for _ in range(row)]
    together = Sketches([b""] * 7)
    together.add(
        [row for row, _, _ in looks],
        np.stack([point(number) for _, number, _ in looks]),
        [1.0] * len(looks),
        [at_s for _, _, at_s in looks],
    )
    stored = together.encode(list(range(10, 17)))
    for row in range(7):
        own = [(number, at_s) for owner, number, at_s in looks if owner == row]
        alone = Sketches([b""])
        if own:
            alone.add([0] * len(own), np.stack([point(n) for n, _ in own]), [1.0] * len(own), [at for _, at in own])
        assert alone.encode([10 + row]) == [stored[row]]
    assert stored[0] == b""
    assert Sketches(stored).encode(list(range(20, 27))) == [
        Sketches([value]).encode([20 + row])[0] for row, value in enumerate(stored)
    ]


def test_what_no_event_touches_is_stored_the_same_again() -> None:
    [stored] = learned(LOOKS).encode([1])
    again = stored
    for position in range(2, 200):
        [again] = Sketches([again]).encode([position])
    assert again == stored


def test_directions_have_length_1_and_an_empty_sketch_has_none() -> None:
    [stored] = learned(LOOKS).encode([4])
    assert np.linalg.norm(directions(stored), axis=1) == pytest.approx(np.ones(3))
    assert not directions(b"").any()
