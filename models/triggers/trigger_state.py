"""Trigger state: what triggers know of one visitor: orders under way, armed timers, what was sent, what is wanted.

It names the log position it reflects, so that a replay of the log arms nothing twice. All of it is plain bounded lists
with times.
"""

from base64 import b64decode, b64encode
from binascii import Error
from hashlib import blake2b
from math import inf
from typing import Final

import msgspec

from models.base.durations import DAY_S
from models.events.bots import FLOOD_EVENTS
from models.events.event_ids import event_id_of, is_recent, with_id
from models.events.events import Event
from models.events.names import TRIGGER_STATE_JOINED
from models.visitor.contact_history import (
    ContactHistory,
    complaints_within,
    merged_contacts,
    parted_contacts,
    without_contacts,
)
from models.visitor.holds import hold_code
from models.visitor.order import Order, join_order, settle
from models.visitor.profile import Profile

NOTHING_TOLD: Final = msgspec.Raw(msgspec.msgpack.encode({}))
MAX_TRACKED_ORDERS: Final = 20
MAX_LEDGERS: Final = 5
MAX_TIMERS: Final = 40
MAX_SENT: Final = 40
MAX_WANTS: Final = 30
MAX_DONE: Final = 128
MAX_VIEWED: Final = 5
MAX_BROUGHT: Final = 8
WANT_LASTS_S: Final = 60 * DAY_S
FLOOD_LASTS_S: Final = DAY_S
"""Nothing is sent to a visitor for so long after a flood."""
_DONE_BYTES: Final = 6
_REVISION_BYTES: Final = 8


class TrackedOrder(msgspec.Struct, array_like=True):
    """An order under way; times in epoch seconds, 0 for not yet. `over_at_s`: nothing is left of it.

    `ledger` is what was told of it, None for orders before the latest `MAX_LEDGERS`. `elsewhere`: only other ids told
    that it was made.
    """

    order_id: str
    created_at_s: float = 0.0
    paid_at_s: float = 0.0
    shipped_at_s: float = 0.0
    out_at_s: float = 0.0
    delivered_at_s: float = 0.0
    over_at_s: float = 0.0
    expected_s: float = 0.0
    value: float | None = None
    currency: str = ""
    item_ids: list[str] = []
    ledger: Order | None = None
    elsewhere: bool = False

    @property
    def unpaid(self) -> bool:
        """Whether it waits for its payment."""
        return self.created_at_s > 0 and not (
            self.paid_at_s or self.shipped_at_s or self.delivered_at_s or self.over_at_s
        )

    @property
    def was_claimed(self) -> bool:
        """Whether somebody claimed lately that it was made."""
        return self.ledger is not None and self.ledger.claim is not None


class Timer(msgspec.Struct, array_like=True):
    """An armed trigger: looked at when due, no more after `expires_s`; `meant_s` is when it was due first.

    `held` is the code of what put it off, of `models.visitor.holds`, empty for nothing; `about` is what its event told,
    which the trigger's condition reads (`models.triggers.about`).
    """

    trigger_id: str
    subject: str
    due_s: float
    meant_s: float
    expires_s: float
    held: str = ""
    about: msgspec.Raw = NOTHING_TOLD


class Sent(msgspec.Struct, array_like=True):
    """A message that was sent to the visitor."""

    message_id: str
    trigger_id: str
    at_s: float
    channel: str
    campaign: str
    promotional: bool


class Want(msgspec.Struct, array_like=True):
    """An item the visitor wants: how often it was looked at, whether it was put aside, and its price then, in
    `currency`."""

    item_id: str
    at_s: float
    views: int = 0
    kept: bool = False
    price: float | None = None
    currency: str = ""

    @property
    def strong(self) -> bool:
        """Whether it is wanted enough to tell of: on the wish list, in the cart, or looked at more than once."""
        return self.kept or self.views >= 2


class Browsing(msgspec.Struct, array_like=True):
    """The visit in which products were looked at last."""

    started_at_s: float
    last_at_s: float
    views: int
    item_ids: list[str]


class Brought(msgspec.Struct, array_like=True, frozen=True):
    """What a device brought of things known once, and what was known of them before; 0, '' and None for nothing."""

    device_id: str
    signed_up_s: float = 0.0
    complaints: ContactHistory | None = None
    birthday: str = ""
    signed_up_before_s: float = 0.0
    complaints_before: ContactHistory | None = None
    birthday_before: str = ""


