"""Order value: what a visitor's orders come to: how many, how much, how much of it on sale."""

from typing import NamedTuple

from models.events.currency import NO_CURRENCY, CurrencySum, SiteCurrency, sums_by_currency
from models.events.event_amount import CENTS
from models.events.events import EventItem
from models.visitor.order_history import History, OlderOrders


class OrderValue(NamedTuple):
    """Figures over all orders but those taken back; times in epoch seconds, 0 for never.

    `sale_share` is the share of units bought on sale, 0 to 1; `most_units` and `most_value` are of the largest order.
    `revenue` and `most_value` are in `currency`: the site's base, else the one of most orders, empty where none was
    named. What orders in currencies come to that are worth nothing known in it is never added, and stands in `others`.
    """

    orders: int
    revenue: float
    units: int | float
    sale_share: float
    first_at_s: float
    last_at_s: float
    most_units: int | float
    most_value: float
    currency: str = ""
    others: tuple[CurrencySum, ...] = ()

    @property
    def average_basket(self) -> float:
        """Revenue an order, of the orders that are in its currency; 0 without such."""
        counted = self.orders - sum(other.amounts for other in self.others)
        return self.revenue / counted if counted else 0.0


def order_value_of(history: History, currency: SiteCurrency = NO_CURRENCY) -> OrderValue:
    """Sum up the orders, those that are no longer known one by one included, as a site reckons."""
    past, orders = history.past or OlderOrders(), [order for order in history.orders if order.paid]
    units = past.units + sum(order.units for order in orders)
    on_sale = past.on_sale + sum(order.on_sale for order in orders)
    times = [order.at_s for order in orders] + ([past.first_at_s, past.last_at_s] if past.orders else [])
    amounts = [CurrencySum(order.cents_currency, 1, order.cents, order.cents) for order in orders]
    amounts += [CurrencySum(code, *kept) for code, kept in past.named.items()]
    unnamed = past.orders - sum(count for count, _, _ in past.named.values())
    if unnamed:
        amounts.append(CurrencySum("", unnamed, past.cents, past.most_cents))
    revenue, *others = (
        each._replace(total=each.total / CENTS, largest=each.largest / CENTS)
        for each in sums_by_currency(amounts, currency)
    )
    return OrderValue(
        orders=past.orders + len(orders),
        revenue=revenue.total,
        units=units,
        sale_share=on_sale / units if units else 0.0,
        first_at_s=float(min(times, default=0)),
        last_at_s=float(max(times, default=0)),
        most_units=max([past.most_units, *(order.units for order in orders)]),
        most_value=revenue.largest,
        currency=revenue.currency,
        others=tuple(others),
    )


def sold_reduced(item: EventItem, at_s: float, currency: str) -> bool:  # noqa: ARG001 - a catalog's word depends on both
    """Whether the event itself tells that an item was sold below its usual price."""
    return item.discount > 0
