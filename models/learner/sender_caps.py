"""Sender caps: what one visitor, and one address, teach the popularity of an item through browsers, at most.

What servers tell has no cap. A cap lasts as what it caps: what was taught a half-life ago counts half against it.
"""

from collections.abc import Sequence
from typing import Final

from models.events.events import Event
from models.ranking.teaching_room import SavedRoom, TeachingRoom

_VISITOR: Final = (10.0, 20.0)
"""Weight, or units sold, that one visitor's word counts whole for, and counts for at most: two purchases, and four."""
_ADDRESS: Final = (20.0, 40.0)
_VISITORS_ITEMS: Final = 64
_ADDRESSES_ITEMS: Final = 1_024


class SenderCaps:
    """The caps of one site.

    Parameters
    ----------
    wanted_half_life_s, sold_half_life_s
        Seconds in which what is wanted, and what is sold, fades to half.
    """

    def __init__(self, wanted_half_life_s: float, sold_half_life_s: float) -> None:
        self._wanted = _rooms(wanted_half_life_s)
        self._sold = _rooms(sold_half_life_s)

    def wanted(self, event: Event, item_id: str, weight: float) -> float:
        """Give with how much of a weight an event says that an item is wanted."""
        return _taken(self._wanted, event, item_id, weight)

    def sold(self, event: Event, item_id: str, units: float) -> float:
        """Give how many of so many units an event says are sold."""
        return _taken(self._sold, event, item_id, units)

    def forget(self, visitor_id: str) -> None:
        """Forget what a visitor told."""
        for visitors, _ in (self._wanted, self._sold):
            visitors.forget(visitor_id)

    def save(self) -> list[SavedRoom]:
        """Give what `restore` goes on from."""
        return [room.save() for room in (*self._wanted, *self._sold)]

    def restore(self, saved: Sequence[SavedRoom]) -> None:
        """Go on from what `save` gave."""
        for room, kept in zip((*self._wanted, *self._sold), saved, strict=True):
            room.restore(kept)


def _rooms(half_life_s: float) -> tuple[TeachingRoom, TeachingRoom]:
    return TeachingRoom(*_VISITOR, half_life_s, _VISITORS_ITEMS), TeachingRoom(*_ADDRESS, half_life_s, _ADDRESSES_ITEMS)


def _taken(rooms: tuple[TeachingRoom, TeachingRoom], event: Event, item_id: str, weight: float) -> float:
    if not event.told_from:
        return weight
    visitors, addresses = rooms
    own = visitors.counted(event.sender_id, item_id, weight, event.accepted_at_s)
    return addresses.counted(event.told_from, item_id, own, event.accepted_at_s)
