"""Private words: names that only their inventor understood stay out, now that the code says what things are."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOMS, ROOT, modules, parsed

OLD_WORDS = {
    "yardstick",
    "newsroom",
    "standing",
    "standings",
    "reckoning",
    "reckoner",
    "patience",
    "patiently",
    "telling",
}
"""No part of any name, whatever joins the parts."""
OLD_CLASSES = {
    *("When", "Watch", "Shelf", "Board", "Whom", "Came", "Front", "Opinion", "Said", "Worth", "Habit", "Past"),
    *("Restraint", "Viewer", "Trials"),
}
"""Ordinary words that say too little as the whole name of a class."""


def _words(name: str) -> set[str]:
    """Split a name at underscores and where capitals begin, in small letters."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def _names(tree: ast.AST) -> Iterator[str]:
    """Give every name that code writes: of classes, functions, parameters, variables, attributes and imports."""
    for node in ast.walk(tree):
        for field in ("name", "id", "attr", "arg", "asname", "rest"):
            name = getattr(node, field, None)
            if isinstance(name, str):
                yield name


def _private(tree: ast.AST) -> set[str]:
    names = {name for name in _names(tree) if _words(name) & OLD_WORDS}
    classes = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    return names | {name for name in classes if name.strip("_") in OLD_CLASSES}


def _titled_privately(path: Path) -> bool:
    title, colon, _ = (ast.get_docstring(parsed(path)) or "").partition(":")
    return bool(colon) and bool(_words(title) & OLD_WORDS or title in OLD_CLASSES)


@pytest.mark.parametrize("room", [*ROOMS, "tests", "bench"])
def test_no_private_word_is_a_name(room: str) -> None:
    found = {f"{path.relative_to(ROOT)} {name}" for path in modules(room) for name in _private(parsed(path))}
    assert sorted(found) == []


@pytest.mark.parametrize("room", [*ROOMS, "tests", "bench"])
def test_no_private_word_names_a_module_or_heads_it(room: str) -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in modules(room)
        if _words("_".join(path.relative_to(ROOT).with_suffix("").parts)) & OLD_WORDS or _titled_privately(path)
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "class Newsroom: ...",
        "YARDSTICK = 1",
        "def put_standing(): ...",
        "x.reckoner",
        "f(patience_s=1)",
        "class _Shelf: ...",
    ],
)
def test_a_private_word_is_found(text: str) -> None:
    assert _private(ast.parse(text))
    assert not _private(ast.parse("class Watches: ...\nunderstanding = outstanding = shelf = 1"))
