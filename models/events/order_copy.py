"""Order copy: what is told of an order under one id, for the profile of another id that knows the same order.

A server may tell of a customer's order that the browser told of under its own id, a help desk of a refund. The order is
one; whoever told of it knows what becomes of it.
"""

from typing import Any, Final

import msgspec

from models.events.event_ids import event_id_of
from models.events.events import Event, EventItem
from models.events.names import ORDER_EVENTS, ORDER_TOLD

_ORDER_PARAMS: Final = ("transaction_id", "order_id", "value", "currency")
_NAME: Final = "event"
_ID: Final = "event_id"


def order_copy(event: Event, visitor_id: str) -> Event:
    """Give what an order event tells of its order, addressed to another visitor.

    It has an id of its own, so that it is known when it is told twice, and never taken for an event of that visitor's
    which bears the same id: browser and server may give theirs one.
    """
    params: dict[str, Any] = {name: event.params[name] for name in _ORDER_PARAMS if name in event.params}
    if event.event_id:
        params[_ID] = event.event_id
    return Event(
        site=event.site,
        event=ORDER_TOLD,
        visitor_id=visitor_id,
        at_s=event.at_s,
        accepted_at_s=event.accepted_at_s,
        event_id=event_id_of("order_copy", event.visitor_id, event.event_id) if event.event_id else "",
        params={**params, _NAME: event.event},
        items=tuple(
            EventItem(item_id=item.item_id, price=item.price, discount=item.discount, quantity=item.quantity)
            for item in event.items
        ),
        rate=event.rate,
        base=event.base,
        told_from=event.told_from,
        claimed=event.claimed,
    )


def copied_event(copy: Event) -> Event | None:
    """Give the event that a copy is of, as its visitor's own; None for what `order_copy` cannot have given."""
    name, event_id = copy.params.get(_NAME), copy.params.get(_ID, copy.event_id)
    if name not in ORDER_EVENTS or not isinstance(event_id, str):
        return None
    return msgspec.structs.replace(copy, event=name, event_id=event_id)


class _Stored(msgspec.Struct, array_like=True):
    visitor_id: str
    at_s: float
    accepted_at_s: float
    params: dict[str, Any]
    items: list[tuple[str, float | None, float, int | float]] = []
    rate: float = 0.0
    base: str = ""
    told_from: str = ""
    claimed: bool = False


MARK_BYTES: Final = 16
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Stored)


def encode_copy(copy: Event) -> bytes:
    """Give a short form of a copy. Its first `MARK_BYTES` tell it from others of its order, the same however often its
    event was sent."""
    items = [(item.item_id, item.price, item.discount, item.quantity) for item in copy.items]
    stored = _Stored(copy.visitor_id, copy.at_s, 0.0, copy.params, items, copy.rate, copy.base)
    mark = copy.event_id or event_id_of("order_copy", _encoder.encode(stored).hex())
    stored.accepted_at_s, stored.told_from, stored.claimed = copy.accepted_at_s, copy.told_from, copy.claimed
    return bytes.fromhex(mark) + _encoder.encode(stored)


def decode_copy(site: str, value: bytes) -> Event:
    """Read what `encode_copy` gave of a copy of a site."""
    stored = _decoder.decode(memoryview(value)[MARK_BYTES:])
    return Event(
        site=site,
        event=ORDER_TOLD,
        visitor_id=stored.visitor_id,
        at_s=stored.at_s,
        accepted_at_s=stored.accepted_at_s,
        event_id=value[:MARK_BYTES].hex() if _ID in stored.params else "",
        params=stored.params,
        items=tuple(
            EventItem(item_id=item_id, price=price, discount=discount, quantity=quantity)
            for item_id, price, discount, quantity in stored.items
        ),
        rate=stored.rate,
        base=stored.base,
        told_from=stored.told_from,
        claimed=stored.claimed,
    )
