"""Suggestions: what somebody who wrote a name that nobody knows may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice
from typing import Final

_MOST_NAMES: Final = 2_000
"""Names looked through: a suggestion is a courtesy, and must not cost more than the answer."""
_LEAST_LIKENESS: Final = 0.75
_MOST_SLIPS: Final = 2


def closest(name: str, known: Iterable[str]) -> str:
    """Give the known name most like one that is not known; empty where none is alike.

    >>> closest("viewitem", ["view_item", "purchase"]), closest("dance", ["view_item"])
    ('view_item', '')
    """
    # A slip keeps the length, and the first letter or the last: the others need no comparing, which is slow.
    alike = [
        other
        for other in islice(known, _MOST_NAMES)
        if abs(len(other) - len(name)) <= _MOST_SLIPS and (other[:1] == name[:1] or other[-1:] == name[-1:])
    ]
    found = get_close_matches(name, alike, n=1, cutoff=_LEAST_LIKENESS)
    return found[0] if found else ""
