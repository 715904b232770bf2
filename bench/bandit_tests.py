"""Slot policy on A/B tests: each test is a slot with two or more arms; play an arm, draw a click at the arm's rate.

The engine is the click model the learner teaches and the chances slots are filled with. It decides anew only every few
shows, as a shop does that reads a snapshot now and then; the baselines decide anew at each show. Every test starts from
nothing. A policy's share is how much of the way from even rotation to the best arm it goes, over all shows so far.
"""

import csv
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import sqrt
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from models.bandit.click_context import Context
from models.bandit.click_model import ClickModel
from models.bandit.thompson import chances
from models.base.jit import kernel

BUDGETS: Final = (1_000, 5_000, 20_000)
ROUNDS: Final = ((1_000, 10), (5_000, 50), (20_000, 200))
"""Up to so many shows of a test, decide anew after so many."""
EPSILON: Final = 0.1
BASELINES: Final = {
    "thompson": ("beta", 1.8, 98.2),
    "thompson_flat_prior": ("beta", 1.0, 1.0),
    "epsilon_greedy": ("epsilon", EPSILON, 0.0),
}
"""Thompson sampling is told a prior click rate of 1.8 % worth 100 shows; with a flat prior it does worse."""
COLUMNS: Final = ("test_id", "arm", "impressions", "clicks")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AbTest:
    """One A/B test: the click rate of each arm."""

    test_id: str
    rates: Floats

    @property
    def held_out(self) -> bool:
        """Whether it is in the half no constant was chosen on: its id's digest is odd."""
        return bool(blake2b(self.test_id.encode(), digest_size=1).digest()[0] & 1)


def read_tests(path: Path) -> tuple[list[AbTest], int]:
    """Read the sound tests of a file and how many were left out: randomisation at risk, one arm only, or an arm without
    shows; raises `InputError`."""
    arms: dict[str, list[tuple[str, float]]] = {}
    left_out: set[str] = set()
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", newline="") as lines:
        rows = csv.DictReader(lines)
        for column in COLUMNS:
            if column not in (rows.fieldnames or ()):
                raise InputError(f"{path.name} has no column {column!r}; it has {', '.join(rows.fieldnames or ())}")
        for number, row in enumerate(rows, start=2):
            shows, clicks = (_count(path, number, name, row[name]) for name in ("impressions", "clicks"))
            if clicks > shows:
                raise InputError(f"{path.name} row {number}: clicks {clicks} exceed impressions {shows}")
            if _count(path, number, "randomisation_risk", row.get("randomisation_risk") or "0") or not shows:
                left_out.add(row["test_id"])
            arms.setdefault(row["test_id"], []).append((row["arm"], clicks / max(shows, 1)))
    left_out |= {test_id for test_id, found in arms.items() if len(found) < 2}
    sound = [
        AbTest(test_id, np.array([rate for _, rate in found]))
        for test_id, found in arms.items()
        if test_id not in left_out
    ]
    return sound, len(left_out)


def _count(path: Path, number: int, column: str, text: str | None) -> int:
    try:
        value = float(text or "")
        if value < 0 or value != int(value):
            raise ValueError
    except (ValueError, OverflowError):
        raise InputError(
            f"{path.name} row {number}: {column} must be a whole number of 0 or more, got {text!r}"
        ) from None
    return int(value)


def rounds(budgets: Sequence[int]) -> Iterator[int]:
    """Give after how many shows to decide anew, so that every budget ends a round.

    >>> list(rounds([1_015]))[-3:]
    [10, 10, 15]
    """
    shown = 0
    for budget in sorted(budgets):
        while shown < budget:
            size = next((size for until, size in ROUNDS if shown < until), ROUNDS[-1][1])
            size = min(size, budget - shown)
            shown += size
            yield size


def engine_rewards(test: AbTest, budgets: Sequence[int], random: np.random.Generator) -> list[float]:
    """Play a test with the engine; gives the clicks expected of what was shown, at each budget."""
    model, context = ClickModel(click_window_s=90.0), Context()
    arms = [str(arm) for arm in range(len(test.rates))]
    expected, shown, found = 0.0, 0, []
    for size in rounds(budgets):
        weights = model.weights()
        terms = [weights.terms(arm, context) for arm in arms]
        shows = random.multinomial(size, chances([term.score for term in terms], [term.deviation for term in terms]))
        clicks = random.binomial(shows, test.rates)
        for arm, seen, clicked in zip(arms, shows.tolist(), clicks.tolist(), strict=True):
            if seen:
                model.counts.add(arm, context, seen, clicked, at_s=0.0)
        expected += float(shows @ test.rates)
        shown += size
        if shown in budgets:
            found.append(expected)
    return found