class TriggerState(msgspec.Struct, array_like=True):
    """One visitor as the triggers see it. Times are epoch seconds, 0 for never.

    `look` asks to look at the profile; `acted_at_s` is the latest event that was more than a measurement, `visit_at_s`
    when the visit it belongs to began; `cart_since_s` is when the cart was begun, `cart_over_s` when something was
    ordered last; `heard` holds when events were seen last that some trigger waits for; `allowed` is what is left of the
    events a visitor may send before it is a flood; `event_ids` holds digests of the latest event ids.
    `complaints` are what was complained of and made good; states of an older version have a number there until they are
    read. What happened from `late_from_s` to `late_until_s` was told late, the last of it at `late_told_s`. `left_s` is
    when somebody logged out of a device last while nobody was known; `brought` is what devices brought a visitor.
    """

    position: int = 0
    profile_due: bool = False
    acted_at_s: float = 0.0
    visit_at_s: float = 0.0
    cart_at_s: float = 0.0
    cart_since_s: float = 0.0
    cart_over_s: float = 0.0
    browsing: Browsing | None = None
    orders: list[TrackedOrder] = []
    timers: list[Timer] = []
    done: bytes = b""
    sent: list[Sent] = []
    wants: list[Want] = []
    signed_up_s: float = 0.0
    first_order_s: float = 0.0
    birthday: str = ""
    user_id: str = ""
    complaints: ContactHistory | float | None = None
    heard: dict[str, float] = {}
    bot: bool = False
    allowed: float = FLOOD_EVENTS
    counted_at_s: float = 0.0
    flooded_at_s: float = 0.0
    event_ids: bytes = b""
    late_from_s: float = 0.0
    late_until_s: float = 0.0
    late_told_s: float = 0.0
    left_s: float = 0.0
    brought: list[Brought] = []

    @property
    def known_complaints(self) -> ContactHistory | None:
        """What was complained of and made good; nothing else of a contact history is kept here."""
        return self.complaints if isinstance(self.complaints, ContactHistory) else None

    def suspended(self, low_rating: float) -> bool:
        """Whether a complaint is open, a rating of `low_rating` stars or fewer too."""
        return self.known_complaints is not None and self.known_complaints.suspended(low_rating)

    def has_open_complaint(self, at_s: float, case_id: str) -> bool:
        """Whether what was complained of at `at_s` was not made good since; timers of an older version say 0."""
        known = self.known_complaints
        return known is not None and (not at_s or at_s > known.resolved_s(case_id))

    @property
    def due_s(self) -> float | None:
        """When to look at the visitor next: 0 for at once, None for never."""
        if self.profile_due:
            return 0.0
        return min((timer.due_s for timer in self.timers), default=None)

    def find_order(self, order_id: str) -> TrackedOrder | None:
        """Give an order that is known."""
        return next((order for order in self.orders if order.order_id == order_id), None)

    def want(self, item_id: str) -> Want | None:
        """Give what is known of an item that is wanted."""
        return next((want for want in self.wants if want.item_id == item_id), None)

    def is_done(self, trigger_id: str, subject: str) -> bool:
        """Whether a trigger was carried out for a subject."""
        mark = _mark(trigger_id, subject)
        return any(self.done[at : at + _DONE_BYTES] == mark for at in range(0, len(self.done), _DONE_BYTES))

    def note_done(self, trigger_id: str, subject: str) -> None:
        """Remember that a trigger was carried out for a subject; the latest `MAX_DONE` are."""
        self.done = (self.done + _mark(trigger_id, subject))[-_DONE_BYTES * MAX_DONE :]

    def first_time(self, event_id: str) -> bool:
        """Whether an event id is none of the visitor's latest: a client's retry starts nothing; remembers it."""
        if is_recent(self.event_ids, event_id):
            return False
        self.event_ids = with_id(self.event_ids, event_id)
        return True

    def flooding(self, now_s: float) -> bool:
        """Whether the visitor is a program, or behaved as one lately."""
        return self.bot or (self.flooded_at_s > 0 and now_s - self.flooded_at_s < FLOOD_LASTS_S)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(TriggerState)


def encode_trigger_state(state: TriggerState, revision: int) -> bytes:
    """Give the stored form: a revision, 8 bytes big-endian so that the store can compare it, then msgpack."""
    return revision.to_bytes(_REVISION_BYTES, "big") + _encoder.encode(state)


def decode_trigger_state(blob: bytes | None) -> tuple[int, TriggerState]:
    """Read the stored form and its revision; a new state, revision 0, for None."""
    if blob is None:
        return 0, TriggerState()
    state = _read(memoryview(blob)[_REVISION_BYTES:])
    for timer in state.timers:
        timer.held = hold_code(timer.held)
    return int.from_bytes(blob[:_REVISION_BYTES], "big"), state


def _read(blob: bytes | memoryview) -> TriggerState:
    """Read a state; one of an older version has since when a complaint is open in place of the complaints."""
    state = _decoder.decode(blob)
    if isinstance(state.complaints, float):
        state.complaints = ContactHistory(trouble_at_s=state.complaints) if state.complaints else None
    return state


