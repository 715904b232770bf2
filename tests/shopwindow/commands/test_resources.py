"""From the README to the first personalized slot, by the commands that stand there; and what a site has, by kind."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from shopwindow.embedded import free_port
from shopwindow.embedded_stack import EmbeddedStack
from shopwindow.settings import Settings
from tests.processes import COMMAND, environment

README = Path(__file__).parents[3] / "README.md"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """A stack without anything in it."""
    with EmbeddedStack(Settings(port=free_port(), data_dir=str(tmp_path_factory.mktemp("data"))), "up") as started:
        yield started


def run(stack: EmbeddedStack, directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command against the stack, with its output taken."""
    told = ["--url", stack.url, "--key", stack.keys.secret_key]
    where = told if arguments[0] not in ("example", "--version") else []
    command = [str(COMMAND), *arguments, *where]
    given = environment({"COLUMNS": "200"})
    return subprocess.run(command, cwd=directory, env=given, capture_output=True, text=True, check=False)


def test_the_readme_leads_from_nothing_to_a_personalized_slot(stack: EmbeddedStack, tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8")
    chapter = text[text.index("## Your own shop") : text.index("## How it works")]
    commands = re.findall(r"^\.venv/bin/shopwindow (.+?)(?:\s+#.*)?$", chapter, re.MULTILINE)
    assert commands[0] == "up"
    for command in commands[1:]:
        words, _, target = command.partition(" > ")
        done = run(stack, tmp_path, *shlex.split(words))
        assert done.returncode == 0, (command, done.stderr)
        if target:
            (tmp_path / target.strip()).write_text(done.stdout, encoding="utf-8")
    answers = []
    samples = re.findall(r"^curl .*?(?=^curl |^```)", chapter, re.MULTILINE | re.DOTALL)
    for sample in samples:
        words = shlex.split(sample.replace("$PUBLIC_KEY", stack.keys.public_key).replace("\n", " "))
        address = next(word for word in words if word.startswith("localhost:8080"))
        body = words[words.index("-d") + 1] if "-d" in words else None
        response = httpx.request(
            "POST" if body else "GET",
            address.replace("localhost:8080", stack.url),
            content=body,
            headers=dict([words[words.index("-H") + 1].split(": ", 1)]),
        )
        assert response.is_success, (sample, response.text)
        answers.append(response.json())
    taken, listed, filled = answers
    assert (taken["accepted"], taken["rejected"], taken["warnings"]) == (1, [], [])
    assert len(listed["items"]) == 4
    assert "Coffee" in listed["items"][0]["category"], "what goes with the kettle that was looked at"
    assert (filled["tier"], len(filled["slots"])) == ("session", 2)


def test_what_a_site_has_is_listed_shown_and_taken_out(stack: EmbeddedStack, tmp_path: Path) -> None:
    display = tmp_path / "display.yaml"
    display.write_text(run(stack, tmp_path, "example", "display").stdout, encoding="utf-8")
    assert run(stack, tmp_path, "apply", str(display)).returncode == 0
    for kind, name in (
        ("creatives", "kettle-banner"),
        ("segments", "came-back"),
        ("experiments", "row-of-the-home-page"),
    ):
        assert name in run(stack, tmp_path, "list", kind).stdout
        shown = yaml.safe_load(run(stack, tmp_path, "show", kind, name).stdout)
        assert shown[kind][0][f"{kind.removesuffix('s')}_id"] == name
        assert json.loads(run(stack, tmp_path, "show", kind, name, "--json").stdout)
    fewer = yaml.safe_load(display.read_text(encoding="utf-8"))
    fewer["rules"] = fewer["rules"][:1]
    (tmp_path / "fewer.yaml").write_text(yaml.safe_dump(fewer), encoding="utf-8")
    dry = run(stack, tmp_path, "apply", "fewer.yaml", "--prune", "--dry-run")
    assert "rules: 0 would be created, 1 compared and changed where they differ, 1 taken out" in dry.stdout
    assert "coffee-for-lovers" in run(stack, tmp_path, "list", "rules").stdout
    pruned = run(stack, tmp_path, "apply", "fewer.yaml", "--prune")
    assert "rules: 0 created, 0 changed, 1 unchanged, 1 taken out (coffee-for-lovers)" in pruned.stdout
    assert "coffee-for-lovers" not in run(stack, tmp_path, "list", "rules").stdout
    assert "cart-left" in run(stack, tmp_path, "triggers", "list").stdout
    gone = run(stack, tmp_path, "delete", "segments", "came-back", "nobody-made-it")
    assert (gone.returncode, gone.stdout) == (1, "segments: 1 taken out\n")
    assert "nobody-made-it" in gone.stderr
    nobody = run(stack, tmp_path, "triggers", "preview", "nobody-at-all")
    assert (nobody.returncode, "nobody-at-all" in nobody.stderr) == (1, True)
    wrong = run(stack, tmp_path, "list", "shelves")
    assert (wrong.returncode, "creatives" in wrong.stderr) == (2, True)


def test_the_version_is_that_of_the_package() -> None:
    done = subprocess.run([str(COMMAND), "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", done.stdout)
