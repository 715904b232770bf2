"""The trigger process: it waits for its servers, and a setting of messages that does not fit starts nothing."""

import signal
from pathlib import Path

import pytest

from shopwindow.embedded import EmbeddedRedis
from tests.shopwindow.commands.cli import KEYS, run
from tests.shopwindow.processes.waiting import away, waiting


@pytest.mark.parametrize("server", ["redis", "kafka"])
def test_a_process_that_waits_ends_when_it_is_told_to(server: str, tmp_path: Path) -> None:
    with waiting(("stream", "trigger"), away(server), tmp_path / "away.toml") as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"SHOPWINDOW_WEBHOOK_RETRY_S": "soon"}, "webhook_retry_s has value 'soon'"),
        ({"SHOPWINDOW_CAPS": "often"}, "caps has the part 'often'"),
    ],
)
def test_a_setting_of_messages_that_does_not_fit_is_named(
    redis_server: EmbeddedRedis, tmp_path: Path, settings: dict[str, str], named: str
) -> None:
    given = {
        "SHOPWINDOW_REDIS_URL": redis_server.url,
        "SHOPWINDOW_LOG_NAME": f"trigger-{tmp_path.name}",
        "SHOPWINDOW_SITE": KEYS.site,
        "SHOPWINDOW_PUBLIC_KEY": KEYS.public_key,
        "SHOPWINDOW_SECRET_KEY": KEYS.secret_key,
    }
    result = run(tmp_path, "stream", "trigger", **given, **settings)
    assert (result.returncode, named in result.stderr) == (1, True), result.stderr
    assert "Traceback" not in result.stderr
