"""Item event: one event on an item as the next-item engine takes it, and what the engine tells of it."""

from collections.abc import Sequence
from typing import NamedTuple


class ItemEvent(NamedTuple):
    """One event on an item. `at_s` is epoch seconds; an empty text or None is not known."""

    session_id: str
    item_id: str
    at_s: float
    visitor_id: str = ""
    category: Sequence[str] = ()
    brand: str = ""
    price: float | None = None


class Ranks(NamedTuple):
    """Where an event's item stood, from 1, in the list made before it was learned; 0 is not listed.

    `everything` counts all items but the session's last; `discovery` only those not yet in the session, and is None
    for an item that is.
    """

    everything: int
    discovery: int | None
