"""Sender caps: what one visitor, and one address, teach the popularity of an item through browsers, at most.

What servers tell has no cap. A cap lasts as what it caps: what was taught a half-life ago counts half against it.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from models.events.events import Event
from models.ranking.teaching_room import SavedRoom, TeachingRoom

_WANTED_BY_VISITOR: Final = (9.0, 12.0)
"""Weight that counts whole, and at most: a look, the cart and the order, and a little more."""
_WANTED_BY_ADDRESS: Final = (18.0, 36.0)
_SOLD_TO_VISITOR: Final = (2.0, 3.0)
_SOLD_TO_ADDRESS: Final = (4.0, 8.0)
_VISITORS_ITEMS: Final = 64
_ADDRESSES_ITEMS: Final = 1_024


class Counted(NamedTuple):
    """What of an event's weight counts, and `of_visitor`: what would, whatever else its address told."""

    weight: float
    of_visitor: float


class SenderCaps:
    """The caps of one site.

    Parameters
    ----------
    trending_half_life_s, popular_half_life_s, sold_half_life_s
        Seconds in which each fades to half.
    """

    def __init__(self, trending_half_life_s: float, popular_half_life_s: float, sold_half_life_s: float) -> None:
        self._trending = _Pair(_WANTED_BY_VISITOR, _WANTED_BY_ADDRESS, trending_half_life_s)
        self._popular = _Pair(_WANTED_BY_VISITOR, _WANTED_BY_ADDRESS, popular_half_life_s)
        self._sold = _Pair(_SOLD_TO_VISITOR, _SOLD_TO_ADDRESS, sold_half_life_s)

    def trending(self, event: Event, item_id: str, weight: float) -> Counted:
        """Give with how much of a weight an event says that an item is wanted now."""
        return self._trending.counted_of(event, item_id, weight)

    def popular(self, event: Event, item_id: str, weight: float) -> Counted:
        """Give with how much of a weight an event says that an item is wanted lately."""
        return self._popular.counted_of(event, item_id, weight)

    def sold(self, event: Event, item_id: str, units: float) -> float:
        """Give how many of so many units an event says are sold."""
        return self._sold.counted_of(event, item_id, units).weight

    def forget(self, visitor_id: str) -> None:
        """Forget what a visitor told."""
        for pair in (self._trending, self._popular, self._sold):
            pair.visitors.forget(visitor_id)

    def save(self) -> list[SavedRoom]:
        """Give what `restore` goes on from."""
        return [room.save() for room in self._rooms]

    def restore(self, saved: Sequence[SavedRoom]) -> None:
        """Go on from what `save` gave."""
        for room, kept in zip(self._rooms, saved, strict=True):
            room.restore(kept)

    @property
    def _rooms(self) -> list[TeachingRoom]:
        return [
            room for pair in (self._trending, self._popular, self._sold) for room in (pair.visitors, pair.addresses)
        ]


class _Pair:
    def __init__(self, visitor: tuple[float, float], address: tuple[float, float], half_life_s: float) -> None:
        self.visitors = TeachingRoom(*visitor, half_life_s, _VISITORS_ITEMS)
        self.addresses = TeachingRoom(*address, half_life_s, _ADDRESSES_ITEMS)

    def counted_of(self, event: Event, item_id: str, weight: float) -> Counted:
        if not event.told_from:
            return Counted(weight, weight)
        own = self.visitors.counted(event.sender_id, item_id, weight, event.accepted_at_s)
        return Counted(self.addresses.counted(event.told_from, item_id, own, event.accepted_at_s), own)
