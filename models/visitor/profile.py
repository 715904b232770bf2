"""Profile: all we keep of one visitor, and how events change it.

A profile names the log position it reflects. An event at or below that position has been learned already and changes
nothing, so a replay, a crash or a second worker gives the same profile as an undisturbed run.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from models.base.texts import text_or_empty
from models.events.bots import sent_by_bot
from models.events.device import device_of
from models.events.event_ids import is_recent, with_id
from models.events.events import Event, order_id_of
from models.events.names import CLICKED_MESSAGES, ORDERED_EVENTS, UNDONE_EVENTS
from models.events.presence import alive
from models.events.region import region_of
from models.events.sessions import SESSION_GAP_S, is_open, is_same_campaign, with_open
from models.events.subjects import subjects_of
from models.events.traffic_source import Touch, touch_of
from models.visitor.cart import Cart, CartLine, GroupOf, Removal
from models.visitor.contact_history import ContactHistory, learn_contact
from models.visitor.identity import Joined, Link, Part
from models.visitor.order import OnSale
from models.visitor.order_history import History, Line, learn_order_event, lines
from models.visitor.order_value import OrderValue, order_value_of
from models.visitor.satisfaction import Satisfaction, learn_satisfaction

MAX_RECENT: Final = 24
_POSITION_BITS: Final = 40
_ERASURES: Final = 1 << 63 - _POSITION_BITS
_ERASED: Final = 1 << 63

WEIGHTS: Final = {
    "view_item": 1.0,
    "add_to_wishlist": 2.0,
    "add_to_cart": 3.0,
    "purchase": 5.0,
    "remove_from_cart": -1.5,
    "select_promotion": 1.0,
}
"""What an event says of the interest in each of its subjects."""
COUNTED: Final = (
    "page_view",
    "search",
    "view_item",
    "select_item",
    "add_to_wishlist",
    "add_to_cart",
    "remove_from_cart",
    "begin_checkout",
    "order_created",
    "purchase",
    "order_cancelled",
    "refund",
    "view_promotion",
    "select_promotion",
    "other",
)
"""Events counted by name, in the order stored; the rest count as `other`."""
_COUNT_INDEX: Final = {name: index for index, name in enumerate(COUNTED)}
_STRENGTH: Final = {"select_promotion": 0, "view_item": 1, "add_to_wishlist": 2, "add_to_cart": 3, "purchase": 4}

INTENT: Final = ORDERED_EVENTS | {
    "add_to_wishlist",
    "add_to_cart",
    "begin_checkout",
    "add_shipping_info",
    "add_payment_info",
    "sign_up",
    "generate_lead",
}
"""Events that show more than curiosity."""


class RecentItem(msgspec.Struct, array_like=True):
    """An item looked at, or a creative clicked (`models.events.subjects`): when last, and the strongest thing done
    with it."""

    item_id: str
    at_s: float
    event: str = "view_item"


class Session(msgspec.Struct, array_like=True):
    """The stretch of events the visitor is in: no gap above `SESSION_GAP_S`.

    `open_sessions` are the ids named lately, each with its last event: tabs of one browser may have one each. `click`
    is the campaign of the click on a mail or message that was all of it so far; None for any other.
    """

    session_id: str = ""
    started_at_s: float = 0.0
    last_at_s: float = 0.0
    events: int = 0
    open_sessions: dict[str, float] = {}
    click: str | None = None


class Profile(msgspec.Struct, array_like=True):
    """A visitor's state. Times are epoch seconds of event time, but `accepted_at_s`, of receipt.

    `recent` and `cart` are oldest first and bounded; `orders` is `models.visitor.order_history`'s, None before the
    first order; `event_ids` holds digests of the latest event ids, by which a client's retry is told; `counts` follows
    `COUNTED`; `sketch` is `models.visitor.interest_sketch`'s; `device` and `region` are what the latest events that
    told them came from; `intent` is whether an event of `INTENT` was ever seen; `removals` is `models.visitor.cart`'s,
    `contact_history` `models.visitor.contact_history`'s. What the shop or its servers tell moves `last_at_s` of none
    but a new visitor. `bot_events` of the events seen were told with a bot's user agent.

    Of whose it is: a device's profile keeps `links`, and its stretches in `parts`, the latest of those it gave to who
    is known among them; all of it was given at position `given` last. A known visitor's keeps what has `joined` it,
    and its own apart from that in `parts`. `cart_from_s` is `models.visitor.cart`'s `from_s`. What the log holds up to
    `erased_until` is never learned, or forgotten in turn (`erased_in_turn`) where others used the device.
    """

    position: int = 0
    events_seen: int = 0
    sessions: int = 0
    first_at_s: float = 0.0
    last_at_s: float = 0.0
    accepted_at_s: float = 0.0
    user_id: str = ""
    session: Session = msgspec.field(default_factory=Session)
    first_touch: Touch | None = None
    last_touch: Touch | None = None
    counts: list[int] = msgspec.field(default_factory=lambda: [0] * len(COUNTED))
    recent: list[RecentItem] = []
    cart: list[CartLine] = []
    orders: History | None = None
    event_ids: bytes = b""
    sketch: bytes = b""
    device: str = ""
    region: str = ""
    intent: bool = False
    satisfaction: Satisfaction | None = None
    removals: list[Removal] = []
    links: list[Link] = []
    parts: list[Part] = []
    given: int = 0
    joined: list[Joined] = []
    contact_history: ContactHistory | None = None
    bot_events: int = 0
    cart_from_s: int | float = 0
    erased_until: int = 0
    erased_in_turn: bool = False

    @property
    def stamp(self) -> int:
        """What tells this profile from others of the visitor: the log position, marked while an erasure lies ahead."""
        if self.erased_until <= self.position:
            return self.position
        return self.position | _ERASED | self.erased_until % _ERASURES << _POSITION_BITS

    @property
    def is_bot(self) -> bool:
        """Whether all that is known of the visitor was done by programs that say so."""
        return 0 < self.bot_events == self.events_seen

    def count(self, event: str) -> int:
        """How often the visitor did what `event` names."""
        return self.counts[_COUNT_INDEX[event]]

    @property
    def history(self) -> History:
        """What the visitor ordered, cancelled and refunded orders left out; not to be changed by the caller."""
        return self.orders or History()

    @property
    def order_value(self) -> OrderValue:
        """What the visitor's orders come to, in the currency of most of them; `order_value_of` knows a site's."""
        return order_value_of(self.history)

    @property
    def bought(self) -> list[Line]:
        """The items of the latest orders, oldest order first."""
        return lines(self.history)


_STAMP_BYTES: Final = 8
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Profile)


def encode_profile(profile: Profile) -> bytes:
    """Give the stored form: the stamp, 8 bytes big-endian so that the store can compare it, then msgpack."""
    return profile.stamp.to_bytes(_STAMP_BYTES, "big") + _encoder.encode(profile)


def decode_profile(blob: bytes | None) -> Profile:
    """Read the stored form; a new profile for None."""
    return Profile() if blob is None else _decoder.decode(memoryview(blob)[_STAMP_BYTES:])


def first_time(profile: Profile, event_id: str) -> bool:
    """Whether the event id is none of the visitor's latest; remembers it."""
    if is_recent(profile.event_ids, event_id):
        return False
    profile.event_ids = with_id(profile.event_ids, event_id)
    return True


