"""The door of the bandit benchmark: one JSON object last, clear words for input it cannot use."""

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from bench import bandit, bandit_tests

TESTS = "test_id,arm,impressions,clicks\n" + "".join(
    f"t{test},{arm},1000,{10 + 8 * arm}\n" for test in range(4) for arm in range(2 + 4 * test)
)
LOG_OPTIONS = ["--action", "item", "--reward", "click", "--propensity", "p"]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert bandit.main(list(arguments)) == 0
    found: dict[str, Any] = orjson.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_tests_print_shares_by_policy_and_budget(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bandit_tests.measure, "__defaults__", ((100, 500),))
    monkeypatch.setattr(bandit_tests, "BUDGETS", (100, 500))
    path = tmp_path / "tests.csv.gz"
    path.write_bytes(gzip.compress(TESTS.encode()))
    found = run(capsys, "tests", str(path))
    assert (found["mode"], found["tests"], found["left_out"]) == ("tests", 4, 0)
    assert set(found["gap_recovered"]) == {"engine", *bandit_tests.BASELINES}
    assert all(set(shares) == {"100", "500"} for shares in found["gap_recovered"].values())
    assert found["gap_recovered"]["engine"]["500"] > 0.1
    assert {"standard_error", "seed", "constants", "machine"} <= set(found)
    assert run(capsys, "tests", str(path)) == found


def test_simulate_prints_shares_and_regret(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, "simulate", "--seeds", "1", "--visits", "400", "--seed", "5")
    assert (found["mode"], found["seeds"]) == ("simulate", [5])
    assert set(found["gap_recovered"]) == {"engine", "epsilon_greedy", "thompson", "lin_ucb"}
    assert len(found["regret_clicks"]["engine"]) == len(found["regret_clicks"]["visits"]) == 8
    assert found["regret_clicks"]["random"] == sorted(found["regret_clicks"]["random"])


@pytest.mark.parametrize(
    ("mode", "text", "said"),
    [
        ("tests", "test_id,arm,impressions\nt,0,1\n", "no column 'clicks'"),
        (
            "tests",
            "test_id,arm,impressions,clicks\nt,0,1,x\n",
            "row 2: clicks must be a whole number of 0 or more, got 'x'",
        ),
        ("tests", "test_id,arm,impressions,clicks\nt,0,1,2\n", "row 2: clicks 2 exceed impressions 1"),
        ("tests", "test_id,arm,impressions,clicks\nt,0,9,2\n", "no sound test"),
        ("log", "item,click\n1,0\n", "no column 'p'"),
        ("log", "item,click,p\n", "no rows"),
        ("log", "item,click,p\n1,0,0.5\n1,0,0\n", "row 3: p must be a number above 0 and at most 1, got '0'"),
        ("log", "item,click,p\n1,0,1.5\n", "row 2: p must be a number above 0 and at most 1, got '1.5'"),
        ("log", "item,click,p\n1,2,0.5\n", "row 2: click must be a number from 0 to 1, got '2'"),
        ("log", "item,click,p\n1,nan,0.5\n", "row 2: click must be a number from 0 to 1, got 'nan'"),
        ("log", "item,click,p\n1,0\n", "row 2: 2 values for 3 columns"),
    ],
)
def test_what_cannot_be_used_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mode: str, text: str, said: str
) -> None:
    path = tmp_path / "given.csv"
    path.write_text(text)
    assert bandit.main([mode, str(path), *(LOG_OPTIONS if mode == "log" else [])]) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bandit.main(["tests", str(tmp_path / "nowhere.csv")]) == 2
    assert "nowhere.csv" in capsys.readouterr().err


def test_columns_and_rows_asked_for_must_be_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "log.csv"
    path.write_text("item,click,p\n1,0,0.5\n")
    for more, said in (
        (["--where", "policy=a"], "no column 'policy'"),
        (["--where", "item=2"], "no row has item=2"),
        (["--target", "item=2"], "no row has item=2"),
        (["--target-column", "q"], "no column 'q'"),
        (["--context", "a", "b"], "no column 'a'"),
    ):
        assert bandit.main(["log", str(path), *LOG_OPTIONS, *more]) == 2
        assert said in capsys.readouterr().err
