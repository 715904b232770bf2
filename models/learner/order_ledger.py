"""Order ledger: what the models of one site have learned of each order, so that it is learned once, whoever tells of it
and however often, and taken off again once it is taken back."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from models.events.events import Event, order_id_of
from models.visitor.order import Order, new_order, settle, take_in_event
from models.visitor.order_value import sold_reduced

MAX_LEDGER_ORDERS: Final = 10_000
"""Of the latest; an older one that is told of again is taken for new, and what it taught stays."""


MAX_COUNTED_QUANTITY: Final = 10
"""Pieces of one item that one order counts for among the bestsellers: a reseller's order is no fashion."""


Admit = Callable[[str, float], float]
"""Gives how many of so many units of an item may count as sold."""


class Wanted(NamedTuple):
    """What a purchase of an item was taken for: an event of such weights among what trends and what is popular, at
    `at_s` (epoch seconds)."""

    trending: float
    popular: float
    at_s: float


class LedgerEntry(msgspec.Struct, array_like=True):
    """An order as the models have learned it.

    `visitor_id` told of it first; `taught` are the items of it, `sold` how many units of each are counted as sold, and
    `wanted` what the purchase of each was taken for.
    """

    order: Order
    visitor_id: str
    taught: list[str] = []
    sold: dict[str, int | float] = {}
    wanted: dict[str, Wanted] = {}


class OrderChange(NamedTuple):
    """What an event changed of an order of `at_s` (epoch seconds).

    `before` are items that the order had taught already, `new` those that it has more now, `gone` those of which
    nothing is left, `units` by how many more or fewer of each item are sold, `unwanted` what those gone were taken for.
    `confirmed` are those of the new that only a browser had named before.
    """

    visitor_id: str
    order_id: str
    at_s: float
    before: list[str]
    new: list[str]
    gone: list[str]
    units: dict[str, float]
    unwanted: dict[str, Wanted]
    confirmed: list[str]


class OrderLedger:
    """The latest orders of one site, by id."""

    def __init__(self, entries: list[LedgerEntry] | None = None) -> None:
        self._entries = OrderedDict((entry.order.order_id, entry) for entry in entries or [])

    def entries(self) -> list[LedgerEntry]:
        """Give what `OrderLedger` goes on from, oldest first."""
        return list(self._entries.values())

    def take_in(self, event: Event, admit: Admit = lambda _, units: units) -> OrderChange:
        """Take in an event that makes, pays or takes back an order; more is sold only as far as it is admitted."""
        order_id = order_id_of(event)
        entry = self._entries.get(order_id) or LedgerEntry(new_order(order_id, event.at_s), event.visitor_id)
        take_in_event(entry.order, event, sold_reduced)
        if order_id:
            self._entries[order_id] = entry
            if len(self._entries) > MAX_LEDGER_ORDERS:
                self._entries.popitem(last=False)
        return _changed(entry, event, admit)

    def purchased(self, order_id: str) -> list[str]:
        """Give the items that an order's purchases have taught already."""
        entry = self._entries.get(order_id)
        return list(entry.wanted) if entry is not None else []

    def keeps(self, order_id: str, item_id: str) -> bool:
        """Whether something is left of an item that an order was told to have: one that was taken back teaches nothing
        when it is told again, or told of only then."""
        entry = self._entries.get(order_id)
        return entry is None or item_id in entry.taught

    def note_wanted(self, order_id: str, item_id: str, wanted: Wanted) -> None:
        """Remember what the purchase of an item was taken for."""
        entry = self._entries.get(order_id)
        if entry is not None:
            entry.wanted[item_id] = wanted

    def forget(self, visitor_id: str) -> None:
        """Drop the name of a visitor; what their orders taught stays, and can be taken back."""
        for entry in self._entries.values():
            if entry.visitor_id == visitor_id:
                entry.visitor_id = ""


def _changed(entry: LedgerEntry, event: Event, admit: Admit) -> OrderChange:
    order = entry.order
    settled = settle(order)
    there = [] if order.unknown else list(settled.units)
    sold: dict[str, int | float] = {}
    for item_id, units in settled.units.items() if order.paid else ():
        before, now = entry.sold.get(item_id, 0), min(units, MAX_COUNTED_QUANTITY)
        sold[item_id] = before + admit(item_id, now - before) if now > before else now
    unwanted = {item_id: wanted for item_id, wanted in entry.wanted.items() if item_id not in settled.units}
    named = {item.item_id for item in event.items}
    change = OrderChange(
        entry.visitor_id,
        order.order_id,
        float(order.at_s),
        before=[item_id for item_id in entry.taught if item_id in settled.units],
        new=[item_id for item_id in there if item_id not in entry.taught],
        gone=[item_id for item_id in entry.taught if item_id not in settled.units],
        units={
            item_id: more
            for item_id in dict.fromkeys((*entry.sold, *sold))
            if (more := sold.get(item_id, 0) - entry.sold.get(item_id, 0))
        },
        unwanted=unwanted,
        confirmed=[item_id for item_id in there if item_id not in entry.taught and item_id not in named],
    )
    entry.taught, entry.sold = [*change.before, *change.new], sold
    entry.wanted = {item_id: wanted for item_id, wanted in entry.wanted.items() if item_id not in unwanted}
    return change
