"""Resident memory, as the system tells it."""

from pathlib import Path

import numpy as np
import pytest

from store import resident_memory
from store.resident_memory import resident_bytes


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell")
def test_what_a_process_takes_and_lets_go_is_seen() -> None:
    before = resident_bytes()
    taken = np.ones(64_000_000, np.uint8)
    with_it = resident_bytes()
    assert with_it - before > 60_000_000
    del taken
    assert resident_bytes() < with_it - 60_000_000


def test_a_system_that_does_not_tell_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for text in ("", "one two", "3"):
        (tmp_path / "statm").write_text(text)
        monkeypatch.setattr(resident_memory, "_STATM", tmp_path / "statm")
        assert resident_bytes() == 0
    monkeypatch.setattr(resident_memory, "_STATM", tmp_path / "nowhere")
    assert resident_bytes() == 0
