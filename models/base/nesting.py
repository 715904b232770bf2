"""Nesting: how deep a decoded value goes, asked before anything walks through it."""

from typing import Any, Final

MAX_NESTING: Final = 100
"""Levels of one event, item or rule: what encodes it, and what reads it later, goes no deeper than some hundred."""
_CONTAINERS: Final = frozenset({dict, list, tuple})


def is_too_deep(value: Any, most: int = MAX_NESTING) -> bool:
    """Whether lists and objects stand in one another more than so many levels deep; takes no deep call itself.

    >>> is_too_deep({"a": [1]}, most=2), is_too_deep({"a": [[1]]}, most=2)
    (False, True)
    """
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(most):
        if not level:
            return False
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in _CONTAINERS
        ]
    return bool(level)
