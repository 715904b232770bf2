"""Scheduling: what events make of a trigger state: orders move on, wants come and go, timers are set and called off."""

from collections.abc import Iterable, Sequence, Set
from math import inf
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from models.base.durations import HOUR_S
from models.base.errors import InvalidError
from models.base.texts import text_or_empty
from models.base.timestamps import EARLIEST_S, LATEST_MOMENT_S, parse_time
from models.catalog.assortment import Assortment
from models.events.bots import allowance, counted_at_s, sent_by_bot
from models.events.event_amount import CENTS
from models.events.events import Event, order_id_of, score_of
from models.events.names import (
    COMPLAINT_RESOLVED,
    NOTICES,
    ORDER_EVENTS,
    ORDER_TOLD,
    ORDERED_EVENTS,
    RECEIVED_EVENTS,
    UNDONE_EVENTS,
)
from models.events.order_copy import copied_event
from models.events.presence import alive
from models.events.sessions import SESSION_GAP_S
from models.triggers.about import encode_about
from models.triggers.conditions.base import BIRTHDAY_TOLD, COMPLAINED, PROFILE_READ, TimerRequest
from models.triggers.trigger import Trigger
from models.triggers.trigger_state import (
    MAX_LEDGERS,
    MAX_TIMERS,
    MAX_TRACKED_ORDERS,
    MAX_VIEWED,
    MAX_WANTS,
    WANT_LASTS_S,
    Browsing,
    Timer,
    TrackedOrder,
    TriggerState,
    Want,
    timer_order,
)
from models.visitor.contact_history import LOW_RATING, agreement_of, case_of, learn_complaint, trouble_of
from models.visitor.holds import COMPLAINT_OPEN
from models.visitor.identity import LOGOUT
from models.visitor.order import new_order, settle, take_in_event
from models.visitor.order_value import sold_reduced
from models.visitor.profile import Profile

LATE_AFTER_S: Final = 300.0
"""An event accepted so long after it happened was told late: its sender was offline, or its clock is slow."""
LATE_WAIT_S: Final = 600.0
"""What an event told late arms is due so long after it was told at the earliest."""
_PASSIVE: Final = frozenset({"user_engagement", "scroll", "view_promotion", "view_item_list"})
"""Events that happen on the site while nothing is done."""
_PROFILE_CHANGES: Final = ORDERED_EVENTS | UNDONE_EVENTS | {"add_to_cart", "remove_from_cart", "login"}
"""Events after which the profile is looked at: its cart may have changed, or another's was joined to it."""
_ORDER_MOMENTS: Final = {
    "order_created": ("created_at_s",),
    "order_paid": ("created_at_s", "paid_at_s"),
    "purchase": ("created_at_s", "paid_at_s"),
    "order_shipped": ("shipped_at_s",),
    "order_out_for_delivery": ("out_at_s",),
    "order_delivered": ("delivered_at_s",),
}
"""What an event is the moment of, the first to tell it counting; an `order_` of the shop's own is none."""
_EXPECTED: Final = (
    "expected_delivery",
    "expected_delivery_at",
    "expected_delivery_date",
    "estimated_delivery",
    "estimated_delivery_date",
    "delivery_date",
)


class TriggerIndex(NamedTuple):
    """A site's enabled triggers: by id, and by what may arm them; `remembered` events are asked about later."""

    triggers: dict[str, Trigger]
    by_name: dict[str, tuple[Trigger, ...]]
    remembered: frozenset[str]
    zone: ZoneInfo
    low_rating: float = LOW_RATING


def index_triggers(triggers: Iterable[Trigger], zone: ZoneInfo, low_rating: float = LOW_RATING) -> TriggerIndex:
    """Put enabled triggers in order, by the events that may arm them."""
    enabled = [trigger for trigger in triggers if trigger.enabled]
    by_name: dict[str, list[Trigger]] = {}
    for trigger in enabled:
        for name in trigger.when.arming_events:
            by_name.setdefault(name, []).append(trigger)
    return TriggerIndex(
        {trigger.trigger_id: trigger for trigger in enabled},
        {name: tuple(armed_by) for name, armed_by in by_name.items()},
        frozenset(name for trigger in enabled for name in trigger.when.remembered_events),
        zone,
        low_rating,
    )


