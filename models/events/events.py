"""Events: what happened, as visitors' browsers and the shop's servers report it, with GA4's names.

`parse_event` is the only door: whatever it lets through is valid, and the log holds nothing else.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from models.base.errors import InvalidError

MAX_EVENT_BYTES: Final = 49_152
"""Room for the ids, prices and quantities of as many items as an event may have."""
MAX_ENCODED_BYTES: Final = 900_000
"""Of any event of the log: our own carry all that is known of a device to whom it belongs."""


class EventItem(msgspec.Struct, omit_defaults=True, frozen=True, kw_only=True):
    """One item of an event, by GA4's field names; `category` is outermost level first.

    `quantity` is above 0, and a fraction where something is sold by weight. `currency` is what `price` is in where that
    is not the event's, until it is reckoned in that: no event of the log has any.
    """

    item_id: str
    name: str = ""
    brand: str = ""
    category: tuple[str, ...] = ()
    variant: str = ""
    price: float | None = None
    currency: str = ""
    discount: float = 0.0
    quantity: int | float = 1
    index: int | None = None
    promotion_id: str = ""
    creative_name: str = ""
    creative_slot: str = ""


class Event(msgspec.Struct, omit_defaults=True, frozen=True, kw_only=True):
    """One valid event. `at_s` is when it happened, `accepted_at_s` when we took it, both in epoch seconds.

    `device_id` is the id it was sent under, where it belongs to a visitor of another (`models.visitor.identity`).
    `rate` is what a unit of its currency was worth in `base`, the site's own, when it came in; 0 where no rate was set.
    `by_engine` is for what the engine itself did to the visitor: it stands on the timeline, and is no act of theirs.
    `told_from` stands for the network address a browser told it from; empty for what the shop's servers told. An
    order that is `claimed` counts once a server tells of it.
    """

    site: str
    event: str
    visitor_id: str
    at_s: float
    accepted_at_s: float
    event_id: str = ""
    user_id: str = ""
    session_id: str = ""
    params: dict[str, Any] = {}
    items: tuple[EventItem, ...] = ()
    context: dict[str, Any] = {}
    device_id: str = ""
    rate: float = 0.0
    base: str = ""
    by_engine: bool = msgspec.field(default=False, name="told")
    told_from: str = ""
    claimed: bool = False

    @property
    def sender_id(self) -> str:
        """The id the event was sent under: the device's, which stays the same when its visitor becomes known."""
        return self.device_id or self.visitor_id


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Event)


def encode_event(event: Event) -> bytes:
    """Give the bytes the log holds."""
    return _encoder.encode(event)


def decode_event(value: bytes) -> Event:
    """Read what `encode_event` gave, checked again: the log may have other writers.

    Raises `InvalidError` for bytes that are no valid event of ours.
    """
    if len(value) > MAX_ENCODED_BYTES:
        raise InvalidError("event_too_large", f"record of {len(value)} bytes, at most {MAX_ENCODED_BYTES}")
    try:
        event = _decoder.decode(value)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidError("event_undecodable", f"record is no event: {error}") from error
    if not (event.site and event.event and event.visitor_id):
        raise InvalidError("event_undecodable", "record is no event: site, event and visitor_id must not be empty")
    if not (math.isfinite(event.at_s) and math.isfinite(event.accepted_at_s)):
        raise InvalidError("event_undecodable", f"record is no event: at_s {event.at_s!r}")
    return event


def order_id_of(event: Event) -> str:
    """Give the order an event speaks of, by our name for it, else by GA4's; empty when it names none."""
    return order_named(event.params)


def order_named(params: Mapping[str, Any]) -> str:
    """Give the order that an event's params name; empty for none.

    Where they have both, `transaction_id` may be that of a payment; whoever tells of the order later knows `order_id`.
    """
    value = params.get("order_id") or params.get("transaction_id") or ""
    return str(value)


def promotions_of(event: Event) -> list[tuple[str, str, str]]:
    """Give (campaign, creative, slot) of each promotion an event names, on its items or on the event itself."""
    named = [(item.promotion_id, item.creative_name, item.creative_slot) for item in event.items if item.creative_name]
    if named:
        return named
    creative = event.params.get("creative_name")
    if not isinstance(creative, str) or not creative:
        return []
    return [(str(event.params.get("promotion_id", "")), creative, str(event.params.get("creative_slot", "")))]


def score_of(params: Mapping[str, Any], field: str) -> float | None:
    """Give a number of an event's params, from a number or from digits as text; None where it is none.

    >>> score_of({"nps": "9"}, "nps"), score_of({"nps": True}, "nps")
    (9.0, None)
    """
    value = params.get(field)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
