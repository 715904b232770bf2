"""Options: what the command line gave goes before what the environment says."""

from pathlib import Path

import pytest

from shopwindow.commands.options import given_settings, open_remote
from shopwindow.settings import SettingError


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing set but what the test sets."""
    monkeypatch.chdir(tmp_path)
    for name in ("PORT", "HOST", "CONFIG", "SECRET_KEY", "SITE", "PUBLIC_KEY", "DATA_DIR"):
        monkeypatch.delenv(f"SHOPWINDOW_{name}", raising=False)


def test_what_is_given_counts_and_what_is_not_leaves_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPWINDOW_PORT", "9001")
    monkeypatch.setenv("SHOPWINDOW_HOST", "0.0.0.0")  # noqa: S104
    settings = given_settings(port=9002, host=None, data_dir=None)
    assert (settings.port, settings.host, settings.data_dir) == (9002, "0.0.0.0", "data")  # noqa: S104


def test_what_is_given_is_checked_as_any_setting_is() -> None:
    with pytest.raises(SettingError, match="70000"):
        given_settings(port=70_000)


def test_an_api_is_found_by_what_is_given() -> None:
    with open_remote("http://127.0.0.1:1/", "k") as remote:
        assert remote._url == "http://127.0.0.1:1"
    with pytest.raises(SettingError, match="no secret key"):
        open_remote(None, None)
