"""Tests stand where what they test stands: `tests/<room>/<wing>/test_<module>.py`, or a doctest in a small module."""

import ast
from pathlib import Path

from tests.house.tree import ROOMS, ROOT, modules, parsed

LEAST_BRANCHES = 3
"""Below it a module says what it is; from there on it decides something."""
LEAST_OF_A_TEST = 8
"""Branches from which on an example is not enough: the module has a file of tests."""
TESTED_ELSEWHERE = {
    "api/runtime/lifespan.py": "every test of the API starts and ends its process by it",
    "api/runtime/stream_gauges.py": "what `/metrics` and `/v1/status` tell, by their tests",
    "models/bandit/click_weights.py": "what `click_counts.py` fits, whose tests hold it against a batch",
    "models/learner/warm_up.py": "runs what other modules test; a fault in it shows as a slow first answer",
    "models/ranking/repurchase.py": "sums and features of `buy_again.py`, whose tests hold them against a batch",
    "models/ranking/score_query.py": "the engine's one compiled step, tested by what `next_item.py` answers",
    "store/archive/report_source.py": "asked by each report, whose tests are worked out by hand",
}
"""Modules with logic and without a test file of their own, and where they are tested instead."""
MOST_ELSEWHERE = 20


def _branches(path: Path) -> int:
    kinds = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.comprehension, ast.IfExp, ast.Match)
    return sum(isinstance(node, kinds) for node in ast.walk(parsed(path)))


def _is_tested_beside(path: Path) -> bool:
    own = ROOT / "tests" / path.relative_to(ROOT).parent / f"test_{path.name}"
    return own.exists() or ("    >>> " in path.read_text() and _branches(path) < LEAST_OF_A_TEST)


def test_every_module_with_logic_has_a_test_of_its_own() -> None:
    found = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in modules(room)
        if path.name != "__init__.py" and _branches(path) >= LEAST_BRANCHES and not _is_tested_beside(path)
    }
    assert sorted(found - TESTED_ELSEWHERE.keys()) == []
    assert sorted(TESTED_ELSEWHERE.keys() - found) == []
    assert len(TESTED_ELSEWHERE) <= MOST_ELSEWHERE
