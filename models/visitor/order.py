"""Order: one order as the events that tell of it make it, whichever come twice, late or from elsewhere.

An order is known by its id. Each of its lines, by item, is as the latest event says that names it; what an event says
the order comes to is spread over the lines it names by price times quantity. An event without items speaks of the whole
order, until a later one names items again. What is given back is known by its event id, else by its lines and amount:
told twice, it counts once. Returns and refunds of a line are mostly of the same goods, so that the larger of the two
counts; lines that were cancelled count besides. What is claimed, of lines and of money, counts where
others tell that the order is one, and nothing of the same. `models.visitor.order_undo` says what is given back line by
line, and `store.archive.order_queries` the same in SQL; a test holds them together.
"""

from collections.abc import Callable
from math import inf
from typing import Final, NamedTuple

import msgspec

from models.base.texts import text_or_empty
from models.events.amounts import whole_if_it_is
from models.events.currency import comparable
from models.events.event_amount import CENTS, EventAmount, amount_of, item_sums
from models.events.events import Event, EventItem
from models.events.names import ORDERED_EVENTS, PAID_EVENTS
from models.visitor.order_undo import (
    CANCELLED,
    LineWorth,
    TakenBack,
    Undo,
    Undos,
    joined_undos,
    taken_back,
    undo_of,
    with_undo,
)

OnSale = Callable[[EventItem, float, str], bool]
"""Says whether an item was sold below its usual price at a time, epoch seconds; the text is its price's currency."""
_LEAST_CENTS: Final = 0.5
"""An order of which less than this is left, in hundredths, was taken back whole."""


class OrderLine(msgspec.Struct, array_like=True):
    """An item of an order: how many, and what they come to in hundredths of `currency`, None where nobody told.

    `told_at` and `valued_at` are when the latest events were that told the one and the other, in microseconds since the
    order's `since_s`: short numbers mostly.
    """

    item_id: str
    quantity: int | float
    told_at: int
    on_sale: bool = False
    cents: int | None = None
    valued_at: int = 0
    currency: str = ""


class Claim(msgspec.Struct, array_like=True):
    """What is claimed of an order: the fields of `Order` of the same names."""

    lines: list[OrderLine] = []
    whole_cents: int | None = None
    whole_at: int = 0
    whole_currency: str = ""
    currency: str = ""
    currency_at: int = 0


class Order(msgspec.Struct, array_like=True):
    """One order: when, in whole epoch seconds, and how many distinct `items` are left of it.

    `units` and how many of them were `on_sale`, and `cents` (hundredths of `currency`, empty where none was named) are
    what is left of it. An order has one currency: the latest that was named with an amount, at `currency_at`; amounts
    in others do not count. `whole_cents` is what events without items said of the whole order, at `whole_at`. Both are
    times in microseconds since `since_s` (epoch seconds). An order whose lines are no longer kept has only its sums;
    what is told of it again changes nothing, but what is taken back is taken off. `elsewhere`: only other ids told that
    it was made. `folded` tells of which events the sums among `undos` are. `claim` is what was claimed of it, which
    nobody else need tell; before anybody else does, it is not `confirmed`.
    """

    order_id: str
    at_s: int
    items: int
    units: int | float = 0
    on_sale: int | float = 0
    cents: int = 0
    paid: bool = True
    cancelled: bool = False
    currency: str = ""
    lines: list[OrderLine] = []
    since_s: int = 0
    whole_cents: int | None = None
    whole_at: int = 0
    undos: list[Undo] = []
    elsewhere: bool = False
    currency_at: int = 0
    whole_currency: str = ""
    folded: bytes = b""
    claim: Claim | None = None
    confirmed: bool = True

    @property
    def claimed(self) -> bool:
        """Whether it was claimed, and nobody else has told of it yet."""
        return self.claim is not None and not self.confirmed

    @property
    def unknown(self) -> bool:
        """Whether nothing that counts has told yet what it is of, or that it is paid."""
        return not (self.confirmed and (self.paid or self.lines or self.whole_cents is not None or self.claim))

    @property
    def summed_up(self) -> bool:
        """Whether only sums are left of it."""
        is_told = self.lines or self.whole_cents is not None or self.claim is not None
        return not is_told and bool(self.units or self.cents)

    @property
    def priced(self) -> bool:
        """Whether it was told, and not claimed, what it comes to."""
        return self.whole_cents is not None or any(line.cents is not None for line in self.lines)

    @property
    def cents_currency(self) -> str:
        """What `cents` are hundredths of; empty where nobody named it."""
        return self.currency if self.claim is None or self.priced else self.claim.currency

    def sum_up(self) -> None:
        """Keep sums alone."""
        self.currency = self.cents_currency
        self.lines, self.whole_cents, self.claim = [], None, None


