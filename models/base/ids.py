"""Ids that a shop gives: of segments, experiments, variants, triggers."""

from typing import Final

from models.base.errors import InvalidError, show_value

_ID_LENGTH: Final = 60


_ID_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


def parse_segment_id(value: object) -> str:
    """Check a segment's id; raises `InvalidError`."""
    if not isinstance(value, str) or not 1 <= len(value) <= _ID_LENGTH or not _ID_LETTERS.issuperset(value):
        raise InvalidError(
            "segment_id_invalid", f"segment_id must be 1 to {_ID_LENGTH} of A-Z a-z 0-9 _ . -, got {show_value(value)}"
        )
    return value
