"""Tests stand where what they test stands: `tests/<room>/<wing>/test_<module>.py`."""

import ast
from pathlib import Path

from tests.house.tree import ROOMS, ROOT, modules, parsed

TESTED_ELSEWHERE: dict[str, str] = {}
"""Modules with logic and without a test file of their own, and where they are tested instead."""


def _has_logic(path: Path) -> bool:
    return any(
        isinstance(node, (ast.If, ast.For, ast.While, ast.Try, ast.comprehension, ast.IfExp, ast.Match))
        for node in ast.walk(parsed(path))
    )


def test_every_module_with_logic_has_a_test_of_its_own() -> None:
    missing = set()
    for room in ROOMS:
        for path in modules(room):
            name = str(path.relative_to(ROOT))
            own = ROOT / "tests" / path.relative_to(ROOT).parent / f"test_{path.name}"
            if path.name != "__init__.py" and _has_logic(path) and not own.exists():
                missing.add(name)
    assert sorted(missing - TESTED_ELSEWHERE.keys()) == []
    assert sorted(TESTED_ELSEWHERE.keys() - missing) == []
