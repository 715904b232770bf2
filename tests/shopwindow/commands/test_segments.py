"""Segments: set by a file, tried before they are, listed with who is in them, removed."""

import time
from pathlib import Path

import httpx

from shopwindow.embedded_stack import EmbeddedStack
from tests.shopwindow.commands.cli import KEYS, last_json, run, said

FILE = "segments:\n  - {segment_id: searchers, rule: {interest: {category: Lamps}}}\n"


def test_a_segment_is_tried_set_listed_and_removed(tmp_path: Path, stack: EmbeddedStack, at: dict[str, str]) -> None:
    display = tmp_path / "segments.yaml"
    display.write_text(FILE)
    headers = {"Authorization": f"Bearer {KEYS.public_key}"}
    lamp = {"item_id": "lamp-1", "item_category": "Lamps"}
    look = {"event": "view_item", "visitor_id": "reader", "items": [lamp]}
    httpx.post(f"{stack.url}/v1/events", json={"events": [look]}, headers=headers).raise_for_status()
    assert said(run(tmp_path, "segments", "list", **at)) == "no segments\n"
    deadline_s = time.monotonic() + 20
    while not last_json(run(tmp_path, "segments", "preview", display, "--json", **at))[0]["count"]:
        assert time.monotonic() < deadline_s
    shown = said(run(tmp_path, "segments", "preview", display, **at))
    assert all(part in shown for part in ("searchers", "reader", "Lamps"))
    assert said(run(tmp_path, "segments", "list", **at)) == "no segments\n", "a preview sets nothing"
    assert said(run(tmp_path, "apply", display, **at)) == "segments: 1 created, 0 changed, 0 unchanged\n"
    deadline_s = time.monotonic() + 20
    while not last_json(run(tmp_path, "segments", "list", "--json", **at))[0]["count"]:
        assert time.monotonic() < deadline_s
    assert '{"interest":{"category":"Lamps"}}' in said(run(tmp_path, "segments", "list", **at))
    said(run(tmp_path, "segments", "delete", "searchers", **at))
    result = run(tmp_path, "segments", "delete", "searchers", **at)
    assert (result.returncode, "searchers" in result.stderr) == (1, True)


def test_a_file_without_segments_says_so(tmp_path: Path, at: dict[str, str]) -> None:
    display = tmp_path / "display.yaml"
    display.write_text("placements: [{placement_id: hero, slots: 2}]\n")
    assert said(run(tmp_path, "segments", "preview", display, **at)) == f"{display} has no segments\n"
    assert last_json(run(tmp_path, "segments", "preview", display, "--json", **at)) == []
