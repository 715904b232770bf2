"""Order undo: what is taken back of an order, each event once, and what that comes to line by line.

What an event says it gives back is spread over the lines it names by price times quantity. Where it names no value, a
line gives back no more than it came to, however many are said to have come back: other lines keep theirs. A return and
a refund of the same line are of the same goods, so the larger counts; of different lines both do. What is said of no
line, is of all that the other kind of event says.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from math import inf
from typing import Final, NamedTuple

import msgspec

from models.events.amounts import whole_if_it_is
from models.events.currency import comparable
from models.events.event_amount import CENTS, amount_of, item_sums
from models.events.event_ids import short_id_of
from models.events.events import Event, score_of

MAX_UNDOS: Final = 32
"""Events of one order that are kept one by one; older ones are kept as sums, by what they said of which line."""
MAX_FOLDED: Final = 512
"""Of events kept as sums, so many are known when they are told again."""
_KEY_BYTES: Final = 8
_FOLDED_BYTES: Final = 5
_RETURNED: Final = "order_returned"
_REFUNDED: Final = "refund"
CANCELLED: Final = "order_cancelled"


class Undo(msgspec.Struct, array_like=True):
    """What an event took back: items and how many of each, and `cents` of `currency`, None for what those came to.

    With neither it is all of the order. `key` tells the event from others of its order; a sum of several has none.
    `shares` are what of the cents is said of each item, empty where it goes by their numbers; `by_prices` is where that
    is their prices alone.
    """

    key: bytes
    event: str
    cents: int | None = None
    items: list[tuple[str, int | float]] = []
    currency: str = ""
    shares: list[int] = []
    by_prices: bool = False


class Undos(NamedTuple):
    """What was taken back of an order, and by which events what stands there as a sum: the beginnings of their keys."""

    undos: list[Undo]
    folded: bytes


class LineWorth(NamedTuple):
    """How many of an item an order had, and what they came to in hundredths, None where that is not known."""

    quantity: float
    cents: float | None


class TakenBack(NamedTuple):
    """How many came back of each item, and what was taken off in hundredths, infinite for all there is."""

    units: dict[str, float]
    cents: float


def undo_of(event: Event) -> Undo:
    """Give what an event takes back."""
    quantities, prices = item_sums(event)
    items = sorted((item_id, whole_if_it_is(quantity)) for item_id, quantity in quantities.items())
    amount = amount_of(event)
    undo = Undo(b"", event.event, None if amount is None else round(amount.value * CENTS), items)
    said = event.event_id or repr((undo.event, undo.cents, undo.items))
    undo.key = short_id_of(_KEY_BYTES, said)
    if amount is None:
        return undo
    undo.currency = amount.currency
    undo.by_prices = score_of(event.params, "value") is None
    whole = sum(prices.values())
    if whole > 0:
        ends = accumulate(prices[item_id] for item_id, _ in items)
        rounded = [round(amount.value * CENTS * end / whole) for end in ends]
        undo.shares = [end - start for start, end in pairwise([0, *rounded])]
    return undo


def with_undo(known: Undos, undo: Undo) -> Undos | None:
    """Give what was taken back with one more event, the oldest summed up beyond `MAX_UNDOS`; None for a known one."""
    if _is_known(known, undo.key):
        return None
    return _bounded(Undos([*known.undos, undo], known.folded))


def joined_undos(one: Undos, other: Undos) -> Undos:
    """Give what two know of the same order. Of sums that hold some of the same events the one of more events counts."""
    if _overlap(one.folded, other) or _overlap(other.folded, one):
        if len(other.folded) > len(one.folded):
            one, other = other, one
        news = [undo for undo in other.undos if undo.key]
        folded = one.folded
    else:
        news, folded = other.undos, one.folded + other.folded
    news = [undo for undo in news if not _is_known(one, undo.key)]
    return _bounded(Undos([*one.undos, *news], folded))


def _overlap(folded: bytes, other: Undos) -> bool:
    keys = [folded[at : at + _FOLDED_BYTES] for at in range(0, len(folded), _FOLDED_BYTES)]
    return any(_is_known(other, key) for key in keys)


def _is_known(known: Undos, key: bytes) -> bool:
    short = key[:_FOLDED_BYTES]
    if not short:
        return False
    return any(undo.key[:_FOLDED_BYTES] == short for undo in known.undos) or any(
        known.folded[at : at + _FOLDED_BYTES] == short for at in range(0, len(known.folded), _FOLDED_BYTES)
    )


def _bounded(known: Undos) -> Undos:
    """Put the oldest events together that are one too many."""
    single = [undo for undo in known.undos if undo.key]
    too_many = single[: max(0, len(single) - MAX_UNDOS)]
    if not too_many:
        return known
    sums = {_kind_of(undo): undo for undo in known.undos if not undo.key}
    for undo in too_many:
        kind = _kind_of(undo)
        sums[kind] = _sum_of(sums[kind], undo) if kind in sums else msgspec.structs.replace(undo, key=b"")
    folded = known.folded + b"".join(undo.key[:_FOLDED_BYTES] for undo in too_many)
    return Undos([*sums.values(), *single[len(too_many) :]], folded[-_FOLDED_BYTES * MAX_FOLDED :])


def _kind_of(undo: Undo) -> tuple[str, bool, bool, bool, str]:
    """What events must have in common to be summed up."""
    return undo.event, undo.cents is None, bool(undo.items), undo.by_prices, undo.currency


def _sum_of(one: Undo, other: Undo) -> Undo:
    quantities: defaultdict[str, float] = defaultdict(float)
    shares: defaultdict[str, int] = defaultdict(int)
    for undo in (one, other):
        for (item_id, quantity), cents in zip(undo.items, _shares_of(undo), strict=True):
            quantities[item_id] += quantity
            shares[item_id] += round(cents)
    items = [(item_id, whole_if_it_is(quantities[item_id])) for item_id in sorted(quantities)]
    both = None if one.cents is None or other.cents is None else one.cents + other.cents
    given = [] if both is None else [shares[item_id] for item_id, _ in items]
    return Undo(b"", one.event, both, items, one.currency, given, one.by_prices)


def _shares_of(undo: Undo) -> Sequence[float]:
    """What of an event's amount is said of each of its items."""
    if undo.shares:
        return undo.shares
    pieces = sum(quantity for _, quantity in undo.items)
    return [(undo.cents or 0) * quantity / pieces for _, quantity in undo.items]


