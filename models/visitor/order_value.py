"""Order value: what a visitor's orders come to: how many, how much, how much of it on sale."""

from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from models.events.amounts import whole_if_it_is
from models.events.events import Event, EventItem, order_id_of
from models.visitor.order_history import History, OlderOrders, Order, number_of

_CENTS: Final = 100


class OrderValue(NamedTuple):
    """Figures over all orders but those taken back; money in the shop's currency, times in epoch seconds, 0 for never.

    `sale_share` is the share of units bought on sale, 0 to 1; `most_units` and `most_value` are of the largest order.
    """

    orders: int
    revenue: float
    units: int | float
    sale_share: float
    first_at_s: float
    last_at_s: float
    most_units: int | float
    most_value: float

    @property
    def average_basket(self) -> float:
        """Revenue an order; 0 without orders."""
        return self.revenue / self.orders if self.orders else 0.0


def order_value_of(history: History) -> OrderValue:
    """Sum up the orders, those that are no longer known one by one included."""
    past, orders = history.past or OlderOrders(), history.orders
    units = past.units + sum(order.units for order in orders)
    on_sale = past.on_sale + sum(order.on_sale for order in orders)
    times = [order.at_s for order in orders] + ([past.first_at_s, past.last_at_s] if past.orders else [])
    return OrderValue(
        orders=past.orders + len(orders),
        revenue=(past.cents + sum(order.cents for order in orders)) / _CENTS,
        units=units,
        sale_share=on_sale / units if units else 0.0,
        first_at_s=float(min(times, default=0)),
        last_at_s=float(max(times, default=0)),
        most_units=max([past.most_units, *(order.units for order in orders)]),
        most_value=max([past.most_cents, *(order.cents for order in orders)]) / _CENTS,
    )


def sold_reduced(item: EventItem) -> bool:
    """Whether the event itself tells that an item was sold below its usual price."""
    return item.discount > 0


def charge(history: History, event: Event, added: Collection[str], on_sale: Callable[[EventItem], bool]) -> None:
    """Write what an order event tells of value and units to its order.

    Parameters
    ----------
    history
        With the order in it already.
    event
        The order; `params.value` is its value where there is one, else its items' prices times quantities are.
    added
        Ids of the items that this event brought to the order: what it repeats is not counted twice.
    on_sale
        Whether an item was sold below its usual price.
    """
    order = _order_of(history, event)
    if order is None:
        return
    lines = [item for item in event.items if item.item_id in added]
    told = _told_cents(event)
    if not lines:
        if order.cents == 0:
            order.cents = _cents_of(event.items) if told is None else told
        return
    order.units = whole_if_it_is(order.units + sum(item.quantity for item in lines))
    order.on_sale = whole_if_it_is(order.on_sale + sum(item.quantity for item in lines if on_sale(item)))
    order.cents += _cents_of(lines) if told is None or len(lines) < len(event.items) else told


def give_back(history: History, event: Event) -> None:
    """Take the value and units of the items an event names out of their order; call before
    `models.visitor.order_history.take_back`.

    An event without items takes back the whole order, and its figures with it.
    """
    order = _order_of(history, event) if order_id_of(event) else None
    if order is None or not event.items:
        return
    number = number_of(history, order_id_of(event))
    there = {purchases.item_id for purchases in history.item_purchases if number in purchases.orders}
    lines = [item for item in event.items if item.item_id in there]
    if not lines:
        return
    units = min(order.units, sum(item.quantity for item in lines))
    told = _told_cents(event)
    cents = _cents_of(lines) if told is None else told
    if not cents and order.units:
        cents = round(order.cents * units / order.units)
    order.cents = max(0, order.cents - cents)
    order.units = whole_if_it_is(order.units - units)
    order.on_sale = min(order.on_sale, order.units)


def _order_of(history: History, event: Event) -> Order | None:
    order_id = order_id_of(event)
    if not order_id:
        return history.orders[-1] if history.orders else None
    number = number_of(history, order_id)
    return None if number is None else history.order_numbered(number)


def _told_cents(event: Event) -> int | None:
    value = event.params.get("value")
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e12:
        return round(value * _CENTS)
    return None


def _cents_of(items: Collection[EventItem]) -> int:
    return round(sum((item.price or 0.0) * item.quantity for item in items) * _CENTS)