def given(state: TriggerState) -> TriggerState:
    """What is left of a device's trigger state once its visitor is known: whether it is a program, and what it may
    send."""
    return TriggerState(
        position=state.position,
        bot=state.bot,
        allowed=state.allowed,
        counted_at_s=state.counted_at_s,
        flooded_at_s=state.flooded_at_s,
        event_ids=state.event_ids,
    )


def joining_trigger_state(state: TriggerState, device_id: str, identified: Event) -> Event:
    """Give the event that carries a device's trigger state to the visitor it belongs to."""
    return Event(
        site=identified.site,
        event=TRIGGER_STATE_JOINED,
        visitor_id=identified.user_id,
        user_id=identified.user_id,
        device_id=device_id,
        at_s=identified.at_s,
        accepted_at_s=identified.accepted_at_s,
        event_id=event_id_of(identified.site, device_id, identified.user_id, str(state.position)),
        params={"watch": b64encode(_encoder.encode(state)).decode()},
    )


def read_joining_trigger_state(event: Event) -> TriggerState | None:
    """Read what `joining_trigger_state` gave; None for what it cannot have given."""
    value = event.params.get("watch")
    try:
        return _read(b64decode(value, validate=True)) if isinstance(value, str) else None
    except (Error, msgspec.DecodeError, msgspec.ValidationError):
        return None


def given_until(state: TriggerState, until_s: float) -> TriggerState:
    """Give what a device's trigger state knows of the time until a logout, and leave it the rest, maybe another's.

    Timers are none of it: they are set anew by what the profile tells.
    """
    theirs = TriggerState(
        position=state.position,
        acted_at_s=min(state.acted_at_s, until_s),
        orders=[order for order in state.orders if _ordered_at_s(order) <= until_s],
        done=state.done,
        sent=[message for message in state.sent if message.at_s <= until_s],
        wants=[want for want in state.wants if want.at_s <= until_s],
        birthday=state.birthday,
    )
    state.orders = [order for order in state.orders if _ordered_at_s(order) > until_s]
    state.sent = [message for message in state.sent if message.at_s > until_s]
    state.wants = [want for want in state.wants if want.at_s > until_s]
    state.timers, state.birthday, state.profile_due = [], "", True
    known = state.known_complaints
    theirs.complaints, state.complaints = (
        complaints_within(known, 0.0, until_s), complaints_within(known, until_s, inf)
    )  # fmt: skip
    for name in ("signed_up_s", "cart_at_s", "cart_over_s"):
        if getattr(state, name) <= until_s:
            setattr(theirs, name, getattr(state, name))
            setattr(state, name, 0.0)
    if state.browsing is not None and state.browsing.last_at_s <= until_s:
        theirs.browsing, state.browsing = state.browsing, None
    state.cart_since_s = state.left_s = 0.0
    return theirs


def _ordered_at_s(order: TrackedOrder) -> float:
    return max(order.created_at_s, order.shipped_at_s)


def join_trigger_state(state: TriggerState, other: TriggerState, device_id: str = "") -> None:
    """Add what triggers knew of a device; once or twice is the same.

    Lists become their union, sorted by time and cut to their bounds; of one thing known to both the later word counts.
    """
    state.profile_due = True
    _note_brought(state, other, device_id)
    state.acted_at_s = max(state.acted_at_s, other.acted_at_s)
    state.visit_at_s = max(state.visit_at_s, other.visit_at_s)
    state.cart_at_s = max(state.cart_at_s, other.cart_at_s)
    state.cart_over_s = max(state.cart_over_s, other.cart_over_s)
    visits = [visit for visit in (state.browsing, other.browsing) if visit is not None]
    state.browsing = max(visits, key=lambda visit: visit.last_at_s, default=None)
    state.orders = _joined_orders(state.orders, other.orders)
    state.done = b"".join(_marks(other.done + state.done))[-_DONE_BYTES * MAX_DONE :]
    sent = {message.message_id: message for message in [*other.sent, *state.sent]}
    state.sent = sorted(sent.values(), key=lambda message: (message.at_s, message.message_id))[-MAX_SENT:]
    state.wants = _joined_wants(state.wants, other.wants)
    timers = {(timer.trigger_id, timer.subject): timer for timer in [*other.timers, *state.timers]}
    kept = [timer for timer in timers.values() if not state.is_done(timer.trigger_id, timer.subject)]
    state.timers = sorted(kept, key=timer_order)[:MAX_TIMERS]
    for name in ("signed_up_s", "first_order_s"):
        known = [at_s for joined in (state, other) if (at_s := getattr(joined, name))]
        setattr(state, name, min(known, default=0.0))
    state.complaints = merged_contacts(state.known_complaints, other.known_complaints)
    state.birthday = state.birthday or other.birthday
    if other.late_told_s > state.late_told_s:
        state.late_from_s, state.late_until_s, state.late_told_s = (
            other.late_from_s,
            other.late_until_s,
            other.late_told_s,
        )
    names = {*state.heard, *other.heard}
    state.heard = {name: max(state.heard.get(name, 0.0), other.heard.get(name, 0.0)) for name in names}