class Settled(NamedTuple):
    """What is left of an order: `units` of each item, above 0, money in hundredths, and whether it was taken back."""

    units: dict[str, float]
    cents: float
    void: bool


def new_order(order_id: str, at_s: float) -> Order:
    """Make an order that nothing is known of but its id and time (epoch seconds)."""
    return Order(order_id, int(at_s), 0, paid=False, since_s=int(at_s), confirmed=False)


def take_in_event(order: Order, event: Event, on_sale: OnSale) -> None:
    """Take in an event of `ORDERED_EVENTS` or `UNDONE_EVENTS`; `on_sale` says what was sold below its usual price."""
    if event.event in ORDERED_EVENTS:
        tell_order(order, event, on_sale)
    else:
        undo_order(order, event)


def tell_order(order: Order, event: Event, on_sale: OnSale) -> None:
    """Take in an event that makes or pays an order; `on_sale` says whether an item was sold below its usual price."""
    order.paid = order.paid or (event.event in PAID_EVENTS and not event.claimed)
    if order.summed_up:
        return
    order.confirmed = order.confirmed or not event.claimed
    order.at_s = min(order.at_s, int(event.at_s))
    told: Order | Claim = order
    if event.claimed:
        told = order.claim = order.claim or Claim()
    at, amount = _place_in_time(order, event.at_s), amount_of(event)
    if amount is not None and amount.currency and (not told.currency or at >= told.currency_at):
        told.currency, told.currency_at = amount.currency, at
    if event.items:
        _tell_lines(told, at, event, amount, on_sale)
    elif amount is not None and (told.whole_cents is None or at >= told.whole_at):
        told.whole_cents, told.whole_at = round(amount.value * CENTS), at
        told.whole_currency = amount.currency


def _place_in_time(order: Order, at_s: float) -> int:
    return round((at_s - order.since_s) * 1e6)


def _tell_lines(order: Order | Claim, at: int, event: Event, amount: EventAmount | None, on_sale: OnSale) -> None:
    quantities, worth = item_sums(event)
    named = text_or_empty(event.params.get("currency"))
    reduced = {item.item_id for item in event.items if on_sale(item, event.at_s, named)}
    if not sum(worth.values()) > 0:
        worth = quantities
    whole = sum(worth.values())
    lines = {line.item_id: line for line in order.lines}
    share = 0.0
    for item_id, quantity in quantities.items():
        line = lines.get(item_id)
        if line is None:
            line = OrderLine(item_id, 0, at)
            order.lines.append(line)
        if at >= line.told_at:
            line.quantity, line.told_at, line.on_sale = whole_if_it_is(quantity), at, item_id in reduced
        if amount is not None and (line.cents is None or at >= line.valued_at):
            before = round(amount.value * CENTS * share / whole)
            line.cents, line.valued_at = round(amount.value * CENTS * (share + worth[item_id]) / whole) - before, at
            line.currency = amount.currency
        share += worth[item_id]


def undo_order(order: Order, event: Event) -> None:
    """Take in an event that takes an order back, or the items of it that it names, or an amount."""
    if event.event == CANCELLED and not event.items:
        order.cancelled = True
        return
    undo = undo_of(event)
    undos = with_undo(Undos(order.undos, order.folded), undo)
    if undos is None:
        return
    order.undos, order.folded = undos
    if order.summed_up:
        _take_off(order, undo)
        order.cancelled = not (order.units or order.cents)


def join_order(order: Order, other: Order) -> None:
    """Make what another knows of the same order part of it."""
    order.at_s = min(order.at_s, other.at_s)
    order.paid, order.cancelled = order.paid or other.paid, order.cancelled or other.cancelled
    order.elsewhere = order.elsewhere and other.elsewhere
    later = (other.since_s - order.since_s) * 1_000_000
    order.undos, order.folded = joined_undos(Undos(order.undos, order.folded), Undos(other.undos, other.folded))
    if order.summed_up or other.summed_up:
        return
    order.confirmed = order.confirmed or other.confirmed
    _join_told(order, other, later)
    if other.claim is not None:
        order.claim = order.claim or Claim()
        _join_told(order.claim, other.claim, later)


