"""Order value: what a visitor's orders come to: how many, how much, how much of it on sale."""

from typing import NamedTuple

from models.events.events import EventItem
from models.visitor.order import CENTS
from models.visitor.order_history import History, OlderOrders


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
    past, orders = history.past or OlderOrders(), [order for order in history.orders if order.paid]
    units = past.units + sum(order.units for order in orders)
    on_sale = past.on_sale + sum(order.on_sale for order in orders)
    times = [order.at_s for order in orders] + ([past.first_at_s, past.last_at_s] if past.orders else [])
    return OrderValue(
        orders=past.orders + len(orders),
        revenue=(past.cents + sum(order.cents for order in orders)) / CENTS,
        units=units,
        sale_share=on_sale / units if units else 0.0,
        first_at_s=float(min(times, default=0)),
        last_at_s=float(max(times, default=0)),
        most_units=max([past.most_units, *(order.units for order in orders)]),
        most_value=max([past.most_cents, *(order.cents for order in orders)]) / CENTS,
    )


def sold_reduced(item: EventItem, at_s: float) -> bool:  # noqa: ARG001 - what a catalog tells depends on it
    """Whether the event itself tells that an item was sold below its usual price."""
    return item.discount > 0
