"""Messages: who was sent what and what came of it, in one line each; what nobody took is kept and tried again."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx

from shopwindow.embedded_stack import EmbeddedStack
from tests.shopwindow.commands.cli import KEYS, last_json, run, said
from tests.webhooks import receiving

FILE = """
contact_policy: {{webhook: {{url: {url}, secret: a secret of many letters}}}}
triggers:
  - {{trigger_id: answer, when: {{event: {{name: contact_us, after: 0s}}}}, purpose: service, actions: [webhook]}}
"""


def post(stack: EmbeddedStack, *events: dict[str, object]) -> None:
    """Send events."""
    headers = {"Authorization": f"Bearer {KEYS.public_key}"}
    httpx.post(f"{stack.url}/v1/events", json={"events": list(events)}, headers=headers).raise_for_status()


def until(check: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline_s = time.monotonic() + 30
    while not check():
        assert time.monotonic() < deadline_s


def test_what_was_sent_is_told_with_what_came_of_it(tmp_path: Path, stack: EmbeddedStack, at: dict[str, str]) -> None:
    display = tmp_path / "triggers.yaml"
    with receiving() as receiver:
        display.write_text(FILE.format(url=receiver.url))
        assert said(run(tmp_path, "apply", display, **at)).startswith("contact policy: set\ntriggers: 1 created")
        time.sleep(0.6)  # the trigger flow reads it with its next tick
        post(stack, {"event": "contact_us", "visitor_id": "asker"})
        asked = ("journal", "--visitor", "asker", "--trigger", "answer")

        def delivered() -> bool:
            found = last_json(run(tmp_path, *asked, "--json", **at))
            return bool(found) and found[0]["delivery"]["webhook"]["status"] == "delivered"

        until(delivered)
        (entry,) = last_json(run(tmp_path, *asked, "--json", **at))
        told = {"message_id": entry["message_id"]}
        order = {"transaction_id": "o-7", "value": 12.5}
        post(stack, {"event": "message_opened", "visitor_id": "asker", "params": told})
        post(stack, {"event": "purchase", "visitor_id": "asker", "items": [{"item_id": "a"}], "params": order})
        until(lambda: "opened, ordered o-7 for 12.50" in said(run(tmp_path, *asked, **at)))
        shown = said(run(tmp_path, *asked, **at))
        assert all(part in shown for part in ("asker", "answer", "sent", "webhook delivered"))
    assert said(run(tmp_path, *asked, "--status", "expired", **at)) == "nothing was sent\n"
    assert last_json(run(tmp_path, *asked, "--status", "expired", "--json", **at)) == []
    said(run(tmp_path, "triggers", "delete", "answer", **at))
