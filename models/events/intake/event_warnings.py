"""Event warnings: what was odd about an event that was taken all the same, and what was done about it."""

from typing import Final, Literal, NamedTuple

from models.base.errors import show_value

MAX_EVENT_WARNINGS: Final = 20
"""Warnings of one event; what else was odd about it is mended without a word."""

WarningCode = Literal["read_as", "dropped", "shortened", "unknown", "placeholder", "clock_corrected", "token_missing"]


class EventWarning(NamedTuple):
    """One odd field: its place, a code of what was done, and a sentence that names the value."""

    field: str
    code: WarningCode
    message: str


class EventWarnings:
    """Gathers the warnings of one event.

    >>> warnings = EventWarnings()
    >>> warnings.add("params.currency", "read_as", "eur", "was read as EUR")
    >>> warnings.found[0].message
    "params.currency 'eur' was read as EUR"
    """

    def __init__(self) -> None:
        self.found: list[EventWarning] = []

    def add(self, field: str, code: WarningCode, value: object, done: str) -> None:
        """Note what was done about the value of a field."""
        if len(self.found) < MAX_EVENT_WARNINGS:
            self.found.append(EventWarning(field, code, f"{field} {show_value(value)} {done}"))
