"""Order history: a visitor's orders, item by item: how often, since when, in which of the latest orders.

Profile, learner and benchmark keep the same history by the same functions. An order may arrive line by line, and may be
taken back, whole or in part, while it is among the latest `MAX_ORDERS`. What is left of an order `models.visitor.order`
says.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from math import log2
from typing import Final, NamedTuple

import msgspec

from models.base.durations import DAY_S
from models.events.events import Event, order_id_of
from models.events.names import ORDERED_EVENTS
from models.visitor.order import OnSale, Order, join_order, new_order, settle, take_in_event

MAX_ITEM_PURCHASES: Final = 100
MAX_ORDERS: Final = 64
MAX_SET_ASIDE: Final = 16
"""Latest orders that were taken back whole, or are known by what took them back alone."""
MAX_LINES: Final = 100
"""Lines of the latest orders that are kept; of older orders only sums are."""
MAX_CURRENCIES: Final = 12
"""Currencies whose sums are kept of older orders."""
MAX_TIMES: Final = 4
"""Latest orders of an item that are kept by number."""
USEFUL_HALF_LIFE_S: Final = 60 * DAY_S
"""An item not bought for so long is as useful as one bought half as often just now."""


class OlderOrders(msgspec.Struct, array_like=True):
    """Sums over the paid orders that are no longer known one by one; times in whole epoch seconds.

    `cents` and `most_cents` are of orders that named no currency, `named` of the others: how many, their sum and the
    largest, by currency. Of more than `MAX_CURRENCIES`, money in those with the fewest orders is forgotten.
    """

    orders: int = 0
    units: int | float = 0
    on_sale: int | float = 0
    cents: int = 0
    first_at_s: int = 0
    last_at_s: int = 0
    most_units: int | float = 0
    most_cents: int = 0
    named: dict[str, tuple[int, int, int]] = {}

    def add(self, order: Order) -> None:
        """Take in an order that is about to be forgotten."""
        self.first_at_s = min(self.first_at_s, order.at_s) if self.orders else order.at_s
        self.last_at_s = max(self.last_at_s, order.at_s)
        self.orders += 1
        self.units += order.units
        self.on_sale += order.on_sale
        self.most_units = max(self.most_units, order.units)
        if order.cents_currency:
            self.add_named({order.cents_currency: (1, order.cents, order.cents)})
        else:
            self.cents += order.cents
            self.most_cents = max(self.most_cents, order.cents)

    def add_named(self, sums: Mapping[str, tuple[int, int, int]]) -> None:
        """Take in sums of currencies; of two sums of one, the counts and cents add up."""
        found = dict(self.named)
        for currency, (count, cents, most) in sums.items():
            known = found.get(currency, (0, 0, 0))
            found[currency] = (known[0] + count, known[1] + cents, max(known[2], most))
        kept = sorted(found.items(), key=lambda pair: (-pair[1][0], pair[0]))[:MAX_CURRENCIES]
        self.named = dict(sorted(kept))


class ItemPurchases(msgspec.Struct, array_like=True):
    """An item bought `count` times: first and last in whole epoch seconds, and the numbers of its latest orders."""

    item_id: str
    count: int
    first_at_s: int
    last_at_s: int
    orders: list[int]


class History(msgspec.Struct, array_like=True):
    """A visitor's orders, oldest first by arrival. The last has the number `orders_seen` - 1; `items_seen` is their sum
    of distinct items. Orders `set_aside` are none, but would be if they were told of again."""

    orders_seen: int = 0
    items_seen: int = 0
    orders: list[Order] = []
    item_purchases: list[ItemPurchases] = []
    past: OlderOrders | None = None
    set_aside: list[Order] = []

    def order_numbered(self, number: int) -> Order | None:
        """Give an order by number, None where it is no longer known."""
        place = number - self.orders_seen + len(self.orders)
        return self.orders[place] if 0 <= place < len(self.orders) else None


class Line(NamedTuple):
    """An item in an order that is still known."""

    item_id: str
    at_s: int
    order_id: str


def learn_order_event(history: History, event: Event, on_sale: OnSale, *, own: bool = True) -> None:
    """Take in an event that makes, pays or takes back an order.

    Parameters
    ----------
    history
        Of the visitor.
    event
        What takes back an order and names none changes nothing.
    on_sale
        Whether an item was sold below its usual price.
    own
        False for what was told under another id. It makes no order here, nor does what takes one back: an order is set
        aside until it is told under this id that it was made or paid.
    """
    order_id = order_id_of(event)
    makes = event.event in ORDERED_EVENTS
    if not order_id and not (makes and own and not event.claimed):
        return
    known = _known_order(history, order_id)
    order = known or new_order(order_id, event.at_s)
    if known is None or known.elsewhere:
        order.elsewhere = not (own and makes)
    take_in_event(order, event, on_sale)
    _place(history, order, set() if makes else {item.item_id for item in event.items})
    _sum_up_oldest(history)


def order_ids(history: History) -> list[str]:
    """Give the ids of the orders that are known one by one."""
    return [order.order_id for order in (*history.orders, *history.set_aside) if order.order_id]


def _known_order(history: History, order_id: str) -> Order | None:
    number = number_of(history, order_id)
    if number is not None:
        return history.order_numbered(number)
    return next((order for order in history.set_aside if order.order_id == order_id != ""), None)


def _place(history: History, order: Order, undone: Collection[str] = ()) -> None:
    """Put an order among those that are, or aside, and its items with it; `undone` are those that the latest event took
    back, if it did."""
    only_sums = order.summed_up
    settled = settle(order)
    number = number_of(history, order.order_id)
    if settled.void or order.unknown or order.elsewhere:
        if number is not None:
            _drop_order(history, number)
            order.items = 0
        if order.cancelled:
            order.lines, order.whole_cents, order.undos, order.folded, order.claim = [], None, [], b"", None
        others = [other for other in history.set_aside if other is not order]
        history.set_aside = [*others, order][-MAX_SET_ASIDE:]
        return
    history.set_aside = [other for other in history.set_aside if other is not order]
    if number is None:
        number = _append(history, order)
    there = {purchases.item_id for purchases in history.item_purchases if number in purchases.orders}
    _add_items(history, number, order, [item_id for item_id in settled.units if item_id not in there])
    gone = there & set(undone) if only_sums else there - settled.units.keys()
    _drop_items(history, number, order, gone)
    _retime_order(history, number, order)


def _retime_order(history: History, number: int, order: Order) -> None:
    """Items may have been bought earlier than the first event said that told of their order."""
    for purchases in history.item_purchases:
        if number in purchases.orders:
            purchases.first_at_s = min(purchases.first_at_s, order.at_s)


def _sum_up_oldest(history: History) -> None:
    """Keep the lines of the latest orders, `MAX_LINES` at most, and those of the very latest."""
    kept = 0
    for order in reversed(history.orders):
        count = len(order.lines) + (len(order.claim.lines) if order.claim else 0)
        if kept + count > MAX_LINES and kept:
            order.sum_up()
            continue
        kept += count


def buy(history: History, order_id: str, item_ids: Sequence[str], at_s: float) -> list[str]:
    """Add an order of `at_s` (epoch seconds), or further items of one already known; known items are passed over.

    Gives the items that were not.
    """
    if not item_ids:
        return []
    number = number_of(history, order_id)
    if number is None:
        number = _append(history, Order(order_id, int(at_s), 0))
    order = history.order_numbered(number)
    return [] if order is None else _add_items(history, number, order, item_ids)


def _append(history: History, order: Order) -> int:
    """Add an order without items; gives its number."""
    history.orders_seen += 1
    history.orders.append(order)
    _forget_oldest(history)
    return history.orders_seen - 1


def _add_items(history: History, number: int, order: Order, item_ids: Sequence[str]) -> list[str]:
    added: list[str] = []
    item_purchases = {purchases.item_id: purchases for purchases in history.item_purchases}
    for item_id in dict.fromkeys(item_ids):
        purchases = item_purchases.get(item_id)
        if purchases is None:
            purchases = ItemPurchases(item_id, 0, order.at_s, order.at_s, [])
            history.item_purchases.append(purchases)
        elif number in purchases.orders or (len(purchases.orders) == MAX_TIMES and number < purchases.orders[0]):
            continue  # known, or so old that it cannot be told
        purchases.count += 1
        purchases.first_at_s = min(purchases.first_at_s, order.at_s)
        purchases.last_at_s = max(purchases.last_at_s, order.at_s)
        # Order numbers grow with arrival; a further line of an older order goes where it belongs.
        purchases.orders = sorted([*purchases.orders, number])[-MAX_TIMES:]
        order.items += 1
        history.items_seen += 1
        added.append(item_id)
    _keep_most_useful(history)
    return added


def by_group(history: History, group_of: Callable[[str], str]) -> History:
    """Give a history that knows groups of items in place of items; orders that held several items of one count once."""
    found: dict[str, ItemPurchases] = {}
    for purchases in history.item_purchases:
        group_id = group_of(purchases.item_id)
        known = found.get(group_id)
        if known is None:
            found[group_id] = msgspec.structs.replace(purchases, item_id=group_id)
            continue
        orders = sorted({*known.orders, *purchases.orders})
        found[group_id] = ItemPurchases(
            group_id,
            known.count + purchases.count - (len(known.orders) + len(purchases.orders) - len(orders)),
            min(known.first_at_s, purchases.first_at_s),
            max(known.last_at_s, purchases.last_at_s),
            orders[-MAX_TIMES:],
        )
    return msgspec.structs.replace(history, item_purchases=list(found.values()))


def _usefulness(purchases: ItemPurchases) -> tuple[float, str]:
    """The same however much later it is asked; ties go by id, so that a replay drops the same item."""
    return log2(purchases.count) + purchases.last_at_s / USEFUL_HALF_LIFE_S, purchases.item_id


def merge(history: History, other: History) -> None:
    """Add another history's orders, by time among those here; one that is known by its id is passed over."""
    known = {order.order_id for order in history.orders if order.order_id}
    forgotten = [side.orders_seen - len(side.orders) for side in (history, other)]
    placed = [(order.at_s, 0, forgotten[0] + place, order) for place, order in enumerate(history.orders)]
    placed += [
        (order.at_s, 1, forgotten[1] + place, order)
        for place, order in enumerate(other.orders)
        if order.order_id not in known
    ]
    placed.sort(key=lambda entry: entry[:3])  # by time, then whose, then place
    numbers = {(whose, before): sum(forgotten) + place for place, (_, whose, before, _) in enumerate(placed)}
    repeated = [order for order in other.orders if order.order_id in known]
    history.items_seen += other.items_seen - sum(order.items for order in repeated)
    history.orders_seen = sum(forgotten) + len(placed)
    history.orders = [order for _, _, _, order in placed]
    history.past = _sum_of_pasts(history.past, other.past)
    _forget_oldest(history)
    item_purchases = {purchases.item_id: purchases for purchases in history.item_purchases}
    for purchases in history.item_purchases:
        purchases.orders = [numbers.get((0, number), number) for number in purchases.orders]
    for purchases in other.item_purchases:
        moved_orders = [numbers[1, number] for number in purchases.orders if (1, number) in numbers]
        again = sum(forgotten[1] <= number and (1, number) not in numbers for number in purchases.orders)
        if purchases.count <= again:
            continue
        mine = item_purchases.get(purchases.item_id)
        if mine is None:
            mine = ItemPurchases(purchases.item_id, 0, purchases.first_at_s, purchases.last_at_s, [])
            history.item_purchases.append(mine)
        mine.count += purchases.count - again
        mine.first_at_s = min(mine.first_at_s, purchases.first_at_s)
        mine.last_at_s = max(mine.last_at_s, purchases.last_at_s)
        mine.orders = sorted([*mine.orders, *moved_orders])[-MAX_TIMES:]
    _keep_most_useful(history)
    _join_told_twice(history, [*repeated, *other.set_aside])
    _sum_up_oldest(history)