def baseline_rewards(name: str, test: AbTest, budgets: Sequence[int], seed: int) -> list[float]:
    """Play a test with a baseline; gives the clicks expected of what was shown, at each budget."""
    kind, first, second = BASELINES[name]
    play = _play_thompson if kind == "beta" else _play_epsilon_greedy
    found: list[float] = play(test.rates, np.array(sorted(budgets)), first, second, seed).tolist()
    return found


@kernel
def _play_thompson(rates: Floats, budgets: NDArray[np.int64], clicks: float, ignored: float, seed: int) -> Floats:
    np.random.seed(seed)
    won, lost = np.full(len(rates), clicks), np.full(len(rates), ignored)
    found, expected, place = np.zeros(len(budgets)), 0.0, 0
    for shown in range(1, budgets[-1] + 1):
        arm, highest = 0, -1.0
        for candidate in range(len(rates)):
            drawn = np.random.beta(won[candidate], lost[candidate])
            if drawn > highest:
                arm, highest = candidate, drawn
        if np.random.random() < rates[arm]:
            won[arm] += 1.0
        else:
            lost[arm] += 1.0
        expected += rates[arm]
        if shown == budgets[place]:
            found[place] = expected
            place += 1
    return found


@kernel
def _play_epsilon_greedy(
    rates: Floats, budgets: NDArray[np.int64], epsilon: float, _unused: float, seed: int
) -> Floats:
    np.random.seed(seed)
    won, seen = np.zeros(len(rates)), np.zeros(len(rates))
    found, expected, place = np.zeros(len(budgets)), 0.0, 0
    for shown in range(1, budgets[-1] + 1):
        arm, highest, ties = 0, -1.0, 0
        if np.random.random() < epsilon:
            arm = np.random.randint(len(rates))
        else:
            for candidate in range(len(rates)):
                rate = won[candidate] / seen[candidate] if seen[candidate] else 0.0
                ties = ties + 1 if rate == highest else 1
                if rate > highest or (rate == highest and np.random.randint(ties) == 0):
                    arm, highest = candidate, rate
        seen[arm] += 1.0
        if np.random.random() < rates[arm]:
            won[arm] += 1.0
        expected += rates[arm]
        if shown == budgets[place]:
            found[place] = expected
            place += 1
    return found


def shares(tests: Sequence[AbTest], rewards: Floats, budgets: Sequence[int]) -> tuple[list[float], list[float]]:
    """Give the share of the gap at each budget, and its standard error.

    Clicks won over even rotation, as a mean over tests, over the mean of what the best arms would have won; the error
    is the ratio's over tests.

    Parameters
    ----------
    rewards
        Expected clicks, shape `(n_tests, n_budgets)`.
    """
    even = np.array([test.rates.mean() for test in tests])
    best = np.array([test.rates.max() for test in tests])
    found, errors = [], []
    for column, budget in enumerate(budgets):
        won, possible = rewards[:, column] / budget - even, best - even
        share = float(won.sum() / possible.sum()) if possible.sum() > 0 else 0.0
        residual = won - share * possible
        found.append(share)
        errors.append(float(sqrt((residual**2).sum()) / possible.sum()) if possible.sum() > 0 else 0.0)
    return found, errors


def measure(tests: Sequence[AbTest], seed: int, budgets: Sequence[int] = BUDGETS) -> dict[str, Any]:
    """Play all tests with engine and baselines; gives their shares over all tests and over the held-out half."""
    played: dict[str, Floats] = {
        "engine": np.array(
            [engine_rewards(test, budgets, np.random.default_rng([seed, index])) for index, test in enumerate(tests)]
        )
    }
    for name in BASELINES:
        played[name] = np.array(
            [baseline_rewards(name, test, budgets, seed * 1_000_003 + index) for index, test in enumerate(tests)]
        )
    held_out = np.array([test.held_out for test in tests])
    found: dict[str, Any] = {"gap_recovered": {}, "standard_error": {}, "held_out_half": {}}
    for name, rewards in played.items():
        share, error = shares(tests, rewards, budgets)
        found["gap_recovered"][name] = _by_budget(budgets, share)
        found["standard_error"][name] = _by_budget(budgets, error)
        if held_out.any():
            half = [test for test in tests if test.held_out]
            found["held_out_half"][name] = _by_budget(budgets, shares(half, rewards[held_out], budgets)[0])
    return found


def _by_budget(budgets: Sequence[int], values: Sequence[float]) -> dict[str, float]:
    return {str(budget): round(value, 4) for budget, value in zip(budgets, values, strict=True)}
