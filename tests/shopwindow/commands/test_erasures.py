"""Commands about erasures: begun with a receipt, shown until it is finished."""

import time
from pathlib import Path

import httpx

from shopwindow.embedded_stack import EmbeddedStack
from tests.shopwindow.commands.cli import KEYS, last_json, run, said


def test_a_visitor_is_erased_with_a_receipt(tmp_path: Path, at: dict[str, str]) -> None:
    erasure_id = said(run(tmp_path, "erasures", "begin", "customer/7", **at)).strip()
    deadline_s = time.monotonic() + 30
    while last_json(run(tmp_path, "erasures", "show", erasure_id, "--json", **at))["finished_at"] is None:
        assert time.monotonic() < deadline_s
    shown = said(run(tmp_path, "erasures", "show", erasure_id, **at))
    assert "on its way" not in shown
    assert "archive rows" in shown
    assert last_json(run(tmp_path, "erasures", "begin", "customer/8", "--json", **at))["erasure_id"] != erasure_id
    assert "there is no receipt" in run(tmp_path, "erasures", "show", "none", **at).stderr


def test_a_visitor_is_exported(tmp_path: Path, stack: EmbeddedStack, at: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {KEYS.secret_key}"}
    told = {"event": "page_view", "visitor_id": "exported"}
    httpx.post(f"{stack.url}/v1/events", json={"events": [told]}, headers=headers).raise_for_status()
    found = last_json(run(tmp_path, "export", "exported", **at))
    assert found["visitor_id"] == "exported"
    refused = run(tmp_path, "export", "nobody", **at)
    assert refused.returncode == 1
    assert "knows no visitor 'nobody'" in refused.stderr