def apply_one(profile: Profile, event: Event, on_sale: OnSale, group_of: GroupOf = str) -> None:
    """Make an event part of everything but the vectors; `on_sale` says whether an item was sold below its price.

    A bot's event is passed over, whoever's id it was told under.
    """
    at_s = event.at_s
    first = profile.events_seen == profile.bot_events
    profile.events_seen += 1
    if sent_by_bot(event):
        profile.bot_events += 1
        if first:  # nobody but bots so far
            profile.first_at_s = profile.first_at_s or at_s
            profile.last_at_s = at_s
            profile.accepted_at_s = event.accepted_at_s
        return
    _apply_times(profile, event, first=first)
    profile.counts[_COUNT_INDEX.get(event.event, _COUNT_INDEX["other"])] += 1
    if event.user_id:
        profile.user_id = event.user_id
    profile.region = region_of(event) or profile.region
    profile.intent = profile.intent or event.event in INTENT
    profile.satisfaction = learn_satisfaction(profile.satisfaction, event)
    profile.contact_history = learn_contact(profile.contact_history, event)
    touch = touch_of(event)
    if touch is not None:
        if profile.first_touch is None or touch.at_s < profile.first_touch.at_s:
            profile.first_touch = touch
        if profile.last_touch is None or touch.at_s >= profile.last_touch.at_s:
            profile.last_touch = touch
    if event.event in _STRENGTH:
        for item in subjects_of(event):
            remember_recent(profile, RecentItem(item.item_id, at_s, event.event))
    if event.event in ORDERED_EVENTS:
        _order(profile, event, on_sale, group_of)
    elif event.event in UNDONE_EVENTS and order_id_of(event):
        tell_of_order(profile, event, on_sale)
    handler = _CART.get(event.event)
    if handler is not None:
        handler(profile, event, group_of)


