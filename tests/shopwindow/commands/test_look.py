"""Recorded events are sent and accounted for; a visitor and a report are shown in each of their forms."""

import csv
import io
from pathlib import Path

import httpx
import pytest

from shopwindow.embedded_stack import EmbeddedStack
from shopwindow.replay import COLUMNS
from tests.shopwindow.commands.cli import KEYS, last_json, run, said


def test_a_replay_accounts_for_every_row_and_the_visitor_is_there(tmp_path: Path, at: dict[str, str]) -> None:
    rows = [
        {
            "ts": str(1_700_000_000 + number),
            "session_id": f"s{number % 4}",
            "visitor_id": f"r{number % 4}",
            "item_id": f"i{number % 7}",
            "event_type": "view" if number % 5 else "cart",
            "category": f"top{number % 2}.low{number % 3}",
            "brand": "tall",
            "price": "19.5",
            "quantity": "1",
        }
        for number in range(60)
    ]
    rows += [rows[3], rows[3], rows[40]]
    rows.append({**rows[0], "ts": "1700", "price": "9"})
    path = tmp_path / "events.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    result = run(tmp_path, "replay", path, "--json", **at)
    account = last_json(result)
    assert (account["rows"], account["accepted"], account["rejected"], account["lost"]) == (64, 63, 1, 0)
    assert (account["applied"], account["duplicates"], account["dead_letters"]) == (60, 3, 0)
    assert "got 1700" in result.stderr
    shown = said(run(tmp_path, "visitor", "r1", **at))
    assert "r1" in shown
    profile = last_json(run(tmp_path, "visitor", "r1", "--json", **at))
    assert profile["visitor_id"] == "r1"
    again = last_json(run(tmp_path, "replay", path, "--json", **at))
    assert (again["applied"], again["duplicates"], again["lost"]) == (0, 63, 0)


@pytest.fixture
def bought(stack: EmbeddedStack) -> None:
    """A visit with an order."""
    headers = {"Authorization": f"Bearer {KEYS.public_key}"}
    look = {"event": "view_item", "visitor_id": "buyer", "items": [{"item_id": "a"}], "timestamp": "2026-03-04"}
    order = {**look, "event": "purchase", "params": {"transaction_id": "o-1", "value": 12.5}}
    httpx.post(f"{stack.url}/v1/events", json={"events": [look, order]}, headers=headers).raise_for_status()


@pytest.mark.usefixtures("bought")
def test_a_report_says_the_same_in_every_form(tmp_path: Path, at: dict[str, str]) -> None:
    days = ("--from", "2026-03-04", "--to", "2026-03-04")
    body = last_json(run(tmp_path, "report", "funnel", *days, "--format", "json", **at))
    assert body["rows"][0] == {"step": "visits", "visits": 1, "share_of_visits": 1.0, "share_of_step_before": 1.0}
    written = said(run(tmp_path, "report", "funnel", *days, "--format", "csv", **at))
    rows = list(csv.DictReader(io.StringIO(written)))
    assert [(row["step"], int(row["visits"])) for row in rows] == [(row["step"], row["visits"]) for row in body["rows"]]
    table = said(run(tmp_path, "report", "funnel", *days, **at))
    assert all(row["step"] in table for row in body["rows"])
    drawn = said(run(tmp_path, "report", "funnel", *days, "--format", "svg", **at))
    assert drawn.startswith("<svg")
    assert "2026-03-04 to 2026-03-04" in drawn


def test_a_report_nobody_makes_and_a_day_that_is_none_are_named(tmp_path: Path, at: dict[str, str]) -> None:
    for arguments, named in ((("report", "fun/nel"), "fun/nel"), (("report", "funnel", "--from", "soon"), "soon")):
        result = run(tmp_path, *arguments, **at)
        assert (result.returncode, named in result.stderr) == (1, True), result.stderr


def test_a_visitor_nobody_has_seen_is_told_so(tmp_path: Path, at: dict[str, str]) -> None:
    result = run(tmp_path, "visitor", "a/b c", **at)
    assert result.returncode == 1
    assert "/v1/visitors/a%2Fb%20c: 404" in result.stderr
