"""Rows: products as a feed brings them, each with its place in the file, and what is to be said of the file."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is to be said of one row, or of the file where the place is 0."""

    place: int
    code: str
    message: str
    item_id: str = ""


@dataclass(slots=True)
class FeedRow:
    """One product as the file has it, by Google's names; `place` is its line, or its number among the products."""

    place: int
    fields: dict[str, Any]


@dataclass(slots=True)
class Feed:
    """A feed as read from a file.

    `unit` says what places are: lines, or items; `columns` are all there are, by plain name. `kind` names the system
    whose export it is; empty for a plain feed.
    `unread` are the columns that nobody reads; `left_out` are rows that are no products of their own, with reasons.
    `other_ids` are ids by which an export's rows could have been taken, had nobody known what it is.
    """

    unit: str
    rows: list[FeedRow]
    columns: list[str] = field(default_factory=list)
    kind: str = ""
    locale: str = ""
    unread: list[str] = field(default_factory=list)
    warnings: list[Complaint] = field(default_factory=list)
    rejected: list[Complaint] = field(default_factory=list)
    left_out: list[Complaint] = field(default_factory=list)
    other_ids: list[str] = field(default_factory=list)
