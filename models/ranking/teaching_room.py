"""Teaching room: how much one sender may still teach of one item, by when it comes in, whatever its own times say."""

from collections import OrderedDict
from typing import Final

import msgspec

from models.base.decay import Fading

_MAX_TOLD: Final = 100_000
"""Items that are remembered of all senders; beyond it those who were silent longest are forgotten."""


class SenderTold(msgspec.Struct, array_like=True):
    """What a sender has told of each item, and `floor`: no item that is not named was told more of."""

    items: dict[str, float] = {}
    floor: float = 0.0


class SavedRoom(msgspec.Struct, array_like=True):
    """What a `TeachingRoom` goes on from."""

    landmark_s: float | None = None
    senders: list[tuple[str, SenderTold]] = []


class TeachingRoom:
    """Bounds what each sender teaches of each item.

    Up to `plain` a sender's word counts whole, then less and less, and never `most` together, so that what was told
    more of still stands above what was told less of. What was told fades as what it taught does.

    Parameters
    ----------
    plain, most
        Weights, `most` the larger.
    half_life_s
        Seconds until half of what a sender told is forgotten.
    items
        Items that are told apart of one sender. Where there are more, the half of which least was told is taken
        together, and any of them, or a new one, for the largest.
    """

    def __init__(self, plain: float, most: float, half_life_s: float, items: int) -> None:
        self._plain = plain
        self._least_room = most - plain
        self._most_items = items
        self._clock = Fading(half_life_s)
        self._senders: OrderedDict[str, SenderTold] = OrderedDict()
        self._told = 0

    def counted(self, sender: str, item_id: str, weight: float, accepted_at_s: float) -> float:
        """Give how much of a weight, above 0, a sender may teach of an item now (epoch seconds of receipt), and count
        it."""
        factor = self._clock.rebase(accepted_at_s)
        if factor != 1.0:
            self._fade(factor)
        unit = self._clock.weight(accepted_at_s)
        told = self._senders.get(sender)
        if told is None:
            told = self._senders[sender] = SenderTold()
        else:
            self._senders.move_to_end(sender)
        before = told.items.get(item_id)
        if before is None:
            if len(told.items) >= self._most_items:
                self._take_together(told)
            before = told.floor
            self._told += 1
        told.items[item_id] = before + weight * unit
        while self._told > _MAX_TOLD and len(self._senders) > 1:
            self.forget(next(iter(self._senders)))
        return self._worth(before / unit + weight) - self._worth(before / unit)

    def forget(self, sender: str) -> None:
        """Forget what a sender told."""
        told = self._senders.pop(sender, None)
        if told is not None:
            self._told -= len(told.items)

    def save(self) -> SavedRoom:
        """Give what `restore` goes on from."""
        return SavedRoom(self._clock.landmark_s, list(self._senders.items()))

    def restore(self, saved: SavedRoom) -> None:
        """Go on from what `save` gave."""
        self._clock.landmark_s = saved.landmark_s
        self._senders = OrderedDict(saved.senders)
        self._told = sum(len(told.items) for told in self._senders.values())

    def _worth(self, told: float) -> float:
        over = told - self._plain
        return told if over <= 0.0 else self._plain + self._least_room * over / (over + self._least_room)

    def _take_together(self, told: SenderTold) -> None:
        by_weight = sorted(told.items, key=lambda item_id: (told.items[item_id], item_id))
        together = by_weight[: len(by_weight) // 2]
        told.floor = max(told.floor, told.items[together[-1]])
        for item_id in together:
            del told.items[item_id]
        self._told -= len(together)

    def _fade(self, factor: float) -> None:
        for told in self._senders.values():
            told.floor *= factor
            for item_id in told.items:
                told.items[item_id] *= factor
