"""Off-policy estimates: they bracket a known truth, or the log is refused."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.bandit.off_policy import Judgement, effective_size, judge_policy

ACTIONS = 6
RATES = np.array([[0.02, 0.04, 0.06, 0.08, 0.10, 0.12], [0.12, 0.10, 0.08, 0.06, 0.04, 0.02]])  # by context, action
LOGGING = np.array([[0.3, 0.2, 0.2, 0.1, 0.1, 0.1], [0.25, 0.25, 0.2, 0.1, 0.1, 0.1]])
OTHER = np.array([[0.05, 0.05, 0.1, 0.2, 0.3, 0.3], [0.1, 0.3, 0.3, 0.1, 0.1, 0.1]])
TRUTH = float((OTHER * RATES).sum(axis=1).mean())


def logged(rows: int, seed: int, chances: NDArray[np.float64] = LOGGING) -> dict[str, Any]:
    """A log of two contexts, equally often; its reward model knows each action's rate, but no context."""
    random = np.random.default_rng(seed)
    context = random.integers(2, size=rows)
    action = (random.random(rows)[:, None] > chances.cumsum(axis=1)[context]).sum(axis=1).clip(max=ACTIONS - 1)
    rewards = (random.random(rows) < RATES[context, action]).astype(float)
    model = RATES.mean(axis=0)
    return {
        "rewards": rewards,
        "propensities": chances[context, action],
        "target": OTHER[context, action],
        "predicted": model[action],
        "direct": OTHER[context] @ model,
    }


def held(judged: Judgement) -> dict[str, bool]:
    return {name: getattr(judged, name).low <= TRUTH <= getattr(judged, name).high for name in ("ips", "snips", "dr")}


def test_intervals_hold_the_truth_in_nine_of_ten_logs() -> None:
    judged = [judge_policy(**logged(8_000, seed), seed=seed) for seed in range(30)]
    assert all(estimate.verdict != "refused" for estimate in judged)
    for name in ("ips", "snips", "dr"):
        assert sum(held(estimate)[name] for estimate in judged) >= 27
    assert np.mean([estimate.dr.value for estimate in judged]) == pytest.approx(TRUTH, rel=0.02)
    assert np.mean([estimate.ips.value for estimate in judged]) == pytest.approx(TRUTH, rel=0.02)


def test_a_better_policy_is_told_from_the_one_that_logged() -> None:
    judged = judge_policy(**logged(20_000, seed=1))
    assert (judged.verdict, judged.reasons) == ("better", ())
    assert judged.gain.low > 0
    back = logged(20_000, seed=2, chances=OTHER)
    random = np.random.default_rng(0)
    worst = judge_policy(**{**back, "target": back["target"] * random.permutation(np.tile([0.5, 1.5], 10_000))})
    assert worst.verdict in ("not told apart", "worse")


def test_a_reward_model_narrows_the_interval() -> None:
    judged = judge_policy(**logged(20_000, seed=3))
    assert judged.dr.high - judged.dr.low < judged.ips.high - judged.ips.low


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rows": 2_000}, "clicks, 300 are needed"),
        ({"unsupported": 0.05}, "5.0% of the policy's choices were never logged"),
        ({"never": 4}, "the weights' mean is"),
        ({"rare": 5}, "of all weight"),
    ],
)
def test_a_log_that_cannot_carry_a_verdict_is_refused(change: dict[str, Any], reason: str) -> None:
    chances = LOGGING.copy()
    if "never" in change:
        chances[:, change["never"]] = 0.0
    if "rare" in change:
        chances[:, change["rare"]] = 0.0002
    chances /= chances.sum(axis=1, keepdims=True)
    log = logged(change.get("rows", 20_000), seed=3, chances=chances)
    judged = judge_policy(**log, unsupported=change.get("unsupported", 0.0))
    assert judged.verdict == "refused"
    assert any(reason in why for why in judged.reasons)


def test_thin_support_is_refused_in_nearly_every_log() -> None:
    """The other policy mostly does what the log did once in a thousand times."""
    chances = np.array([[0.4975, 0.4975, 0.002, 0.001, 0.001, 0.001]] * 2)
    judged = [judge_policy(**logged(10_000, seed, chances)) for seed in range(20)]
    assert sum(estimate.verdict == "refused" for estimate in judged) >= 19


def test_a_log_of_the_judged_policy_itself_says_its_own_rate() -> None:
    log = logged(9_000, seed=4, chances=OTHER)
    judged = judge_policy(**log)
    assert judged.ips.value == judged.snips.value == pytest.approx(judged.logged)
    assert judged.effective_sample == pytest.approx(9_000)
    assert judged.mean_weight == pytest.approx(1.0)
    assert judged.verdict == "not told apart"


def test_same_seed_same_interval() -> None:
    log = logged(5_000, seed=5)
    assert judge_policy(**log, seed=1) == judge_policy(**log, seed=1)
    assert judge_policy(**log, seed=1).ips != judge_policy(**log, seed=2).ips


def test_nothing_supported_is_refused_and_divides_by_nothing() -> None:
    zeros = np.zeros(10)
    judged = judge_policy(zeros, np.full(10, 0.5), zeros, zeros, zeros)
    assert (judged.verdict, judged.snips.value, judged.effective_sample) == ("refused", 0.0, 0.0)


def test_effective_size_counts_equal_weights() -> None:
    assert effective_size(np.full(7, 3.0)) == pytest.approx(7.0)
    assert effective_size(np.array([1e9, 1.0, 1.0])) == pytest.approx(1.0)


@pytest.mark.parametrize("bad", [0.0, -0.1, 1.5])
def test_a_chance_that_is_none_is_refused(bad: float) -> None:
    one = np.ones(1)
    with pytest.raises(ValueError, match="propensities must be above 0 and at most 1"):
        judge_policy(one, np.array([bad]), one, one, one)


def test_an_empty_log_is_refused() -> None:
    none = np.zeros(0)
    with pytest.raises(ValueError, match="0 rows"):
        judge_policy(none, none, none, none, none)
