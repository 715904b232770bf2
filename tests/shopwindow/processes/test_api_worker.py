"""One API process: told to end while it still waits for its servers, it ends."""

import signal
from pathlib import Path

import pytest

from tests.shopwindow.processes.waiting import away, waiting


@pytest.mark.parametrize("server", ["redis", "kafka"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_waits_ends_when_it_is_told_to(server: str, number: signal.Signals, tmp_path: Path) -> None:
    with waiting(("api",), away(server), tmp_path / "away.toml") as process:
        process.send_signal(number)
        assert process.wait(60) == 0
