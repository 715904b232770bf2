"""Order copy: what is told of an order under one id, for the profile of another id that knows the same order.

A server may tell of a customer's order that the browser told of under its own id, a help desk of a refund. The order is
one; whoever told of it knows what becomes of it.
"""

from typing import Any, Final

import msgspec

from models.events.events import Event
from models.events.names import ORDER_EVENTS, ORDER_TOLD

_ORDER_PARAMS: Final = ("transaction_id", "order_id", "value", "currency")
_NAME: Final = "event"


def order_copy(event: Event, visitor_id: str) -> Event:
    """Give what an order event tells of its order, addressed to another visitor."""
    params: dict[str, Any] = {name: event.params[name] for name in _ORDER_PARAMS if name in event.params}
    return Event(
        site=event.site,
        event=ORDER_TOLD,
        visitor_id=visitor_id,
        at_s=event.at_s,
        accepted_at_s=event.accepted_at_s,
        event_id=event.event_id,
        params={**params, _NAME: event.event},
        items=event.items,
        rate=event.rate,
        base=event.base,
    )


def copied_event(copy: Event) -> Event | None:
    """Give the event that a copy is of, as its visitor's own; None for what `order_copy` cannot have given."""
    name = copy.params.get(_NAME)
    return msgspec.structs.replace(copy, event=name) if name in ORDER_EVENTS else None
