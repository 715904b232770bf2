"""House rules: imports point down, servers' packages stay in their rooms, nothing of a registry stands anywhere."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "models": set(),
    "store": {"models"},
    "stream": {"models", "store"},
    "api": {"models", "store"},
    "shopwindow": {"models", "store", "stream", "api"},
}
WINGS = {
    "models": {
        "base": set(),
        "events": {"base"},
        "catalog": {"base", "events"},
        "visitor": {"base", "events", "catalog"},
        "segments": {"base", "events", "catalog", "visitor"},
        "ranking": {"base", "catalog", "visitor"},
        "bandit": {"base", "events", "catalog"},
        "learner": {"base", "events", "catalog", "visitor", "ranking", "bandit"},
        "decisions": {"base", "events", "catalog", "visitor", "ranking", "bandit", "learner"},
        "triggers": {"base", "events", "catalog", "visitor", "segments", "decisions"},
        "experiments": {"base", "events", "catalog", "decisions"},
        "reports": {"base", "events"},
    },
    "api": {
        "http": set(),
        "runtime": {"http"},
        "public": {"http", "runtime"},
        "admin": {"http", "runtime"},
        "shop": set(),
        "app": {"http", "runtime", "public", "admin", "shop"},
    },
    "store": {
        "client": set(),
        "keys": set(),
        "lua": set(),
        "clock": {"client", "keys", "lua"},
        "versioned_hash": {"client", "lua"},
        "log": {"client", "lua"},
        "visitors": {"client", "clock", "keys", "log", "lua"},
        "site": {"client", "keys", "lua", "versioned_hash"},
        "messages": {"client", "keys", "log", "lua", "visitors"},
        "archive": {"log"},
    },
}
"""What the folders of a room may import of their own room, lowest first; `docs/architecture.md` draws them."""
KEPT_IN = {
    "redis": {"store"},
    "confluent_kafka": {"store"},
    "duckdb": {"store"},
    "pyarrow": {"store"},
    "bytewax": {"stream"},
    "fastapi": {"api", "shopwindow"},
    "river": {"models"},
}
MOST_MODULES = 21  # with __init__
NEVER_IN_MODELS = {"time", "random", "secrets", "os", "socket", "threading", "asyncio", "pathlib"}


def _modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path} imports relatively"
            found.add(node.module.split(".")[0])
    return found


def _imported_wings(path: Path, package: str) -> set[str]:
    """Folders, and modules outside of any, that a module imports of its own room."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{name.name}" for name in node.names]
        elif isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith(f"{package}.")}
    return found


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_down(package: str) -> None:
    modules = _modules(package)
    assert modules
    for path in modules:
        ours = _imported(path) & MAY_IMPORT.keys() - {package}
        assert ours <= MAY_IMPORT[package], f"{path} imports {ours - MAY_IMPORT[package]}"


@pytest.mark.parametrize(("package", "wing"), [(package, wing) for package in WINGS for wing in WINGS[package]])
def test_wings_import_down(package: str, wing: str) -> None:
    allowed = WINGS[package][wing]
    assert list(WINGS[package]).index(wing) >= max((list(WINGS[package]).index(name) for name in allowed), default=0)
    folder = ROOT / package / wing
    for path in _modules(f"{package}/{wing}") if folder.is_dir() else [folder.with_suffix(".py")]:
        found = _imported_wings(path, package) - {wing}
        assert found <= allowed, f"{path} imports {found - allowed}"


@pytest.mark.parametrize("package", WINGS)
def test_every_wing_is_drawn(package: str) -> None:
    here = {path.stem for path in (ROOT / package).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert here - {"__init__", "__pycache__"} == WINGS[package].keys()


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_no_folder_is_crowded(package: str) -> None:
    for folder in [ROOT / package, *(path for path in (ROOT / package).rglob("*") if path.is_dir())]:
        assert len(list(folder.glob("*.py"))) <= MOST_MODULES, folder


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_servers_packages_stay_in_their_rooms(package: str) -> None:
    for path in _modules(package):
        for name in _imported(path) & KEPT_IN.keys():
            assert package in KEPT_IN[name], f"{path} imports {name}"


def test_models_have_no_clock_no_chance_and_no_files() -> None:
    for path in _modules("models"):
        assert not _imported(path) & NEVER_IN_MODELS, path
        called = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & {"hash", "open", "print", "input"}, path


def test_every_module_and_public_function_says_what_it_is() -> None:
    missing: list[str] = []
    for package in MAY_IMPORT:
        for path in _modules(package):
            tree = ast.parse(path.read_text())
            nodes = [tree, *(node for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef)))]
            missing += [
                f"{path.relative_to(ROOT)}:{getattr(node, 'name', '')}"
                for node in nodes
                if not getattr(node, "name", "").startswith("_") and ast.get_docstring(node) is None
            ]
    assert missing == []


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
