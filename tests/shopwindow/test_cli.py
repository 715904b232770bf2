"""Command line: real processes, their answers, and their errors in one line that names the value."""

import os
from pathlib import Path

import pytest

from tests.processes import environment
from tests.shopwindow.commands.cli import run, said

COMMANDS = (
    (),
    ("demo",),
    ("up",),
    ("api",),
    ("stream",),
    ("import",),
    ("import", "catalog"),
    ("apply",),
    ("replay",),
    ("report",),
    ("visitor",),
    ("dead-letters",),
    ("dead-letters", "list"),
    ("dead-letters", "replay"),
    ("settings",),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command) or "shopwindow")
def test_every_command_tells_what_it_does(command: tuple[str, ...], tmp_path: Path) -> None:
    told = said(run(tmp_path, *command, "--help"))
    assert "Usage: shopwindow" in told
    assert len(told.splitlines()) > 4


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "named"),
    [
        (["stream", "everything"], {}, 2, "everything"),
        (["fly"], {}, 2, "fly"),
        (["settings"], {"SHOPWINDOW_PORT": "many"}, 1, "SHOPWINDOW_PORT: port has value 'many', not a whole number"),
        (["api"], {}, 1, "no site is set"),
        (["stream", "profile"], {"SHOPWINDOW_COLOUR": "red"}, 1, "SHOPWINDOW_COLOUR"),
        (["visitor", "v1"], {}, 1, "no secret key: give --key"),
        (["visitor", "v1", "--url", "http://127.0.0.1:1", "--key", "k"], {}, 1, "http://127.0.0.1:1/v1/visitors/v1"),
        (["import", "catalog", "nowhere.csv"], {}, 1, "nowhere.csv cannot be read"),
        (["apply", "nowhere.yaml"], {}, 1, "nowhere.yaml cannot be read"),
        (["replay", "nowhere.csv"], {}, 1, "nowhere.csv does not exist"),
        (["replay", "nowhere.csv", "--speed", "fast"], {}, 1, "--speed has value 'fast'"),
        (["replay", "nowhere.csv", "--speed", "0"], {}, 1, "--speed has value '0', not above 0"),
        (["up", "--port", "70000"], {}, 1, "70000"),
    ],
)
def test_what_a_person_can_mend_ends_in_one_line_that_names_it(
    arguments: list[str], settings: dict[str, str], code: int, named: str, tmp_path: Path
) -> None:
    result = run(tmp_path, *arguments, **settings)
    assert result.returncode == code, result.stderr
    assert named in result.stderr
    assert "Traceback" not in result.stderr
    assert code == 2 or len(result.stderr.splitlines()) == 1


def test_the_surroundings_have_no_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPWINDOW_PORT", "many")
    assert "SHOPWINDOW_PORT" not in environment({})
    assert os.environ["SHOPWINDOW_PORT"] == "many"