def observe(  # noqa: C901 - what one event means, question by question
    state: TriggerState, event: Event, index: TriggerIndex, assortment: Assortment, late_after_s: float = inf
) -> None:
    """Take in one event, in log order; the caller has seen to it that it is new, and no erasure.

    A bot's says nothing, and silences nobody whose id it carries. One accepted more than `late_after_s` after it
    happened was told late: what it arms does not fall due at once.
    """
    name = event.event
    if name == ORDER_TOLD:
        _learn_copy(state, event, assortment)
        call_off(state, index)
        return
    if sent_by_bot(event):
        return
    if event.accepted_at_s - event.at_s > late_after_s:
        _note_late(state, event)
    if name not in NOTICES and name not in RECEIVED_EVENTS:
        state.bot = False
        _count_event(state, event)
    if event.user_id:
        state.user_id = event.user_id
    if name not in _PASSIVE and alive(event):
        if event.at_s - state.acted_at_s > SESSION_GAP_S:
            state.visit_at_s = event.at_s
        state.acted_at_s = max(state.acted_at_s, event.at_s)
    if name in index.remembered:
        state.heard = {**state.heard, name: max(event.at_s, state.heard.get(name, 0.0))}
    names = [name, *_learn(state, event, assortment, index.low_rating)]
    if name in _PROFILE_CHANGES or name.startswith("_"):
        state.profile_due = True
    if not state.flooding(event.at_s):
        for arming in names:
            for trigger in index.by_name.get(arming, ()):
                arm(state, trigger, trigger.when.timers_for(state, event, index.zone))
    call_off(state, index)


def _count_event(state: TriggerState, event: Event) -> None:
    """Take one from what the visitor may send; with nothing left it is a flood."""
    counted = counted_at_s(event)
    state.allowed = allowance(state.allowed, counted - state.counted_at_s)
    state.counted_at_s = max(state.counted_at_s, counted)
    if state.allowed < 1.0:
        state.flooded_at_s = max(state.flooded_at_s, event.at_s)
    else:
        state.allowed -= 1.0


def _learn(state: TriggerState, event: Event, assortment: Assortment, low_rating: float) -> list[str]:
    """Keep what the event tells; gives further names that it goes by."""
    name, at_s = event.event, event.at_s
    named = text_or_empty(event.params.get("currency"))
    if name == "view_item":
        _browse(state, event)
        for item in event.items:
            _want(state, item.item_id, at_s, (item.price, named), assortment, kept=False)
    elif name in ("add_to_cart", "add_to_wishlist"):
        if name == "add_to_cart":
            state.cart_at_s = max(state.cart_at_s, at_s)
        for item in event.items:
            _want(state, item.item_id, at_s, (item.price, named), assortment, kept=True)
    elif name == "remove_from_cart":
        state.cart_at_s = max(state.cart_at_s, at_s)
    elif name == "remove_from_wishlist":
        _forget_wants(state, {item.item_id for item in event.items}, assortment)
    elif name == LOGOUT and not event.user_id:
        state.left_s = max(state.left_s, at_s)
    elif name == "sign_up":
        state.signed_up_s = min(state.signed_up_s or at_s, at_s)
    if name.startswith("order_") or name in ORDER_EVENTS:
        _move_order(state, event, assortment)
    return _learn_about_visitor(state, event, low_rating)


def _learn_about_visitor(state: TriggerState, event: Event, low_rating: float) -> list[str]:
    """Keep what the event tells of birthday, complaints and consent; gives further names that it goes by."""
    also: list[str] = []
    birthday = event.params.get("birthday")
    if isinstance(birthday, str) and len(birthday) == 10:
        state.birthday = birthday[5:]
        also.append(BIRTHDAY_TOLD)
    state.complaints = learn_complaint(state.known_complaints, event)
    if event.event == COMPLAINT_RESOLVED and not state.suspended(low_rating):
        _look_again(state, event.at_s)
    if trouble_of(event, low_rating) and state.has_open_complaint(event.at_s, case_of(event)):
        also.append(COMPLAINED)
    if agreement_of(event) is not None:
        state.profile_due = True
    return also


def _forget_wants(state: TriggerState, named: Set[str], assortment: Assortment) -> None:
    """Forget that these items are wanted, or all variants of a group that is named."""
    group_of = assortment.item_groups.group_of
    state.wants = [want for want in state.wants if named.isdisjoint((want.item_id, group_of(want.item_id)))]


def _look_again(state: TriggerState, at_s: float) -> None:
    """Let what was held back by complaints be looked at again."""
    for timer in state.timers:
        if timer.held == COMPLAINT_OPEN:
            timer.due_s = min(timer.due_s, at_s)


