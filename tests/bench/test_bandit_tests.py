"""A/B tests: read as they are told, played by shares that can be checked by hand."""

from pathlib import Path

import numpy as np
import pytest

from bench.bandit_tests import BASELINES, AbTest, baseline_rewards, engine_rewards, read_tests, rounds, shares

DATA = Path(__file__).parents[3] / "shared" / "data" / "upworthy_tests_dev" / "tests.csv.gz"


def test_unsound_tests_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "tests.csv"
    path.write_text(
        "test_id,arm,impressions,clicks,randomisation_risk\n"
        "sound,0,100,1,0\nsound,1,100,2,0\n"
        "risk,0,100,1,1\nrisk,1,100,2,1\n"
        "alone,0,100,1,0\n"
        "unseen,0,100,1,0\nunseen,1,0,0,0\n"
    )
    tests, left_out = read_tests(path)
    assert ([test.test_id for test in tests], left_out) == (["sound"], 3)
    assert tests[0].rates.tolist() == [0.01, 0.02]


def test_shares_are_those_of_the_summed_gap() -> None:
    tests = [AbTest("a", np.array([0.0, 0.1])), AbTest("b", np.array([0.0, 0.3]))]
    found, errors = shares(tests, np.array([[10.0], [15.0]]), [100])
    assert found == pytest.approx([(0.05 + 0.0) / (0.05 + 0.15)])
    assert errors[0] > 0
    assert shares(tests, np.array([[5.0], [15.0]]), [100])[0] == pytest.approx([0.0])


def test_rounds_end_at_every_budget() -> None:
    ends = np.cumsum(list(rounds((1_000, 5_000, 20_000)))).tolist()
    assert {1_000, 5_000, 20_000} <= set(ends)
    assert ends[-1] == 20_000


@pytest.mark.parametrize("arms", [2, 14])
def test_everyone_finds_the_best_arm(arms: int) -> None:
    tests = [AbTest(str(number), np.linspace(0.01, 0.08, arms)) for number in range(5)]
    budgets = (4_000,)
    random = np.random.default_rng(1)
    played = {"engine": [engine_rewards(test, budgets, random) for test in tests]}
    for name in BASELINES:
        played[name] = [baseline_rewards(name, test, budgets, number) for number, test in enumerate(tests)]
    for name, rewards in played.items():
        assert shares(tests, np.array(rewards), budgets)[0][0] > 0.4, name


def test_where_all_arms_are_alike_there_is_no_gap() -> None:
    tests = [AbTest("a", np.array([0.02, 0.02]))]
    rewards = np.array([engine_rewards(tests[0], (100,), np.random.default_rng(1))])
    assert shares(tests, rewards, (100,)) == ([0.0], [0.0])


@pytest.mark.skipif(not DATA.exists(), reason="the public data set is not here")
def test_the_engine_is_ahead_on_real_tests() -> None:
    tests = [test for test in read_tests(DATA)[0] if test.held_out][:250]
    budgets = (1_000, 5_000)
    mine = [engine_rewards(test, budgets, np.random.default_rng([1, n])) for n, test in enumerate(tests)]
    flat = [baseline_rewards("thompson_flat_prior", test, budgets, n) for n, test in enumerate(tests)]
    assert shares(tests, np.array(mine), budgets)[0][1] > shares(tests, np.array(flat), budgets)[0][1]