def _apply_times(profile: Profile, event: Event, *, first: bool) -> None:
    """Take in when it was; the visitor was last seen with the latest sign of life, before any with what came first."""
    at_s = event.at_s
    profile.first_at_s = at_s if first else min(profile.first_at_s, at_s)
    profile.accepted_at_s = event.accepted_at_s if first else max(profile.accepted_at_s, event.accepted_at_s)
    if alive(event) and not _is_told_again(profile, event):
        has_lived = not first and profile.sessions > 0
        profile.last_at_s = max(profile.last_at_s, at_s) if has_lived else at_s
        profile.device = device_of(event) or profile.device
        _apply_session(profile, event)
    elif first:
        profile.last_at_s = at_s


def _is_told_again(profile: Profile, event: Event) -> bool:
    """Whether an order is told again without a session, as servers do: that brings nobody to the site again."""
    if event.event not in ORDERED_EVENTS or event.session_id:
        return False
    order_id = order_id_of(event)
    return any(
        order.order_id == order_id and not order.elsewhere and order.at_s < event.at_s
        for order in profile.history.orders
    )


def _apply_session(profile: Profile, event: Event) -> None:
    session = profile.session
    late = session.events > 0 and event.at_s < session.started_at_s - SESSION_GAP_S
    if late:
        return  # belongs to a session that is over
    idle = event.at_s - session.last_at_s > SESSION_GAP_S or _leads_elsewhere(session.click, event)
    named = event.session_id
    renamed = bool(named and session.session_id and named != session.session_id)
    if renamed and is_open(session.open_sessions, named, event.at_s):
        renamed = False  # another tab of the same browser
        session.session_id = named
    open_sessions = with_open(session.open_sessions, named, event.at_s) if named else session.open_sessions
    if session.events == 0 or idle or (renamed and event.at_s >= session.last_at_s):
        profile.sessions += 1
        profile.session = Session(named, event.at_s, event.at_s, 1, open_sessions, _click_of(event))
        return
    session.click = None
    session.open_sessions = open_sessions
    session.session_id = session.session_id or named
    session.started_at_s = min(session.started_at_s, event.at_s)
    session.last_at_s = max(session.last_at_s, event.at_s)
    session.events += 1


def _click_of(event: Event) -> str | None:
    """The campaign of a click on a mail or message that names no session; None for any other event."""
    if event.event not in CLICKED_MESSAGES or event.session_id:
        return None
    touch = touch_of(event)
    return touch.campaign if touch is not None else ""


