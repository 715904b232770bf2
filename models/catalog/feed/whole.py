"""Whole feeds: a feed that is all there is takes off what is gone from it, but never most of a catalog by mistake."""

from collections.abc import Collection, Iterable
from typing import Final

from models.base.errors import InvalidError

MOST_GONE: Final = 0.5
"""Share of the catalog that a whole feed may take off unforced; an export cut short or of the wrong shop takes more."""


def items_gone(known: Iterable[str], told: Collection[str], *, forced: bool = False) -> list[str]:
    """Give the known ids that a whole feed no longer names, sorted.

    Raises `InvalidError` where more than `MOST_GONE` of them would go and it is not `forced`.

    >>> items_gone(["a", "b", "c"], {"a", "c", "d"})
    ['b']
    """
    known = set(known)
    gone = sorted(known.difference(told))
    if len(gone) > MOST_GONE * len(known) and not forced:
        raise InvalidError(
            "whole_refused",
            f"{len(gone)} of {len(known)} products would be taken off, more than {MOST_GONE:.0%}: nothing was changed",
        )
    return gone
