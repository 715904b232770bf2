"""Versions: a number that grows with every change, and a stamp of chance beside it.

A Redis that comes back from a copy, or after a failover, may have lost the latest changes; its counter then counts the
same numbers again for other changes. The stamp, made anew with each change, tells them apart.
"""

from secrets import token_hex
from typing import Any, Final, NamedTuple


class Version(NamedTuple):
    """Which change of something was the last; equal only where it was the same one."""

    number: int = 0
    stamp: str = ""

    def __str__(self) -> str:
        return f"{self.number}:{self.stamp}"


NO_VERSION: Final = Version()
"""Of what never changed, or of which nothing is known."""


def new_stamp() -> str:
    """Give the stamp of a change."""
    return token_hex(6)


def version_of(number: Any, stamp: Any) -> Version:
    """Give the version that a counter and the stamp beside it name, as Redis gives them: bytes, or None for neither.

    >>> version_of(b"7", b"7:c0ffee"), version_of(None, None) == NO_VERSION
    (Version(number=7, stamp='7:c0ffee'), True)
    """
    return Version(int(number or 0), (stamp or b"").decode(errors="replace"))


def parse_version(text: Any) -> Version | None:
    """Read a version that was kept as text; one without a stamp, as older releases kept it, equals no other.

    >>> parse_version(b"7:7:c0ffee"), parse_version(b"7"), parse_version(b"?")
    (Version(number=7, stamp='7:c0ffee'), Version(number=7, stamp=''), None)
    """
    number, _, stamp = (text or b"").decode(errors="replace").partition(":")
    return Version(int(number), stamp) if number.isascii() and number.isdigit() else None
