"""Commands about the archive: a file that cannot be read is told of, and written anew from the log."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx

from shopwindow.embedded_stack import EmbeddedStack
from tests.shopwindow.commands.cli import KEYS, last_json, run, said


def awaited(true: Callable[[], object]) -> None:
    """Wait until something holds."""
    deadline_s = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_a_file_that_cannot_be_read_is_told_of_and_mended(
    tmp_path: Path, stack: EmbeddedStack, at: dict[str, str]
) -> None:
    assert "can be read" in said(run(tmp_path, "archive", "mend", **at))
    headers = {"Authorization": f"Bearer {KEYS.secret_key}"}
    told = {"event": "page_view", "visitor_id": "mended"}
    httpx.post(f"{stack.url}/v1/events", json={"events": [told]}, headers=headers).raise_for_status()
    directory = Path(stack.settings.data_dir) / "archive" / KEYS.site
    awaited(lambda: list(directory.glob("*/p*.parquet")))
    for file in directory.glob("*/p*.parquet"):
        file.write_bytes(file.read_bytes()[:-30])
    report = httpx.get(f"{stack.url}/v1/reports/funnel", headers=headers, timeout=30)
    assert report.status_code == 200
    awaited(lambda: "archive_unreadable" in said(run(tmp_path, "dead-letters", "list", **at)))
    assert "shopwindow archive mend" in said(run(tmp_path, "dead-letters", "list", **at))
    mended = last_json(run(tmp_path, "archive", "mend", "--json", **at))
    assert all(file["whole"] for file in mended)
    assert sum(file["rows"] for file in mended) >= 1
    again = httpx.get(f"{stack.url}/v1/reports/funnel", headers=headers, timeout=30).json()
    assert again["rows"][0]["visits"] >= 1
    assert "can be read" in said(run(tmp_path, "archive", "mend", **at))
