"""Dead letters: listed newest first with the reason, and tried again."""

from pathlib import Path

import httpx

from shopwindow.embedded_stack import EmbeddedStack
from tests.shopwindow.commands.cli import KEYS, last_json, run, said


def test_events_that_could_not_be_used_are_listed_and_sent_again(
    tmp_path: Path, stack: EmbeddedStack, at: dict[str, str]
) -> None:
    bad = {"event": "survey_answered", "visitor_id": "lost", "params": {"nps": "lots"}}
    headers = {"Authorization": f"Bearer {KEYS.public_key}"}
    answer = httpx.post(f"{stack.url}/v1/events", json={"events": [bad]}, headers=headers).json()
    assert answer["accepted"] == 0
    letters = last_json(run(tmp_path, "dead-letters", "list", "--json", **at))
    assert letters[0]["code"] == "nps_invalid"
    assert "lots" in said(run(tmp_path, "dead-letters", "list", **at))
    result = run(tmp_path, "dead-letters", "replay", "--json", **at)
    answer = last_json(result)
    assert answer["accepted"] == 0
    assert answer["rejected"][-1]["code"] == "nps_invalid"
    again = last_json(run(tmp_path, "dead-letters", "replay", "--json", **at))
    assert again == {"accepted": 0, "restored": 0, "rejected": []}
    position = letters[0]["position"]
    older = last_json(run(tmp_path, "dead-letters", "list", "--before", position, "--json", **at))
    assert position not in [letter["position"] for letter in older]
