"""Triggers: set by a file, shown, tried on a visitor, removed."""

import time
from pathlib import Path

import httpx

from shopwindow.embedded_stack import EmbeddedStack
from tests.shopwindow.commands.cli import KEYS, last_json, run, said


def test_triggers_are_set_by_a_file_and_what_they_send_is_told(
    tmp_path: Path, stack: EmbeddedStack, at: dict[str, str]
) -> None:
    display = tmp_path / "triggers.yaml"
    display.write_text(
        "contact_policy: {quiet_hours: {from: '01:00', to: '01:01'}, time_zone: Europe/Berlin}\n"
        "triggers:\n"
        "  - {trigger_id: callback, when: {event: {name: generate_lead, after: 0s}}, purpose: service}\n"
        "  - {trigger_id: hesitation, enabled: false, when: {hesitation: {}}}\n"
    )
    told = said(run(tmp_path, "apply", display, **at))
    assert told == "contact policy: set\ntriggers: 1 created, 1 changed, 0 unchanged\n"
    told = said(run(tmp_path, "apply", display, **at))
    assert told == "contact policy: set\ntriggers: 0 created, 0 changed, 2 unchanged\n"
    listed = said(run(tmp_path, "triggers", "list", **at))
    assert all(name in listed for name in ("callback", "generate_lead", "cart-left", "off"))
    headers = {"Authorization": f"Bearer {KEYS.public_key}"}
    lead = {"event": "generate_lead", "visitor_id": "lead-1"}
    httpx.post(f"{stack.url}/v1/events", json={"events": [lead]}, headers=headers).raise_for_status()
    deadline_s = time.monotonic() + 20
    while "callback" not in (journal := said(run(tmp_path, "journal", "--visitor", "lead-1", **at))):
        assert time.monotonic() < deadline_s
    assert "sent" in journal
    (entry,) = last_json(run(tmp_path, "journal", "--visitor", "lead-1", "--json", **at))
    assert entry["trigger_id"] == "callback"
    preview = said(run(tmp_path, "triggers", "preview", "lead-1", display, **at))
    assert "callback would" in preview
    said(run(tmp_path, "triggers", "delete", "callback", **at))
    assert "callback" not in said(run(tmp_path, "triggers", "list", **at))
    assert said(run(tmp_path, "undelivered", "list", **at)) == "everything was delivered\n"
    assert said(run(tmp_path, "undelivered", "replay", **at)) == "0 are tried again\n"
    display.write_text("contact_policy: {time_zone: Mars}\n")
    result = run(tmp_path, "apply", display, **at)
    assert (result.returncode, "Mars" in result.stderr) == (1, True)


def test_a_file_without_triggers_cannot_be_tried(tmp_path: Path, at: dict[str, str]) -> None:
    display = tmp_path / "display.yaml"
    display.write_text("placements: [{placement_id: hero, slots: 2}]\n")
    result = run(tmp_path, "triggers", "preview", "v", display, **at)
    assert (result.returncode, f"{display} has no triggers" in result.stderr) == (1, True)


def test_a_preview_without_a_file_says_what_is_armed_and_nobody_is_an_error(
    tmp_path: Path, stack: EmbeddedStack, at: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {KEYS.public_key}"}
    seen = {"event": "page_view", "visitor_id": "somebody"}
    httpx.post(f"{stack.url}/v1/events", json={"events": [seen]}, headers=headers).raise_for_status()
    (found,) = last_json(run(tmp_path, "triggers", "preview", "somebody", "--json", **at))
    assert (found["visitor_id"], found["armed"], found["trigger_id"]) == ("somebody", [], None)
    assert "somebody at" in said(run(tmp_path, "triggers", "preview", "somebody", **at))
    nobody = run(tmp_path, "triggers", "preview", "nobody", **at)
    assert (nobody.returncode, "'nobody'" in nobody.stderr) == (1, True)
