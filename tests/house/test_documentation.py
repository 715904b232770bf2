"""What documents name exists: modules, files, commands, settings, decisions; and no registry is named anywhere."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import fields
from enum import EnumType
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer.main

from shopwindow.cli import app
from shopwindow.settings import PREFIX, Settings
from tests.house.tree import ROOMS, ROOT, modules

DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / ".github").rglob("*.md")),
    *sorted((ROOT / ".github").rglob("*.yml")),
]
SOURCES = [path for room in (*ROOMS, "bench") for path in modules(room)]
DEPLOYED = [ROOT / "docker-compose.yml", ROOT / ".env.example"]
FOLDERS = "|".join([*ROOMS, "tests", "bench", "docs", "deploy", "scripts"])
MADE_BY_USERS = {
    "data/archive/generations.json": "written by the archive flow",
    "data/shop/keys.json": "written by `shopwindow up`, where the user says",
    "products.xml": "a shop's own feed",
    "shopwindow.toml": "a user's own settings",
}
"""Files that documents name and the repository has not, and whose they are."""


def _named(pattern: str, paths: list[Path]) -> Iterator[tuple[str, str]]:
    for path in paths:
        for found in re.finditer(pattern, path.read_text()):
            yield str(path.relative_to(ROOT)), found[1]


def _exists(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            if isinstance(found, type) and part in getattr(found, "__annotations__", {}):
                return True
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return isinstance(found, ModuleType) or length < len(parts)
    return False


def test_dotted_names_exist() -> None:
    pattern = rf"`((?:{'|'.join((*ROOMS, 'bench', 'tests'))})(?:\.\w+)+)`"
    named = [*_named(pattern, DOCUMENTS), *_named(pattern, SOURCES)]
    assert len(named) > 20
    files = (".md", ".py", ".yaml", ".yml", ".toml", ".js")
    assert [(path, name) for path, name in named if not name.endswith(files) and not _exists(name)] == []


def test_files_exist() -> None:
    pattern = rf"`((?:{FOLDERS})/[\w./-]+)`"
    named = [*_named(pattern, DOCUMENTS), *_named(pattern, SOURCES)]
    assert len(named) > 20
    assert [(path, name) for path, name in named if not (ROOT / name).exists()] == []


def _files() -> set[str]:
    """Paths of the repository's files, new ones as well, and every end of one: `store/keys.py`, `keys.py`."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    paths = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    parts = [path.split("/") for path in paths if path]
    return {"/".join(path[start:]) for path in parts for start in range(len(path))}


def test_files_named_from_where_one_stands_exist() -> None:
    """Such as `keys.py` in a docstring beside it: some file of the repository has the name."""
    pattern = r"`([\w.-]+(?:/[\w.-]+)*\.(?:py|md|ya?ml|toml|js|css|lua|json|xml))`"
    named = [*_named(pattern, DOCUMENTS), *_named(pattern, [*SOURCES, *modules("tests")])]
    assert len(named) > 50
    there = _files()
    assert [(path, name) for path, name in named if name not in there and name not in MADE_BY_USERS] == []
    assert MADE_BY_USERS.keys() & there == set()


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if path.suffix == ".md"], ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    targets = [found[1] for found in re.finditer(r"\]\(([^)#\s]+)(?:#[\w-]*)?\)", text)]
    broken = [target for target in targets if "://" not in target and not (path.parent / target).exists()]
    assert broken == []


def _values(kind: Any) -> list[str]:
    return [str(choice.value) for choice in kind]


def _commands() -> dict[str, set[str] | None]:
    """Every command line's words, such as `dead-letters list`, and what may follow; None where that is free."""
    found: dict[str, set[str] | None] = {}

    def walk(command: Any, words: tuple[str, ...]) -> None:
        commands = getattr(command, "commands", {})
        first = next((param for param in command.params if param.param_type_name == "argument"), None)
        kind = first.type_descriptor.annotation if first is not None else None
        choices = set(_values(kind)) if isinstance(kind, EnumType) else set()
        found[" ".join(words)] = {*commands, *choices} or (None if first is not None else set())
        for name, below in commands.items():
            walk(below, (*words, name))

    walk(typer.main.get_command(app), ())
    return found


