"""Timestamps as text: ISO 8601, UTC, milliseconds."""

from datetime import UTC, datetime


def iso(at_s: float) -> str:
    """Give an epoch time as ISO 8601, UTC.

    >>> iso(1_767_268_800.25)
    '2026-01-01T12:00:00.250Z'
    """
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
