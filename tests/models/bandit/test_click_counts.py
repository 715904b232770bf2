"""Click counts: fading sums in any order, and the fit made of them is that of all impressions at once."""

from collections.abc import Sequence
from math import exp2
from random import Random
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from models.bandit.click_context import Context
from models.bandit.click_counts import CLICK_HALF_LIFE_S, ClickCounts
from models.bandit.click_weights import features_of, prior_of
from tests.models.checks import CHECKS, Case, state_of

Seen = tuple[str, Context, bool, float]  # creative, context, clicked, when
CONTEXTS = [
    Context(("affinity:high", "slot:hero:0"), ("affinity:high",)),
    Context(("device:mobile", "slot:hero:1"), ("device:mobile",)),
    Context(("slot:hero:0",)),
]


def seen(count: int, seed: int) -> list[Seen]:
    random = Random(seed)
    made = []
    for _ in range(count):
        creative, context = random.randrange(5), random.randrange(3)
        chance = 0.03 + 0.05 * creative + 0.1 * (context == 0)
        made.append((f"c{creative}", CONTEXTS[context], random.random() < chance, random.uniform(0, 30) * 86_400.0))
    return made


def learn(counts: ClickCounts, some: Sequence[Seen]) -> None:
    for creative, context, clicked, at_s in some:
        counts.add(creative, context, 1.0, float(clicked), at_s)


def reloaded(counts: ClickCounts) -> ClickCounts:
    made = ClickCounts(CLICK_HALF_LIFE_S, counts.max_cells)
    made.clock.landmark_s, made.latest_s = counts.clock.landmark_s, counts.latest_s
    made.refill(counts.cells())
    return made


def answers(counts: ClickCounts) -> Any:
    weights = counts.fit()
    return [weights.predict(f"c{number}", context) for number in range(6) for context in CONTEXTS]


CASE = Case[ClickCounts](
    name="click counts",
    new=lambda: ClickCounts(max_cells=1_000),
    learn=learn,
    answers=answers,
    reloaded=reloaded,
    state=state_of,
    size=len,
    most=1_000,
    events=seen(800, seed=1),
    many=[(f"once-{number}", CONTEXTS[number % 3], False, float(number)) for number in range(5_000)],
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_check(check: object) -> None:
    check(CASE)  # type: ignore[operator]


def test_the_fit_is_the_posterior_mode_of_all_impressions_at_once() -> None:
    impressions = seen(3_000, seed=2)
    counts = ClickCounts()
    learn(counts, impressions)
    found = counts.fit()

    names = list(found.weights)
    number = {name: place for place, name in enumerate(names)}
    rows = np.zeros((len(impressions), len(names)))
    for row, (creative, context, _, _) in enumerate(impressions):
        rows[row, [number[name] for name in features_of(creative, context)]] = 1.0
    clicked = np.array([impression[2] for impression in impressions], float)
    latest_s = max(impression[3] for impression in impressions)
    faded = np.array([exp2((impression[3] - latest_s) / CLICK_HALF_LIFE_S) for impression in impressions])
    means, variances = np.array([prior_of(name) for name in names]).T

    def loss(weights: np.ndarray[Any, Any]) -> tuple[float, np.ndarray[Any, Any]]:
        scores = rows @ weights
        chances = 1 / (1 + np.exp(-scores))
        off = weights - means
        lost = faded @ (np.logaddexp(0, scores) - clicked * scores) + 0.5 * (off**2 / variances).sum()
        return float(lost), rows.T @ (faded * (chances - clicked)) + off / variances

    batch = minimize(loss, means, jac=True, method="BFGS", options={"gtol": 1e-6}).x
    assert [found.weights[name] for name in names] == pytest.approx(batch.tolist(), abs=0.02)
    incremental = [found.predict(creative, context) for creative, context, _, _ in impressions[:100]]
    assert incremental == pytest.approx((1 / (1 + np.exp(-(rows[:100] @ batch)))).tolist(), rel=0.01)
    chances = 1 / (1 + np.exp(-(rows @ batch)))
    curve = rows.T @ (faded * chances * (1 - chances)) + 1 / variances
    for name, variance in found.variances.items():
        assert variance == pytest.approx(1 / curve[number[name]], rel=0.02)


def test_the_order_of_impressions_makes_no_difference() -> None:
    impressions = seen(500, seed=3)
    first, second = ClickCounts(), ClickCounts()
    learn(first, impressions)
    learn(second, sorted(impressions, key=lambda impression: impression[3]))
    assert answers(first) == pytest.approx(answers(second), rel=1e-3)


def test_what_is_old_counts_less_and_deviations_grow_again() -> None:
    counts = ClickCounts()
    counts.add("c", Context(), 1_000.0, 300.0, at_s=0.0)
    sure = counts.fit()
    counts.add("d", Context(), 1.0, 0.0, at_s=10 * CLICK_HALF_LIFE_S)
    later = counts.fit()
    assert later.variances["creative:c"] > 5 * sure.variances["creative:c"]
    assert later.predict("c", Context()) < sure.predict("c", Context())


def test_years_apart_overflow_nothing() -> None:
    counts = ClickCounts(half_life_s=60.0)
    for at_s in (0.0, 1e9, 2e9, 5.0):
        counts.add("c", Context(), 10.0, 5.0, at_s)
    assert 0.1 < counts.fit().predict("c", Context()) < 0.6


def test_the_slot_is_not_taken_for_taste() -> None:
    """A creative shown only in a slot that nobody looks at is expected to do as well as any other."""
    random = Random(5)
    counts = ClickCounts()
    for _ in range(20_000):
        creative = random.choice("abcd")
        # `a` is nearly always in the second slot, whose clicks are a fourth of the first's.
        slot = random.random() < (0.95 if creative == "a" else 0.3)
        chance = 0.05 if slot else 0.2
        counts.add(creative, Context((f"slot:hero:{int(slot)}",)), 1.0, float(random.random() < chance), at_s=0.0)
    weights = counts.fit()
    first = Context(("slot:hero:0",))
    assert weights.predict("a", first) == pytest.approx(weights.predict("b", first), rel=0.25)


def test_too_many_cells_are_folded_before_they_go() -> None:
    counts = ClickCounts(max_cells=80)
    for number in range(400):
        context = Context((f"hours:{number}", "affinity:high"), ("affinity:high",))
        counts.add("c", context, 10.0, 5.0, at_s=0.0)
    assert len(counts) <= 80
    assert sum(cell.shows for cell in counts.cells()) == pytest.approx(4_000.0)
    assert counts.fit().predict("c", Context(("affinity:high",), ("affinity:high",))) == pytest.approx(0.5, abs=0.05)


def test_a_bound_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="max_cells must be at least 8, got 3"):
        ClickCounts(max_cells=3)
