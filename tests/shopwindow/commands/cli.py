"""The command as a process of a test, and what it said."""

import subprocess
from pathlib import Path
from typing import Any

import orjson

from shopwindow.settings import SiteKeys
from tests.processes import COMMAND, environment

KEYS = SiteKeys("shop", "public-key-of-the-shop", "secret-key-of-the-shop")


def run(directory: Path, *arguments: object, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run it in a directory, with nothing of the surrounding settings."""
    return run_piped(directory, "", *arguments, **settings)


def run_piped(directory: Path, piped: str, *arguments: object, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run it so, with a text on its standard input."""
    return subprocess.run(
        [str(COMMAND), *(str(argument) for argument in arguments)],
        env=environment({**settings, "COLUMNS": "200"}),
        cwd=directory,
        input=piped,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def said(result: "subprocess.CompletedProcess[str]") -> str:
    """What it said on standard output; it must have ended well."""
    assert result.returncode == 0, result.stderr
    return result.stdout


def last_json(result: "subprocess.CompletedProcess[str]") -> Any:
    """The JSON it said last."""
    return orjson.loads(said(result).splitlines()[-1])
