"""Randomised logs: another policy is bracketed or refused, ours is replayed only on rows it would have chosen."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.bandit_log import Log, measure, read_log, replay, wilson

DATA = Path(__file__).parents[3] / "shared" / "data" / "open_bandit_dev"
RATES = np.array([[0.20, 0.05, 0.05, 0.05], [0.05, 0.05, 0.05, 0.20]])  # by context, action
OTHER = np.array([0.1, 0.2, 0.3, 0.4])


def write(path: Path, rows: int, seed: int) -> Path:
    """Two thirds of the rows chosen evenly, one third by another policy; position 2 is clicked half as often."""
    random = np.random.default_rng(seed)
    lines = ["policy,item,slot,click,p,q,who"]
    for _ in range(rows):
        even = random.random() < 2 / 3
        context, slot = int(random.integers(2)), int(random.integers(1, 3))
        item = int(random.choice(4, p=None if even else OTHER))
        click = int(random.random() < RATES[context, item] / slot)
        chance = 0.25 if even else OTHER[item]
        lines.append(f"{'even' if even else 'other'},{item},{slot},{click},{chance},{OTHER[item]},w{context}")
    path.write_text("\n".join(lines) + "\n")
    return path


def read(path: Path) -> Log:
    return read_log(path, "item", "click", "p", ["who"], "slot")


@pytest.mark.parametrize("asked", [{"target": [("policy", "other")]}, {"target_column": "q"}])
def test_the_other_policy_is_bracketed(tmp_path: Path, asked: dict[str, Any]) -> None:
    truth = float((RATES @ OTHER).mean() * 0.75)
    held = 0
    for seed in range(6):
        path = write(tmp_path / f"{seed}.csv", 8_000, seed)
        judged = measure(read(path), seed, where=[("policy", "even")], path=str(path), **asked)["evaluations"][0]
        assert judged["verdict"] != "refused", judged["reasons"]
        held += all(judged[name]["low"] <= truth <= judged[name]["high"] for name in ("ips", "snips", "dr"))
    assert held >= 5


def test_each_policy_is_judged_by_the_others_rows(tmp_path: Path) -> None:
    found = measure(read(write(tmp_path / "log.csv", 3_000, 1)), 1, policy="policy")
    assert {(evaluation["log"], evaluation["target"]) for evaluation in found["evaluations"]} == {
        ("policy=even", "policy=other"),
        ("policy=other", "policy=even"),
    }
    assert all(evaluation["verdict"] == "refused" for evaluation in found["evaluations"])
    assert set(found["replay"]) == {"policy=even", "policy=other"}


def test_even_rotation_is_judged_where_nothing_else_is_asked(tmp_path: Path) -> None:
    judged = measure(read(write(tmp_path / "log.csv", 15_000, 2)), 1, where=[("policy", "other")])["evaluations"][0]
    assert judged["target"] == "uniform"
    truth = float(RATES.mean() * 0.75)
    assert judged["snips"]["low"] <= truth <= judged["snips"]["high"]


def test_ours_replayed_wins_more_than_was_logged(tmp_path: Path) -> None:
    log = read(write(tmp_path / "log.csv", 30_000, 3))
    found = replay(log, log.rows([("policy", "even")]), seed=1)
    assert 0.2 < found["matched"] / found["rows"] < 0.3
    assert found["clicks"] >= 300
    assert found["verdict"] == "better"
    assert found == replay(log, log.rows([("policy", "even")]), seed=1)


def test_actions_the_log_never_took_are_unsupported(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    lines = [f"a,{n % 2},{int(n % 5 == 0)},0.5" for n in range(4_000)] + [f"b,{n % 4},0,0.25" for n in range(400)]
    path.write_text("\n".join(["policy,item,click,p", *lines]) + "\n")
    log = read_log(path, "item", "click", "p")
    judged = measure(log, 1, where=[("policy", "a")], target=[("policy", "b")])["evaluations"][0]
    assert judged["unsupported"] == pytest.approx(0.5)
    assert judged["verdict"] == "refused"


def test_columns_of_many_values_are_taken_together(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    lines = [f"{n % 2},0,0.5,{n / 7},name-{n}" for n in range(500)]
    path.write_text("\n".join(["item,click,p,age,name", *lines]) + "\n")
    assert len({context.own[0] for context in read_log(path, "item", "click", "p", ["age"]).contexts}) == 8
    assert len({context.own[0] for context in read_log(path, "item", "click", "p", ["name"]).contexts}) == 32


def test_no_shows_say_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.skipif(not DATA.exists(), reason="the public data set is not here")
@pytest.mark.parametrize("campaign", ["all", "men"])
def test_a_real_log_brackets_the_other_policy_and_gives_no_verdict_on_40_clicks(campaign: str) -> None:
    path = DATA / f"{campaign}_log.csv.gz"
    log = read_log(path, "item_id", "click", "propensity", ["user_0", "user_1"], "position")
    for judged in measure(log, 1, policy="policy")["evaluations"]:
        assert all(judged["holds_target"].values())
        assert judged["verdict"] == "refused"
        assert "clicks, 300 are needed" in judged["reasons"][0]
