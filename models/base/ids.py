"""Ids that a shop gives: of segments, experiments, variants, triggers."""

from typing import Final

from models.base.errors import InvalidError, show_value

MAX_SHORT_ID: Final = 60
ID_PATTERN: Final = r"^[A-Za-z0-9_.-]{1,60}$"

_ID_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


def parse_id(value: object, field: str, where: str = "") -> str:
    """Check an id that stands under `field`; raises `InvalidError`, whose message begins with `where`."""
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_SHORT_ID or not _ID_LETTERS.issuperset(value):
        raise InvalidError(
            f"{field}_invalid",
            f"{where}{field} must be 1 to {MAX_SHORT_ID} of A-Z a-z 0-9 _ . -, got {show_value(value)}",
        )
    return value


def parse_segment_id(value: object) -> str:
    """Check a segment's id; raises `InvalidError`."""
    return parse_id(value, "segment_id")
