"""Quality benchmark: rules and baselines on a log small enough for pencil and paper, and on real logs where present."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from bench import quality
from bench.baselines import baseline_ranks
from bench.events_file import Events, Row, keep_steps, read_events

DATA = Path(__file__).parents[3] / "shared" / "data"
MULTI = DATA / "rees46_multi_2019_10_01" / "events.csv.gz"


def _log(text: str) -> Events:
    """Events such as `s1:a`, in order, one a second."""
    pairs = [part.split(":") for part in text.split()]
    return keep_steps(
        "log", [Row(float(ts), session, "", item, "view", "", "", None) for ts, (session, item) in enumerate(pairs)]
    )


def _ranks(events: Events, name: str) -> tuple[list[int], list[int]]:
    steps = quality.steps_of(events, "prequential")
    scored = np.array([len(events) - 1 == index for index in range(len(events))])
    found = baseline_ranks(events.item, events.session, steps.learned, scored, [name])[name]
    return found[0][scored].tolist(), found[1][scored].tolist()


def test_repeats_of_a_sessions_last_item_and_rows_without_item_are_dropped() -> None:
    events = _log("s1:a s1:a s2:a s1:b s1: s1:b s1:a")
    assert [(row.session_id, row.item_id) for row in events.rows] == [
        ("s1", "a"), ("s2", "a"), ("s1", "b"), ("s1", "a"),
    ]  # fmt: skip
    assert events.item.tolist() == [0, 0, 1, 0]
    assert events.session.tolist() == [0, 1, 0, 0]


def test_steps_of_both_protocols() -> None:
    events = _log("s1:a s1:b s2:a s2:b s2:a s3:a s3:c s4:a s1:c s4:d")
    steps = quality.steps_of(events, "prequential")
    # The first 20 % teach only; each session's first event is no step.
    assert steps.scored.nonzero()[0].tolist() == [3, 4, 6, 8, 9]
    assert (steps.scored & steps.new).nonzero()[0].tolist() == [3, 6, 8, 9]
    assert (steps.scored & steps.cold).nonzero()[0].tolist() == [6, 9]
    assert steps.learned.all()
    steps = quality.steps_of(_log("s1:a s1:b s2:a s2:b s3:a s3:c s4:a s4:d s5:a s5:c s1:c s6:e"), "split")
    # Frozen at event 9 of 12: of the sessions after it only s6, which has one event, began late enough.
    assert steps.learned.tolist() == [True] * 9 + [False] * 3
    assert steps.scored.sum() == 0


def test_pop_ranks_by_count_and_leaves_out_the_session() -> None:
    # a 3, b 2, c 1: from b, the target c stands behind a; a itself is not in the session.
    events = _log("s1:a s2:a s3:a s4:b s5:b s6:c s7:b s7:c")
    assert _ranks(events, "pop") == ([2], [2])
    # With a in the session too, it is left out of the list for discovery only.
    events = _log("s1:a s2:a s3:a s4:b s5:b s6:c s7:a s7:b s7:c")
    assert _ranks(events, "pop") == ([2], [1])


def test_cooc_counts_sessions_both_ways() -> None:
    # With a: b twice, c once, x once; of equal counts the first counted leads.
    assert _ranks(_log("s1:b s1:a s2:a s2:b s3:c s3:a s4:a s4:x s5:a s5:c"), "cooc")[0] == [2]
    assert _ranks(_log("s1:b s1:a s2:a s2:b s3:c s3:a s4:a s4:x s5:a s5:x"), "cooc")[0] == [3]


def test_seq_counts_what_comes_after_by_distance() -> None:
    # After a: b 1, c 1/2 + 1. Before a does not count, so z comes only by popularity, behind both.
    events = _log("s1:a s1:b s1:c s2:z s2:a s2:c s3:a s3:c")
    assert _ranks(events, "seq")[0] == [1]
    assert _ranks(_log("s1:a s1:b s1:c s2:z s2:a s2:c s3:a s3:b"), "seq")[0] == [2]
    assert _ranks(_log("s1:a s1:b s1:c s2:z s2:a s2:c s3:a s3:z"), "seq")[0] == [3]


def test_vsknn_lets_the_most_similar_sessions_vote() -> None:
    # Asked from a, b (b last): s1 shares both and votes for c, s2 shares only a and votes for d.
    log = "s1:a s1:b s1:c s2:a s2:d s3:x s3:y s4:a s4:b"
    assert _ranks(_log(f"{log} s4:c"), "vsknn") == ([1], [1])
    assert _ranks(_log(f"{log} s4:d"), "vsknn") == ([2], [2])
    # a, which nearly every session has, gets a vote of little weight: behind d.
    assert _ranks(_log(f"{log} s4:a"), "vsknn") == ([3], [0])


def test_never_seen_is_a_miss() -> None:
    for name in ("pop", "cooc", "seq", "vsknn"):
        assert _ranks(_log("s1:a s1:b s2:a s2:new"), name) == ([0], [0])


def test_figures() -> None:
    steps = quality.steps_of(_log("s1:a s1:b s1:a s1:c s1:d"), "prequential")
    places = np.array([0, 1, 2, 0, 21]), np.array([0, 1, 0, 4, 0])
    assert quality.figures(places, steps) == {
        "all": {"hr20": 0.5, "mrr20": 0.375, "se": 0.25},
        "new": {"hr20": 0.66667, "mrr20": 0.41667, "se": 0.27217},
    }


def test_seconds_of() -> None:
    assert [quality.seconds_of(text) for text in ("0s", "10m", "1h", "2d")] == [0.0, 600.0, 3_600.0, 172_800.0]
    with pytest.raises(Exception, match="got '5y'"):
        quality.seconds_of("5y")


def test_a_file_without_the_columns_is_told_by_name(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv.gz"
    path.write_bytes(gzip.compress(b"ts,item\n1,a\n"))
    with pytest.raises(ValueError, match=r"bad\.csv\.gz has no column item_id, session_id"):
        read_events(path)


def test_prints_one_object_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["ts,session_id,visitor_id,item_id,event_type,category,brand,price,quantity"]
    lines += [f"{ts},s{ts // 4},v,i{ts % 5},view,a.b,x,{ts % 5 + 1},1" for ts in range(200)]
    path = tmp_path / "tiny.csv.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    for protocol, more in (("prequential", ["--delay", "0s,1h"]), ("split", [])):
        arguments = ["quality", "--events", str(path), "--protocol", protocol, *more, "--json"]
        monkeypatch.setattr("sys.argv", arguments)
        assert quality.main() == 0
        printed = json.loads(capsys.readouterr().out.splitlines()[-1])
        (one,) = printed["sets"]
        assert one["name"] == "tiny"
        assert one["steps"] == (120 if protocol == "prequential" else 30)
        assert set(one["baselines"]) == {"pop", "cooc", "seq", "vsknn"}
        assert set(one["engine"]["new"]) == {"hr20", "mrr20", "se"}
        assert printed["seed"] == 0
        if protocol == "prequential":
            assert one["delay"]["0s"]["all"]["hr20"] == pytest.approx(one["engine"]["all"]["hr20"], abs=0.05)


@pytest.mark.slow
@pytest.mark.skipif(not MULTI.exists(), reason="the real logs are not here")
def test_the_smallest_real_log_gives_the_published_table() -> None:
    found = quality.measure(read_events(MULTI), "prequential")
    assert found["steps"] == 6_930
    assert found["cold"] == pytest.approx(0.49, abs=0.005)
    table = {
        "pop": (0.057, 0.013, 0.054, 0.013),
        "cooc": (0.212, 0.103, 0.116, 0.045),
        "seq": (0.127, 0.057, 0.105, 0.045),
        "vsknn": (0.171, 0.070, 0.134, 0.049),
    }
    for name, (all_hr, all_mrr, new_hr, new_mrr) in table.items():
        one = found["baselines"][name]
        assert (one["all"]["hr20"], one["all"]["mrr20"]) == pytest.approx((all_hr, all_mrr), abs=0.005)
        assert (one["new"]["hr20"], one["new"]["mrr20"]) == pytest.approx((new_hr, new_mrr), abs=0.005)
    assert found["engine"]["new"]["hr20"] >= 0.134 + 0.045
    assert found["engine"]["new"]["mrr20"] >= 0.049 * 1.11