def _join_told_twice(history: History, others: Collection[Order]) -> None:
    """Bring together what two histories know of the same orders."""
    for order in others:
        mine = _known_order(history, order.order_id)
        if mine is None:
            history.set_aside = [*history.set_aside, order][-MAX_SET_ASIDE:]
        else:
            join_order(mine, order)
            _place(history, mine)
    for order in history.set_aside:
        number = number_of(history, order.order_id)
        mine = None if number is None else history.order_numbered(number)
        if mine is not None:
            join_order(mine, order)
            _place(history, mine)


def _forget_oldest(history: History) -> None:
    """Sum up the orders beyond `MAX_ORDERS`."""
    for forgotten in history.orders[:-MAX_ORDERS]:
        if forgotten.paid:
            history.past = history.past or OlderOrders()
            history.past.add(forgotten)
    del history.orders[:-MAX_ORDERS]


def _sum_of_pasts(one: OlderOrders | None, other: OlderOrders | None) -> OlderOrders | None:
    if one is None or other is None:
        return one or other
    both = OlderOrders(
        orders=one.orders + other.orders,
        units=one.units + other.units,
        on_sale=one.on_sale + other.on_sale,
        cents=one.cents + other.cents,
        first_at_s=min(one.first_at_s, other.first_at_s),
        last_at_s=max(one.last_at_s, other.last_at_s),
        most_units=max(one.most_units, other.most_units),
        most_cents=max(one.most_cents, other.most_cents),
        named=one.named,
    )
    both.add_named(other.named)
    return both