def _browse(state: TriggerState, event: Event) -> None:
    visit = state.browsing
    if visit is None or event.at_s - visit.last_at_s > SESSION_GAP_S:
        visit = state.browsing = Browsing(event.at_s, event.at_s, 0, [])
    visit.last_at_s = max(visit.last_at_s, event.at_s)
    visit.views += 1
    for item in event.items:
        visit.item_ids = [item.item_id, *(item_id for item_id in visit.item_ids if item_id != item.item_id)][
            :MAX_VIEWED
        ]


def _want(
    state: TriggerState,
    item_id: str,
    at_s: float,
    told: tuple[float | None, str],
    assortment: Assortment,
    *,
    kept: bool,
) -> None:
    """Note that an item is wanted, by a group's id the variant that stands for it; what cannot be bought now is wanted
    from the first look on.

    `told` is its price, and that price's currency, by the event; the catalog's goes before.
    """
    price, currency = told
    known = assortment.item_of(item_id)
    item_id = known.item_id if known is not None else item_id
    if known is not None and (current := known.current_price(at_s)) is not None:
        price, currency = current, known.currency
    want = state.want(item_id)
    if want is None:
        want = Want(item_id, at_s, 0, False, price, currency)
        state.wants = [*state.wants, want]
    elif at_s - want.at_s > WANT_LASTS_S:
        want.views, want.kept, want.price, want.currency = 0, False, price, currency
    want.at_s = max(want.at_s, at_s)
    want.views += 0 if kept else 1
    want.kept = want.kept or kept or (known is not None and not known.offered)
    if want.price is None:
        want.price, want.currency = price, currency
    if len(state.wants) > MAX_WANTS:
        # The weakest goes, and of those the oldest; ties by id, so that a replay drops the same.
        state.wants.remove(min(state.wants, key=lambda want: (want.strong, want.at_s, want.item_id)))


def _move_order(state: TriggerState, event: Event, assortment: Assortment, *, own: bool = True) -> None:
    """Move an order on; what was ordered is wanted no more, and a new order ends the cart it was made of. An order that
    only others told of moves on likewise, and ends no cart; one that is claimed ends a cart, and is none yet."""
    name, at_s, order_id = event.event, event.at_s, order_id_of(event)
    order = state.find_order(order_id) if order_id else None
    if name in ORDERED_EVENTS and (own or (order is not None and not order.elsewhere)):
        group_of = assortment.item_groups.group_of
        _forget_wants(state, {group_of(item.item_id) for item in event.items}, assortment)
        if order is None or order.elsewhere or not (order.created_at_s or order.was_claimed):
            state.cart_over_s = max(state.cart_over_s, at_s)
            state.cart_since_s = 0.0
    if not order_id:
        return
    if order is None:
        order = TrackedOrder(order_id, elsewhere=not own)
        state.orders = [*state.orders, order][-MAX_TRACKED_ORDERS:]
    order.elsewhere = order.elsewhere and not (own and name in ORDERED_EVENTS)
    if name in ORDERED_EVENTS or name in UNDONE_EVENTS:
        order.over_at_s = (order.over_at_s or at_s) if _taken_back(order, event) else 0.0
        for older in state.orders[:-MAX_LEDGERS]:
            older.ledger = None
    if name in UNDONE_EVENTS or event.claimed:
        return
    for moment in _ORDER_MOMENTS.get(name, ()):
        setattr(order, moment, getattr(order, moment) or at_s)
    named = [item.item_id for item in event.items]
    value = score_of(event.params, "value")
    currency = text_or_empty(event.params.get("currency"))
    if not named and order.ledger is not None and order.was_claimed:
        left = settle(order.ledger)
        named = list(left.units)
        value, currency = (left.cents / CENTS, order.ledger.cents_currency) if value is None else (value, currency)
    order.item_ids = list(dict.fromkeys([*order.item_ids, *named]))[:MAX_VIEWED]
    if value is not None:
        order.value, order.currency = value, currency or order.currency
    order.expected_s = _expected_s(event) or order.expected_s


def _taken_back(order: TrackedOrder, event: Event) -> bool:
    """Whether nothing is left of an order, after an event that made it or took something back."""
    if order.ledger is None:
        if order.created_at_s and event.event in UNDONE_EVENTS:  # long ago, and what it held is known no more
            return not event.items
        order.ledger = new_order(order.order_id, event.at_s)
    take_in_event(order.ledger, event, sold_reduced)
    return settle(order.ledger).void