def _runs(line: str, known: dict[str, set[str] | None]) -> bool:
    """Whether words of a command line, from the first behind `shopwindow`, are commands and what they take."""
    said = ""
    for word in line.split():
        follows = known.get(said)
        if follows is None:
            return True  # whatever the user has
        if word not in follows:
            return False
        said = f"{said} {word}".strip()
    return True


@pytest.mark.parametrize("line", ["stream nosuch", "dead-letters nosuch", "nosuch", "import catalog", "up nosuch"])
def test_a_command_that_is_none_is_found(line: str) -> None:
    assert _runs(line, _commands()) == (line == "import catalog")


def test_commands_exist() -> None:
    known = _commands()
    assert {"up", "demo", "import catalog"} <= known.keys()
    named = list(_named(r"(?:`|bin/)shopwindow ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)", [*DOCUMENTS, *SOURCES]))
    assert len(named) > 10
    assert [(path, words) for path, words in named if not _runs(words, known)] == []


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = list(_named(r"`make ([a-z]+)", DOCUMENTS)) + list(_named(r"^make ([a-z]+)", DOCUMENTS))
    assert named
    assert [(path, target) for path, target in named if target not in targets] == []


def test_settings_exist() -> None:
    known = {f"{PREFIX}{setting.name.upper()}" for setting in fields(Settings)}
    for_tests = {
        f"{PREFIX}CONFIG",
        *(f"{PREFIX}TEST_{what}" for what in ("KAFKA", "HISTORIES", "HOSTILE", "EXAMPLES", "EVENTS", "SEED")),
    }
    named = list(_named(rf"\b({PREFIX}[A-Z_]*[A-Z])\b", [*DOCUMENTS, *SOURCES, *DEPLOYED]))
    assert len(named) > 5
    assert [(path, name) for path, name in named if name not in known | for_tests] == []


def test_decisions_are_numbered_without_holes_and_by_their_files() -> None:
    paths = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in paths] == list(range(1, len(paths) + 1))
    for path in paths:
        assert path.read_text().startswith(f"# {int(path.name[:4])}. "), path
    named = [
        *_named(r"(?:decision |decisions/0*)(\d+)\b", DOCUMENTS),
        *_named(r"(?:decision |decisions/0*)(\d+)\b", SOURCES),
    ]
    assert [(path, number) for path, number in named if int(number) > len(paths)] == []


def test_the_glossary_names_each_word_once_and_where_it_lives() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text()
    words = re.findall(r"^\| \*\*([^*]+)\*\* \|", text, flags=re.MULTILINE)
    assert len(words) > 40
    assert len(words) == len(set(words))
    rows = [line for line in text.splitlines() if line.startswith("| **")]
    assert [row for row in rows if not re.search(r"`[\w./]+`", row.split("|")[3])] == []


def test_architecture_draws_every_wing() -> None:
    from tests.house.test_imports import WINGS

    text = (ROOT / "docs" / "architecture.md").read_text()
    for room, wings in WINGS.items():
        for wing in wings:
            name = f"{room}/{wing}/" if (ROOT / room / wing).is_dir() else f"{room}/{wing}.py"
            assert f"| `{name}` |" in text, name
    for name in ("CONTRIBUTING.md", "README.md"):
        assert "docs/architecture.md" in (ROOT / name).read_text(), name


def test_no_registry_is_named() -> None:
    hosts = re.compile(r"(p[y]pi\.org|pythonh[o]sted|npmj[s]\.org|repo1?\.m[a]ven|index-[u]rl)")
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [name for name in files.split("\0") if name]
    assert "requirements.lock" in names
    for name in names:
        path = ROOT / name
        if path.suffix in (".png", ".gz") or not path.is_file():
            continue
        assert not hosts.search(path.read_text(errors="replace")), name
