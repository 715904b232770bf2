"""Basket benchmark: the protocol on logs small enough for pencil and paper, and on the real log where present."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from bench import basket as bench
from bench.basket import baselines, engine, fit_part, found, scored, summary
from bench.baskets import Basket, read_baskets
from models.ranking.repurchase import REPURCHASE_FEATURES

DATA = Path(__file__).parents[3] / "shared" / "data"
JOURNEY = DATA / "complete_journey_dev" / "events.csv.gz"


def _log(text: str) -> list[Basket]:
    """Baskets such as `v:a,b`, one a day."""
    made = []
    for day, part in enumerate(text.split()):
        visitor, items = part.split(":")
        made.append(Basket(str(day), visitor, day * 86_400.0, dict.fromkeys(items.split(","), "")))
    return made


def test_the_first_fifth_and_first_baskets_are_not_scored() -> None:
    assert scored(_log("v:a v:a w:a v:b w:a x:a v:a x:b w:c v:a")) == [
        False, False, False, True, True, False, True, True, True, True,
    ]  # fmt: skip
    assert scored([]) == []


def test_hit_and_recall() -> None:
    (basket,) = _log("v:a,b,c,d")
    assert found(basket, ["a", "x"]) == (1.0, 0.25)
    assert found(basket, []) == (0.0, 0.0)


def test_baselines_rank_as_they_say() -> None:
    # v has bought a twice, then 20 items more: a leads by frequency and is not among the 20 latest.
    log = _log(f"v:a v:a v:{','.join(f'i{n}' for n in range(20))} v:a w:z w:i3 w:i3 w:i3")
    counts = [False] * 3 + [True] + [False] * 3 + [True]
    results = baselines(log, counts)
    assert results["personal"].tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert results["recent"].tolist() == [[0.0, 0.0], [1.0, 1.0]]
    assert results["pop"][0].tolist() == [1.0, 1.0]


def test_the_engine_is_asked_before_it_learns() -> None:
    log = _log("v:a v:b v:c")
    assert engine(log, [False, True, True]).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    log = _log("v:a v:a v:a v:b")
    # Bought once a day ago waits, unless it is known to be bought again.
    assert engine(log, [False, False, True, True])[0].tolist() == [1.0, 1.0]


def test_summary() -> None:
    values = summary(np.array([[1.0, 0.5], [0.0, 0.0]]))
    assert values == {"hr20": 0.5, "recall20": 0.25, "hr20_se": 0.35355, "recall20_se": 0.17678}
    assert summary(np.zeros((0, 2)))["hr20"] == 0.0


def test_a_log_with_only_visitor_day_and_item_is_read(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text("ts,visitor_id,item_id\n86400,v,a\n0,v,a\n0,v,b\n0,v,a\n0,w,a\n0,,a\n0,v,\n")
    lines, baskets = read_baskets(path)
    assert lines == 5
    assert [(basket.visitor_id, basket.at_s, list(basket.items)) for basket in baskets] == [
        ("v", 0.0, ["a", "b"]), ("w", 0.0, ["a"]), ("v", 86_400.0, ["a"]),
    ]  # fmt: skip


def test_only_purchases_count_and_missing_columns_are_told(tmp_path: Path) -> None:
    path = tmp_path / "events.csv.gz"
    text = (
        "ts,session_id,visitor_id,item_id,event_type,category\n1,s,v,a,view,x\n2,s,v,a,purchase,x\n3,s,v,b,purchase,\n"
    )
    path.write_bytes(gzip.compress(text.encode()))
    assert read_baskets(path) == (2, [Basket("s", "v", 2.0, {"a": "x", "b": ""})])
    path.write_bytes(gzip.compress(b"ts,item_id\n1,a\n"))
    with pytest.raises(ValueError, match=r"events\.csv\.gz has no column visitor_id"):
        read_baskets(path)


def _write(path: Path, baskets: int) -> None:
    lines = ["ts,session_id,visitor_id,item_id,event_type,category,brand,price,quantity"]
    lines += [
        f"{number * 40_000},s{number},v{number % 7},{item},purchase,c,,{number % 3 or ''},{number % 3 * 2_000}"
        for number in range(baskets)
        for item in (f"own {number % 7}", f"i{number % 31}")
    ]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))


@pytest.mark.parametrize("fit", [False, True])
def test_prints_one_object_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fit: bool
) -> None:
    path = tmp_path / "tiny.csv.gz"
    _write(path, 200)
    monkeypatch.setattr(
        "sys.argv", ["basket", "--events", str(path), "--json", *(["--fit"] if fit else ["--ablation"])]
    )
    assert bench.main() == 0
    printed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert printed["lines"] == 400
    assert set(printed["baselines"]) == {"pop", "personal", "recent"}
    for figures in (printed["engine"], *printed["baselines"].values()):
        assert set(figures) >= {"hr20", "recall20"}
    assert printed["seed"] == 0
    assert set(printed) >= {"baskets", "constants", "machine", "baskets_per_s"}
    if not fit:
        assert printed["baskets"] == 160
        assert printed["engine"]["hr20"] == 1.0
        assert set(printed["without"]) == set(bench.GROUPS)


def test_every_feature_is_in_one_group_or_always_needed() -> None:
    grouped = [feature for group in bench.GROUPS.values() for feature in group]
    assert sorted([0, *grouped]) == list(range(len(REPURCHASE_FEATURES)))


def test_constants_are_chosen_on_a_part_only() -> None:
    log = _log(" ".join(f"v{number % 40}:a" for number in range(400)))
    part = fit_part(log)
    visitors = {visitor.visitor_id for visitor in part}
    assert 5 < len(visitors) < 35
    assert max(entry.at_s for entry in part) < 250 * 86_400.0


@pytest.mark.slow
@pytest.mark.skipif(not JOURNEY.exists(), reason="the real log is not here")
def test_a_part_of_the_real_log_beats_personal_frequency_by_far() -> None:
    _, baskets = read_baskets(JOURNEY)
    assert (len(baskets), sum(scored(baskets))) == (78_536, 62_700)
    part = [basket for basket in baskets if basket.visitor_id.endswith("2")][:9_000]
    counts = scored(part)
    mine, plain = summary(engine(part, counts)), {k: summary(v) for k, v in baselines(part, counts).items()}
    assert mine["hr20"] >= plain["personal"]["hr20"] + 0.02
    assert mine["recall20"] >= max(figures["recall20"] for figures in plain.values()) + 0.01