def _join_told(order: Order | Claim, other: Order | Claim, later: int) -> None:
    if other.currency and (not order.currency or other.currency_at + later > order.currency_at):
        order.currency, order.currency_at = other.currency, other.currency_at + later
    if other.whole_cents is not None and (order.whole_cents is None or other.whole_at + later > order.whole_at):
        order.whole_cents, order.whole_at = other.whole_cents, other.whole_at + later
        order.whole_currency = other.whole_currency
    lines = {line.item_id: line for line in order.lines}
    for line in other.lines:
        mine = lines.get(line.item_id)
        told_at, valued_at = line.told_at + later, line.valued_at + later
        if mine is None:
            order.lines.append(msgspec.structs.replace(line, told_at=told_at, valued_at=valued_at))
            continue
        if told_at > mine.told_at:
            mine.quantity, mine.told_at, mine.on_sale = line.quantity, told_at, line.on_sale
        if line.cents is not None and (mine.cents is None or valued_at > mine.valued_at):
            mine.cents, mine.valued_at, mine.currency = line.cents, valued_at, line.currency


def _take_off(order: Order, undo: Undo) -> None:
    """Take from the sums of an order whose lines are no longer kept."""
    if undo.cents is None and not undo.items:
        order.units = order.on_sale = order.cents = 0
        return
    units = min(order.units, sum(quantity for _, quantity in undo.items))
    told = undo.cents if comparable(undo.currency, order.currency) else None
    theirs = order.cents * units / order.units if order.units else 0.0
    order.cents = max(0, order.cents - (round(theirs) if told is None else told))
    order.units -= units
    order.on_sale = min(order.on_sale, order.units)


def settle(order: Order) -> Settled:
    """Work out what is left of an order, and write its sums."""
    if order.summed_up:
        return Settled({}, float(order.cents), order.cancelled)
    told = _counting(order)
    gross = _gross(told)
    back, taken = _taken_back(told)
    units = {line.item_id: left for line in told.lines if (left := line.quantity - back.get(line.item_id, 0.0)) > 1e-9}
    left = max(gross - taken, 0.0)
    nothing_left = left < _LEAST_CENTS if gross >= _LEAST_CENTS else taken == inf or (bool(told.lines) and not units)
    void = order.cancelled or (nothing_left and bool(order.undos))
    if void:
        units, left = {}, 0.0
    reduced = {line.item_id for line in told.lines if line.on_sale}
    order.units = whole_if_it_is(sum(units.values()))
    order.on_sale = whole_if_it_is(sum(count for item_id, count in units.items() if item_id in reduced))
    order.cents = round(left)
    return Settled(units, left, void)


def _counting(order: Order) -> Order:
    """Give an order with those of its lines, and that money, which count."""
    claim = order.claim
    if claim is None or not order.confirmed:
        return order
    lines = order.lines or claim.lines
    if order.priced:
        if order.lines:
            return order
        return msgspec.structs.replace(
            order, lines=[msgspec.structs.replace(line, cents=None, valued_at=0) for line in lines]
        )
    worth = {line.item_id: line for line in claim.lines}
    return msgspec.structs.replace(
        order,
        lines=[_worth_as(line, worth.get(line.item_id)) for line in lines],
        whole_cents=claim.whole_cents,
        whole_at=claim.whole_at,
        whole_currency=claim.whole_currency,
        currency=claim.currency,
    )


def _worth_as(line: OrderLine, told: OrderLine | None) -> OrderLine:
    if told is None or told is line:
        return line
    return msgspec.structs.replace(line, cents=told.cents, valued_at=told.valued_at, currency=told.currency)


def _gross(order: Order) -> float:
    """What an order came to before anything was taken back, in hundredths."""
    valued = [line for line in order.lines if line.cents is not None and comparable(line.currency, order.currency)]
    whole = order.whole_cents if comparable(order.whole_currency, order.currency) else None
    if whole is not None and order.whole_at > max((line.valued_at for line in valued), default=-inf):
        return whole
    return sum(line.cents or 0.0 for line in valued)


def _taken_back(order: Order) -> TakenBack:
    """Give what came back of an order, by its lines as they are valued in its currency."""
    worth = {
        line.item_id: LineWorth(line.quantity, line.cents if comparable(line.currency, order.currency) else None)
        for line in order.lines
    }
    return taken_back(order.undos, worth, order.currency)
