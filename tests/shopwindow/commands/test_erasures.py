"""Commands about erasures: begun with a receipt, shown until it is finished."""

import time
from pathlib import Path

from tests.shopwindow.commands.cli import last_json, run, said


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
