"""Suggestions: what somebody who wrote a name that nobody knows may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice
from typing import Final

_MOST_NAMES: Final = 2_000
"""Names looked through: a suggestion is a courtesy, and must not cost more than the answer."""
_LEAST_LIKENESS: Final = 0.75
_MOST_SLIPS: Final = 2
_LEAST_LETTERS: Final = 4


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


def one_slip_from(name: str, known: Iterable[str]) -> str:
    """Give the known name that one slip of a finger makes of another: a letter too many, too few, wrong, or two that
    changed places; empty for none, and for names too short to tell.

    >>> [one_slip_from(name, ["value", "price"]) for name in ("valuee", "prize", "valued", "valley", "value")]
    ['value', 'price', 'value', '', '']
    """
    if len(name) < _LEAST_LETTERS:
        return ""
    return next((other for other in known if _is_one_slip(name, other)), "")


def _is_one_slip(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    if start is None:
        return True  # one more letter at the end
    left, right = one[start:], other[start:]
    return left[1:] == right[1:] or left[1:] == right or left == right[1:] or left[1::-1] + left[2:] == right