class _LineUndo:
    """What events of one name say of one line: how many came back, `valued` and `priced` hundredths, and of how many
    nobody said what they came to."""

    __slots__ = ("priced", "quantity", "unvalued", "valued")

    def __init__(self) -> None:
        self.quantity = self.unvalued = self.valued = self.priced = 0.0

    def cents(self, line: LineWorth | None) -> float:
        """What they take off the line: no more than it came to, unless they say so themselves."""
        if line is None or line.cents is None:
            return self.valued + self.priced
        unvalued = line.cents * min(self.unvalued / line.quantity, 1.0)
        return min(self.valued + self.priced + unvalued, max(line.cents, self.valued))


def taken_back(undos: Sequence[Undo], lines: Mapping[str, LineWorth], currency: str) -> TakenBack:
    """Work out what came back of an order with these lines, whose amounts are in one currency."""
    by_line: defaultdict[str, defaultdict[str, _LineUndo]] = defaultdict(lambda: defaultdict(_LineUndo))
    of_no_line: defaultdict[str, float] = defaultdict(float)
    for undo in undos:
        usable = undo.cents is not None and comparable(undo.currency, currency)
        if not undo.items:
            of_no_line[undo.event] += inf if undo.cents is None else undo.cents if usable else 0.0
        for (item_id, quantity), cents in zip(undo.items, _shares_of(undo), strict=True):
            line_undo = by_line[item_id][undo.event]
            line_undo.quantity += quantity
            if not usable:
                line_undo.unvalued += quantity
            elif undo.by_prices:
                line_undo.priced += cents
            else:
                line_undo.valued += cents
    units: dict[str, float] = {}
    returned = refunded = either = cancelled = 0.0
    for item_id, told in by_line.items():
        line = lines.get(item_id)
        returns, refunds, cancels = told[_RETURNED], told[_REFUNDED], told[CANCELLED]
        units[item_id] = max(returns.quantity, refunds.quantity) + cancels.quantity
        larger = max(returns.cents(line), refunds.cents(line))
        returned, refunded, either = returned + returns.cents(line), refunded + refunds.cents(line), either + larger
        left = inf if line is None or line.cents is None else line.cents - larger
        cancelled += min(cancels.cents(line), max(left, cancels.valued))
    most = max(either, returned + of_no_line[_RETURNED], refunded + of_no_line[_REFUNDED])
    return TakenBack(units, most + cancelled + of_no_line[CANCELLED])