def _leads_elsewhere(click: str | None, event: Event) -> bool:
    """Whether a session that is a click alone is not the one an event belongs to, by their campaigns."""
    if not click:
        return False
    touch = touch_of(event)
    return touch is not None and not is_same_campaign(click, touch.campaign)


def seen_again(known: RecentItem, seen: RecentItem) -> RecentItem:
    """Give what two looks at one item are together: when last, and the strongest thing done with it."""
    event = max(known.event, seen.event, key=_STRENGTH.__getitem__)
    return RecentItem(seen.item_id, max(known.at_s, seen.at_s), event)


def remember_recent(profile: Profile, seen: RecentItem) -> None:
    """Put an item among the recent ones by event time; one entry an item, with its latest time."""
    recent = profile.recent
    for index, known in enumerate(recent):
        if known.item_id == seen.item_id:
            seen = seen_again(known, seen)
            del recent[index]
            break
    place = len(recent)
    while place > 0 and recent[place - 1].at_s > seen.at_s:
        place -= 1
    recent.insert(place, seen)
    del recent[:-MAX_RECENT]


def cart_of(profile: Profile) -> Cart:
    """Give the cart of a profile; where devices are known, it keeps what was taken out in advance."""
    keeps = any(joined.is_link for joined in profile.joined)
    return Cart(profile.cart, profile.removals, profile.cart_from_s, keeps)


def put_cart(profile: Profile, cart: Cart) -> None:
    """Make a cart the one of a profile."""
    profile.cart, profile.removals, profile.cart_from_s = cart.lines, cart.removals, cart.from_s


def _add_to_cart(profile: Profile, event: Event, _: GroupOf) -> None:
    cart = cart_of(profile)
    named = text_or_empty(event.params.get("currency"))
    for item in event.items:
        cart.add(CartLine(item.item_id, item.quantity, event.at_s, item.price, named))
    put_cart(profile, cart)


def _remove_from_cart(profile: Profile, event: Event, group_of: GroupOf) -> None:
    cart = cart_of(profile)
    for item in event.items:
        cart.remove(item.item_id, item.quantity, event.at_s, group_of)
    put_cart(profile, cart)


def _order(profile: Profile, event: Event, on_sale: OnSale, group_of: GroupOf) -> None:
    """Make or pay an order, and move what was ordered out of the cart."""
    tell_of_order(profile, event, on_sale)
    ordered = [item.item_id for item in event.items]
    if ordered:
        cart = cart_of(profile)
        cart.take_ordered(ordered, event.at_s, group_of)
        put_cart(profile, cart)


def tell_of_order(profile: Profile, event: Event, on_sale: OnSale, *, own: bool = True) -> None:
    """Take in what an event tells of an order, and nothing else; `own` is false for what another id told."""
    profile.orders = profile.orders or History()
    learn_order_event(profile.orders, event, on_sale, own=own)


_CART: Final[dict[str, Callable[[Profile, Event, GroupOf], None]]] = {
    "add_to_cart": _add_to_cart,
    "remove_from_cart": _remove_from_cart,
}


def recent_items(profile: Profile) -> list[str]:
    """Ids of the items looked at and the creatives clicked, newest first."""
    return [seen.item_id for seen in reversed(profile.recent)]


def in_session(profile: Profile, recents: Sequence[RecentItem]) -> list[RecentItem]:
    """Those of the recent items that belong to the session the visitor is in."""
    return [seen for seen in recents if seen.at_s >= profile.session.started_at_s]


def discrete_part(profile: Profile) -> dict[str, Any]:
    """Everything but the vectors, as plain values: what two runs must agree on exactly."""
    plain: dict[str, Any] = {name: msgspec.to_builtins(getattr(profile, name)) for name in Profile.__struct_fields__}
    del plain["sketch"]
    return plain
