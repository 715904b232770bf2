"""Cart: its lines, and what was taken out before it was known to be in.

Events of two devices, or late ones, may come in any order: a removal or an order that finds less in the cart than it
names is remembered for a while, and what is put in with an earlier time meets it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from models.events.amounts import whole_if_it_is

MAX_CART_LINES: Final = 50
TAKEN_LASTS_S: Final = 600.0
"""Event time for which a removal waits for what it removed."""


GroupOf = Callable[[str], str]
"""Gives the id of the group that an item is a variant of, its own for one that is none."""


class CartLine(msgspec.Struct, array_like=True):
    """An item in the live cart; `price` is of `currency`, empty for the site's base."""

    item_id: str
    quantity: int | float
    at_s: float
    price: float | None = None
    currency: str = ""


class Removal(msgspec.Struct, array_like=True, frozen=True):
    """An item taken out at `at_s` (epoch seconds): so many more than there were; all of it where `quantity` is 0."""

    item_id: str
    quantity: int | float
    at_s: float


@dataclass(slots=True)
class Cart:
    """Lines, oldest first, and what was taken out in advance.

    Where it `keeps` that, the latest `MAX_CART_LINES` removals stay, since what a device brings may be told at any
    time; what it put in until `from_s` (epoch seconds), the latest removal that is forgotten, counts no more.
    """

    lines: list[CartLine] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)
    from_s: float = 0.0
    keeps: bool = False

    def add(self, line: CartLine) -> None:
        """Put in what was not taken out later.

        >>> cart = Cart()
        >>> cart.remove("a", 1, at_s=20.0)
        >>> cart.add(CartLine("a", 3, 10.0)), cart.lines[0].quantity
        (None, 2)
        """
        quantity = line.quantity
        for earlier in [removal for removal in self.removals if removal.item_id == line.item_id]:
            if earlier.at_s > line.at_s:
                if earlier.quantity == 0:
                    return
                used = min(quantity, earlier.quantity)
                quantity = whole_if_it_is(quantity - used)
                self.removals = [removal for removal in self.removals if removal is not earlier]
                if earlier.quantity > used:
                    self.removals.append(
                        msgspec.structs.replace(earlier, quantity=whole_if_it_is(earlier.quantity - used))
                    )
        if quantity > 0:
            self._put(msgspec.structs.replace(line, quantity=quantity))

    def _put(self, line: CartLine) -> None:
        known = self._line(line.item_id)
        if known is None:
            self.lines.append(line)
            del self.lines[:-MAX_CART_LINES]
            return
        known.quantity = whole_if_it_is(known.quantity + line.quantity)
        if line.price is not None and (line.at_s >= known.at_s or known.price is None):
            known.price, known.currency = line.price, line.currency
        known.at_s = max(known.at_s, line.at_s)

    def remove(self, item_id: str, quantity: float, at_s: float, group_of: GroupOf = str) -> None:
        """Take some of an item out, or of the line that its group stands in, as `group_of` tells."""
        known = self._line(item_id)
        if known is None:
            known = next((line for line in reversed(self.lines) if _is_same(line.item_id, item_id, group_of)), None)
        missing = whole_if_it_is(quantity - (known.quantity if known else 0))
        if known is not None:
            known.quantity = whole_if_it_is(known.quantity - quantity)
            self.lines = [line for line in self.lines if line.quantity > 0]
        if missing > 0:
            self._take(Removal(item_id, missing, at_s))

    def take_ordered(self, item_ids: Iterable[str], at_s: float, group_of: GroupOf = str) -> None:
        """Take items out altogether: they were ordered.

        >>> cart = Cart([CartLine("cap", 1, 10.0), CartLine("hat", 1, 10.0)])
        >>> cart.take_ordered(["cap-m"], 20.0, {"cap-m": "cap", "hat": "hat", "cap": "cap"}.__getitem__)
        >>> [line.item_id for line in cart.lines]
        ['hat']
        """
        ordered = set(item_ids)
        groups = ordered | {group_of(item_id) for item_id in ordered}
        self.lines = [
            line for line in self.lines if line.item_id not in groups and group_of(line.item_id) not in ordered
        ]
        for item_id in sorted(ordered):
            self._take(Removal(item_id, 0, at_s))

    def _take(self, taken: Removal) -> None:
        removals = [removal for removal in self.removals if removal != taken]
        if self.keeps and not taken.quantity:  # what was ordered is out, whatever was taken out before
            removals = [
                removal for removal in removals if removal.item_id != taken.item_id or removal.at_s > taken.at_s
            ]
        removals.append(taken)
        if not self.keeps:
            newest_s = max(removal.at_s for removal in removals)
            kept = [removal for removal in removals if removal.at_s >= newest_s - TAKEN_LASTS_S]
            self.removals = kept[-MAX_CART_LINES:]
            return
        removals.sort(key=lambda removal: (removal.at_s, removal.item_id, removal.quantity))
        self.from_s = max([self.from_s, *(removal.at_s for removal in removals[:-MAX_CART_LINES])])
        self.removals = removals[-MAX_CART_LINES:]

    def _line(self, item_id: str) -> CartLine | None:
        return next((line for line in self.lines if line.item_id == item_id), None)


def carts_together(carts: Sequence[Cart], group_of: GroupOf = str) -> Cart:
    """Give one cart of several that were kept apart: all that is in any, but for what was taken out of another since.

    >>> phone, laptop = Cart([CartLine("a", 2, 10.0), CartLine("b", 1, 10.0)]), Cart()
    >>> laptop.remove("a", 1, at_s=20.0)
    >>> [(line.item_id, line.quantity) for line in carts_together([laptop, phone]).lines]
    [('a', 1), ('b', 1)]
    """
    if len(carts) == 1:
        return carts[0]
    entries = [
        (line, place)
        for place, cart in enumerate(carts)
        for line in cart.lines
        if all(line.at_s > other.from_s for other in carts if other is not cart)
    ]
    removals = [(removal, place) for place, cart in enumerate(carts) for removal in cart.removals]
    removals.sort(key=lambda entry: (entry[0].at_s, entry[0].item_id, entry[0].quantity, entry[1]))
    left = [removal.quantity for removal, _ in removals]
    made = Cart(from_s=max((cart.from_s for cart in carts), default=0.0))
    for line, place in sorted(entries, key=lambda entry: (entry[0].at_s, entry[0].item_id, entry[1])):
        quantity = line.quantity
        for number, (removal, whose) in enumerate(removals):
            same = line.item_id == removal.item_id or _is_same(line.item_id, removal.item_id, group_of)
            if whose == place or removal.at_s < line.at_s or not same:
                continue
            used = quantity if removal.quantity == 0 else min(quantity, left[number])
            quantity -= used
            left[number] -= used if removal.quantity else 0
        if quantity > 0:
            made._put(msgspec.structs.replace(line, quantity=whole_if_it_is(quantity)))  # noqa: SLF001 - of its kind
    made.removals = [
        msgspec.structs.replace(removal, quantity=whole_if_it_is(rest))
        for (removal, _), rest in zip(removals, left, strict=True)
        if rest > 0 or removal.quantity == 0
    ][-MAX_CART_LINES:]
    return made


def _is_same(one: str, other: str, group_of: GroupOf) -> bool:
    """Whether one of two ids names the group that the other is a variant of."""
    return group_of(one) == other or group_of(other) == one
