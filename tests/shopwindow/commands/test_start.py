"""Commands that start processes: those that need no server start none."""

from pathlib import Path

import pytest

from tests.shopwindow.commands.cli import last_json, run


def test_the_openapi_document_needs_no_servers(tmp_path: Path) -> None:
    document = last_json(run(tmp_path, "api", "--openapi"))
    assert document["openapi"].startswith("3.")
    assert {"/v1/events", "/v1/recommendations", "/v1/dead-letters"} <= document["paths"].keys()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("api", "--port", "many"), "'--port'"),
        (("api", "--workers", "0"), "'--workers'"),
        (("demo", "--seconds", "0"), "'--seconds'"),
        (("stream", "profile", "--metrics-port", "x"), "'--metrics-port'"),
    ],
)
def test_an_option_that_does_not_fit_is_named(tmp_path: Path, arguments: tuple[str, ...], named: str) -> None:
    result = run(tmp_path, *arguments)
    assert result.returncode == 2
    assert named in result.stderr
    assert "Traceback" not in result.stderr


def test_what_the_command_line_gave_goes_before_the_environment(tmp_path: Path) -> None:
    keys = {"SHOPWINDOW_SITE": "shop", "SHOPWINDOW_PUBLIC_KEY": "p" * 20, "SHOPWINDOW_SECRET_KEY": "s" * 20}
    given = {**keys, "SHOPWINDOW_REDIS_URL": "redis://127.0.0.1:1", "SHOPWINDOW_PORT": "8080"}
    result = run(tmp_path, "api", "--port", "70000", **given)
    assert (result.returncode, "70000" in result.stderr) == (1, True), result.stderr