def _note_brought(state: TriggerState, other: TriggerState, device_id: str) -> None:
    """Take down what a device brings of things known once, so that it can be taken out again."""
    news = (other.signed_up_s, without_contacts(other.known_complaints), other.birthday)
    known = any(brought.device_id == device_id for brought in state.brought)
    if device_id and any(news) and not known:
        before = (state.signed_up_s, without_contacts(state.known_complaints), state.birthday)
        state.brought = [*state.brought, Brought(device_id, *news, *before)][-MAX_BROUGHT:]


def part_from_trigger_state(state: TriggerState, part: Profile, device_id: str = "") -> TriggerState:
    """Take out what a device had brought that turned out to be another's: what its items are wanted for, its orders,
    the timers of its cart, sign-up, birthday and complaint; the profile is looked at anew. Gives what was taken out.
    """
    item_ids = {seen.item_id for seen in part.recent} | {line.item_id for line in part.cart}
    order_ids = {order.order_id for order in part.history.orders}
    gone = TriggerState(
        position=state.position,
        wants=[want for want in state.wants if want.item_id in item_ids and want.at_s <= part.last_at_s],
        orders=[order for order in state.orders if order.order_id in order_ids],
    )
    state.wants = [want for want in state.wants if want not in gone.wants]
    state.orders = [order for order in state.orders if order not in gone.orders]
    for brought in [brought for brought in state.brought if brought.device_id == device_id]:
        gone.signed_up_s, gone.complaints = brought.signed_up_s, brought.complaints
        gone.birthday = brought.birthday
        if state.signed_up_s == brought.signed_up_s:
            state.signed_up_s = brought.signed_up_before_s
        state.complaints = parted_contacts(state.known_complaints, brought.complaints, brought.complaints_before)
        if state.birthday == brought.birthday:
            state.birthday = brought.birthday_before
    state.brought = [brought for brought in state.brought if brought.device_id != device_id]
    if state.browsing is not None and state.browsing.last_at_s <= part.last_at_s:
        state.browsing = None
    state.cart_since_s = 0.0
    state.profile_due = True
    return gone


def timer_order(timer: Timer) -> tuple[float, str, str]:
    """Sort timers by what is due first, and then always the same way."""
    return timer.due_s, timer.trigger_id, timer.subject


def _joined_orders(one: list[TrackedOrder], other: list[TrackedOrder]) -> list[TrackedOrder]:
    found = {order.order_id: order for order in other}
    for order in one:
        known = found.get(order.order_id)
        if known is not None:
            _join_order(order, known)
        found[order.order_id] = order
    return sorted(found.values(), key=lambda order: max(order.created_at_s, order.shipped_at_s))[-MAX_TRACKED_ORDERS:]


def _join_order(order: TrackedOrder, known: TrackedOrder) -> None:
    ledgers = order.ledger, known.ledger
    elsewhere = order.elsewhere and known.elsewhere
    for name in TrackedOrder.__struct_fields__:
        setattr(order, name, getattr(order, name) or getattr(known, name))
    order.elsewhere = elsewhere
    if ledgers[0] is not None and ledgers[1] is not None:
        join_order(ledgers[0], ledgers[1])
        order.over_at_s = (order.over_at_s or float(ledgers[0].at_s)) if settle(ledgers[0]).void else 0.0


def _joined_wants(one: list[Want], other: list[Want]) -> list[Want]:
    found = {want.item_id: want for want in other}
    for want in one:
        known = found.get(want.item_id)
        if known is not None:
            want.at_s, want.views = max(want.at_s, known.at_s), max(want.views, known.views)
            want.kept = want.kept or known.kept
        found[want.item_id] = want
    return sorted(found.values(), key=lambda want: (want.strong, want.at_s, want.item_id))[-MAX_WANTS:]


def _marks(done: bytes) -> list[bytes]:
    return list(dict.fromkeys(done[at : at + _DONE_BYTES] for at in range(0, len(done), _DONE_BYTES)))


def _mark(trigger_id: str, subject: str) -> bytes:
    return blake2b(f"{trigger_id}\x1f{subject}".encode(), digest_size=_DONE_BYTES).digest()
