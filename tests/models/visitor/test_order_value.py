"""Order value: what orders come to, whole, in parts, taken back, and beyond those known one by one."""

from models.events.events import Event, EventItem
from models.visitor.order_history import MAX_ORDERS
from models.visitor.order_value import OrderValue
from models.visitor.profile import Profile, apply_one
from tests.models.makers import START_S, event


def line(item_id: str, price: float, quantity: int = 1, discount: float = 0.0) -> EventItem:
    return EventItem(item_id=item_id, price=price, quantity=quantity, discount=discount)


def order(name: str, order_id: str, *lines: EventItem, at_s: float = 0.0, **params: object) -> Event:
    return event(name, items=lines, at_s=at_s, params={"transaction_id": order_id, **params})


def value_after(*events: Event) -> OrderValue:
    profile = Profile()
    for told in events:
        apply_one(profile, told, lambda item, _: item.discount > 0)
    return profile.order_value


def test_nobody_without_orders_is_worth_anything() -> None:
    value = value_after(event("view_item", "p001"))
    assert value == OrderValue(0, 0.0, 0, 0.0, 0.0, 0.0, 0, 0.0)
    assert value.average_basket == 0.0


def test_the_told_value_counts_else_prices_times_quantities() -> None:
    told = value_after(order("purchase", "o1", line("a", 10.0, 2), line("b", 5.0), value=19.5))
    assert (told.orders, told.revenue, told.units) == (1, 19.5, 3)
    summed = value_after(order("purchase", "o1", line("a", 10.0, 2), line("b", 5.0)))
    assert (summed.revenue, summed.most_units, summed.most_value) == (25.0, 3, 25.0)


def test_an_order_told_by_several_events_counts_once() -> None:
    lines = (line("a", 10.0), line("b", 5.0))
    value = value_after(
        order("order_created", "o1", *lines, value=15),
        order("order_paid", "o1", value=15),
        order("purchase", "o1", *lines),
    )
    assert (value.orders, value.revenue, value.units) == (1, 15.0, 2)


def test_the_share_on_sale_is_of_units() -> None:
    value = value_after(order("purchase", "o1", line("a", 10.0, 3, discount=2.0), line("b", 5.0)))
    assert value.sale_share == 0.75


def test_what_comes_back_is_taken_off_and_a_whole_order_leaves_nothing() -> None:
    bought = order("purchase", "o1", line("a", 10.0), line("b", 5.0), value=15)
    part = value_after(bought, order("refund", "o1", line("b", 5.0), value=5))
    assert (part.orders, part.revenue, part.units) == (1, 10.0, 1)
    whole = value_after(bought, order("order_cancelled", "o1"))
    assert (whole.orders, whole.revenue) == (0, 0.0)


def test_orders_no_longer_known_one_by_one_still_count() -> None:
    count = MAX_ORDERS + 9
    value = value_after(*(order("purchase", f"o{n}", line("a", float(n + 1)), at_s=n * 3_600.0) for n in range(count)))
    assert (value.orders, value.revenue) == (count, sum(range(1, count + 1)))
    assert (value.first_at_s, value.last_at_s) == (START_S, START_S + (count - 1) * 3_600.0)
    assert value.most_value == count