def _keep_most_useful(history: History) -> None:
    if len(history.item_purchases) > MAX_ITEM_PURCHASES:
        history.item_purchases = sorted(history.item_purchases, key=_usefulness, reverse=True)[:MAX_ITEM_PURCHASES]


def take_back(history: History, order_id: str, item_ids: Collection[str] = ()) -> None:
    """Take an order back, or only the items named; an order that is not known changes nothing."""
    number = number_of(history, order_id)
    order = None if number is None else history.order_numbered(number)
    if number is None or order is None:
        return
    if item_ids:
        _drop_items(history, number, order, item_ids)
    if not item_ids or order.items <= 0:
        _drop_order(history, number)


def _drop_items(history: History, number: int, order: Order, item_ids: Collection[str]) -> None:
    for purchases in history.item_purchases:
        if number in purchases.orders and purchases.item_id in item_ids:
            purchases.orders.remove(number)
            purchases.count -= 1
            order.items -= 1
            history.items_seen -= 1
            _retime(history, purchases)
    history.item_purchases = [purchases for purchases in history.item_purchases if purchases.count > 0]


def _drop_order(history: History, number: int) -> None:
    """Take an order out with its items; those behind it are numbered anew."""
    order = history.order_numbered(number)
    if order is None:
        return
    _drop_items(history, number, order, [purchases.item_id for purchases in history.item_purchases])
    history.items_seen -= order.items  # of items that were dropped since
    del history.orders[number - history.orders_seen]
    history.orders_seen -= 1
    for purchases in history.item_purchases:
        purchases.orders = [order - (order > number) for order in purchases.orders]


