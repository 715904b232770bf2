"""Event amount: what an event says that something came to, and in which currency."""

from typing import NamedTuple

from models.events.currency import told_in
from models.events.events import Event, score_of


class EventAmount(NamedTuple):
    """An amount: `value` in units of `currency`, whose code is empty for the site's base currency."""

    value: float
    currency: str


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
