"""Imports point down, from room to room and from wing to wing, and never in a circle."""

import ast
from collections.abc import Mapping
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.house.tree import ROOMS, ROOT, dotted, imported, modules, parsed

MAY_IMPORT: Mapping[str, set[str]] = {
    "models": set(),
    "store": {"models"},
    "stream": {"models", "store"},
    "api": {"models", "store"},
    "shopwindow": {"models", "store", "stream", "api"},
}
WINGS: Mapping[str, Mapping[str, set[str]]] = {
    "models": {
        "base": set(),
        "access": {"base"},
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
        "intake": {"http"},
        "runtime": {"http", "intake"},
        "ingest": {"http", "intake", "runtime"},
        "public": {"http", "intake", "runtime"},
        "admin": {"http", "intake", "runtime"},
        "shop": set(),
        "app": {"http", "intake", "runtime", "ingest", "public", "admin", "shop"},
    },
    "store": {
        "refusals": set(),
        "guarded_thread": set(),
        "resident_memory": set(),
        "unreadable": set(),
        "whole_file": set(),
        "allocator": set(),
        "version": set(),
        "client": {"refusals"},
        "keys": set(),
        "lua": set(),
        "clock": {"client", "keys", "lua"},
        "versioned_hash": {"client", "lua", "version"},
        "dead_letters": {"client", "keys"},
        "log": {"client", "lua", "refusals"},
        "visitors": {"client", "clock", "keys", "log", "lua", "refusals", "unreadable", "version"},
        "site": {"client", "keys", "lua", "unreadable", "version", "versioned_hash"},
        "messages": {"client", "keys", "log", "lua", "unreadable", "version", "visitors"},
        "archive": {"log", "unreadable", "whole_file"},
    },
}
"""What the folders of a room may import of their own room, lowest first; `docs/architecture.md` draws them."""
KEPT_IN: Mapping[str, set[str]] = {
    "redis": {"store"},
    "confluent_kafka": {"store"},
    "duckdb": {"store"},
    "pyarrow": {"store"},
    "bytewax": {"stream"},
    "fastapi": {"api", "shopwindow"},
    "river": {"models"},
}
NEVER_IN_MODELS = {"time", "random", "secrets", "os", "socket", "threading", "asyncio", "pathlib"}
LAZY_CIRCLES: Mapping[str, str] = {}
"""Modules that import one of those that import them, inside a function, and why."""
MOST_MODULES = 21  # with __init__
MOST_LINES = 500


def _packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_down(room: str) -> None:
    assert modules(room)
    for path in modules(room):
        found = _packages(path) & MAY_IMPORT.keys() - {room}
        assert found <= MAY_IMPORT[room], f"{path} imports {found - MAY_IMPORT[room]}"


@pytest.mark.parametrize(("room", "wing"), [(room, wing) for room in WINGS for wing in WINGS[room]])
def test_wings_import_down(room: str, wing: str) -> None:
    order, allowed = list(WINGS[room]), WINGS[room][wing]
    assert all(order.index(lower) < order.index(wing) for lower in allowed)
    folder = ROOT / room / wing
    for path in modules(f"{room}/{wing}") if folder.is_dir() else [folder.with_suffix(".py")]:
        found = {name.split(".")[1] for name in imported(path) if name.startswith(f"{room}.")} - {wing}
        assert found <= allowed, f"{path} imports {found - allowed}"


@pytest.mark.parametrize("room", WINGS)
def test_every_wing_is_drawn(room: str) -> None:
    here = {path.stem for path in (ROOT / room).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert here - {"__init__"} == WINGS[room].keys()


def _imports(*, at_once: bool) -> dict[str, set[str]]:
    """Modules by what they import of our own: at their heads, or anywhere, also in functions and for types alone."""
    names = {dotted(path): path for room in ROOMS for path in modules(room)}

    def module_of(name: str) -> str:
        return name if name in names else name.rpartition(".")[0]

    return {
        name: {module_of(found) for found in imported(path, at_once=at_once)} & names.keys() - {name}
        for name, path in names.items()
    }


@pytest.mark.parametrize("at_once", [True, False], ids=["at_the_head", "anywhere"])
def test_no_module_imports_itself_in_a_circle(at_once: bool) -> None:
    """A circle closed inside a function, or for types alone, is none at a module's head, and is refused as well.

    `LAZY_CIRCLES` would name those that have to be: {module: reason}. There are none.
    """
    graph = _imports(at_once=at_once)
    if not at_once:
        heads = _imports(at_once=True)
        graph = {name: heads[name] if name in LAZY_CIRCLES else found for name, found in graph.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(graph)
    assert len(LAZY_CIRCLES) <= 3


@pytest.mark.parametrize("room", ROOMS)
def test_no_folder_is_crowded_and_no_module_a_book(room: str) -> None:
    for folder in [ROOT / room, *(path for path in (ROOT / room).rglob("*") if path.is_dir())]:
        assert len(list(folder.glob("*.py"))) <= MOST_MODULES, folder
    for suffix in ("py", "js", "lua"):
        for path in (ROOT / room).rglob(f"*.{suffix}"):
            assert len(path.read_text().splitlines()) <= MOST_LINES, path


@pytest.mark.parametrize("room", ROOMS)
def test_servers_packages_stay_in_their_rooms(room: str) -> None:
    for path in modules(room):
        for name in _packages(path) & KEPT_IN.keys():
            assert room in KEPT_IN[name], f"{path} imports {name}"


def test_models_have_no_clock_no_chance_and_no_files() -> None:
    for path in modules("models"):
        assert not _packages(path) & NEVER_IN_MODELS, path
        called = {
            node.func.id
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & {"hash", "open", "print", "input"}, path