def _retime(history: History, purchases: ItemPurchases) -> None:
    """Set first and last anew from the orders that are left, as far as those are known."""
    times = [order.at_s for number in purchases.orders if (order := history.order_numbered(number)) is not None]
    if len(times) == purchases.count:
        purchases.first_at_s, purchases.last_at_s = min(times, default=0), max(times, default=0)
    elif times:
        purchases.last_at_s = max(times)


def number_of(history: History, order_id: str) -> int | None:
    """Give the number of a known order; an order without an id is never known."""
    if order_id:
        for place in range(len(history.orders) - 1, -1, -1):
            if history.orders[place].order_id == order_id:
                return history.orders_seen - len(history.orders) + place
    return None


def lines(history: History) -> list[Line]:
    """Give the items of the orders still known, oldest order first, then by item id."""
    found = [
        (number, Line(purchases.item_id, order.at_s, order.order_id))
        for purchases in history.item_purchases
        for number in purchases.orders
        if (order := history.order_numbered(number)) is not None
    ]
    return [line for _, line in sorted(found, key=lambda numbered: (numbered[0], numbered[1].item_id))]


def interval_s(purchases: ItemPurchases) -> float | None:
    """Give the mean seconds between the visitor's purchases of an item; None for one bought once."""
    return (purchases.last_at_s - purchases.first_at_s) / (purchases.count - 1) if purchases.count > 1 else None
