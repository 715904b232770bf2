"""Event amount: what an event says that something came to, and in which currency."""

from collections import defaultdict
from typing import Final, NamedTuple

from models.events.currency import told_in
from models.events.events import Event, score_of

CENTS: Final = 100
"""Orders keep amounts in hundredths."""


class EventAmount(NamedTuple):
    """An amount: `value` in units of `currency`, whose code is empty for the site's base currency."""

    value: float
    currency: str


class ItemSums(NamedTuple):
    """How many of each item an event names, over all its lines, and what they come to by their prices."""

    quantities: defaultdict[str, float]
    worth: defaultdict[str, float]


def item_sums(event: Event) -> ItemSums:
    """Add up an event's lines by item, in order of their first; a line without a price is worth nothing."""
    sums = ItemSums(defaultdict(float), defaultdict(float))
    for item in event.items:
        sums.quantities[item.item_id] += item.quantity
        sums.worth[item.item_id] += (item.price or 0.0) * item.quantity
    return sums


def amount_of(event: Event) -> EventAmount | None:
    """Give an event's `value`, else the sum of its items' prices times quantities; None where neither is known.

    An event with a `rate` is told in the site's base currency, any other in the one it names; one that names none means
    the base currency.
    """
    value = score_of(event.params, "value")
    if value is None:
        prices = [item.price * item.quantity for item in event.items if item.price is not None]
        if not prices:
            return None
        value = sum(prices)
    rate, currency = told_in(event)
    return EventAmount(value * rate, currency)