def _learn_copy(state: TriggerState, copy: Event, assortment: Assortment) -> None:
    """Take in what was told under another id of an order that is known here, or will be with the next event."""
    event = copied_event(copy)
    if event is not None:
        _move_order(state, event, assortment, own=False)
        state.profile_due = True


def _expected_s(event: Event) -> float:
    """When an order is expected to arrive, epoch seconds; 0 where the event does not tell, or tells no time."""
    for field in _EXPECTED:
        if event.params.get(field) is not None:
            try:
                return parse_time(event.params[field], now_s=LATEST_MOMENT_S)
            except InvalidError:
                continue
    return 0.0


def _note_late(state: TriggerState, event: Event) -> None:
    """Note that an event was told late; what is told within the same hour is one backlog."""
    if event.accepted_at_s - state.late_told_s > HOUR_S:
        state.late_from_s, state.late_until_s = event.at_s, event.at_s
    state.late_from_s = min(state.late_from_s, event.at_s)
    state.late_until_s = max(state.late_until_s, event.at_s)
    state.late_told_s = max(state.late_told_s, event.accepted_at_s)


def _in_time(state: TriggerState, trigger: Trigger, request: TimerRequest) -> TimerRequest | None:
    """Give a request as it is to be armed, after what was told late; None for what is over.

    What counts from an event told late counts anew from when it was told; nothing is due sooner than `LATE_WAIT_S`
    after that, so that what else was told late can call it off.
    """
    told_s, due_s = state.late_told_s, request.due_s
    if not told_s or (request.since_s and not state.late_from_s <= request.since_s <= state.late_until_s):
        return request
    if due_s + trigger.lasts_s < told_s:
        return None  # a shop's imported past starts nothing
    if not request.since_s or not trigger.when.waits_when_late:
        if due_s >= told_s:
            return request
        return request._replace(due_s=told_s + LATE_WAIT_S) if trigger.when.waits_when_late else None
    return request._replace(due_s=told_s + max(due_s - request.since_s, LATE_WAIT_S))


def arm(state: TriggerState, trigger: Trigger, requests: Sequence[TimerRequest]) -> None:
    """Set a trigger's timer for the first subject it was not carried out for and that is not over; one that was set
    before for it is moved."""
    wanted = (request for request in requests if not state.is_done(trigger.trigger_id, request.subject))
    in_time = (_in_time(state, trigger, request) for request in wanted)
    new = next((request for request in in_time if request is not None), None)
    if new is None or new.due_s < EARLIEST_S:
        return
    old = [
        timer
        for timer in state.timers
        if timer.trigger_id == trigger.trigger_id and (trigger.when.single or timer.subject == new.subject)
    ]
    same = next((timer for timer in old if timer.subject == new.subject), None)
    if same is not None and same.meant_s == new.due_s:
        return
    kept = [timer for timer in state.timers if timer not in old]
    timer = Timer(
        trigger.trigger_id,
        new.subject,
        new.due_s,
        new.due_s,
        new.due_s + trigger.lasts_s,
        about=encode_about(new.about),
    )
    state.timers = sorted([*kept, timer], key=timer_order)[:MAX_TIMERS]


def call_off(state: TriggerState, index: TriggerIndex) -> None:
    """Take out the timers that something has come between, and those of triggers that are no more."""
    if state.timers:
        state.timers = [
            timer
            for timer in state.timers
            if (trigger := index.triggers.get(timer.trigger_id)) is not None and trigger.when.still_valid(state, timer)
        ]


def observe_profile(state: TriggerState, profile: Profile, index: TriggerIndex) -> None:
    """Bring a trigger state up to what the profile tells: its cart, and orders that were joined to it."""
    state.profile_due = False
    newest_s = max((line.at_s for line in profile.cart), default=0.0)
    if not profile.cart:
        state.cart_since_s = 0.0
    elif not state.cart_since_s:
        state.cart_since_s = newest_s
    if profile.events_seen:  # else it has gone, and what it told still holds
        state.first_order_s = profile.order_value.first_at_s
    for trigger in index.by_name.get(PROFILE_READ, ()) if not profile.is_bot else ():
        arm(state, trigger, trigger.when.timers_for_profile(state, profile, index.zone))
    call_off(state, index)
