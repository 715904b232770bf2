"""Order value: what orders come to, whole, in parts, taken back, and beyond those known one by one."""

import msgspec

from models.events.currency import CurrencySum, SiteCurrency
from models.events.events import Event, EventItem
from models.visitor.order import Order
from models.visitor.order_history import MAX_CURRENCIES, MAX_ORDERS, History, OlderOrders
from models.visitor.order_value import OrderValue, order_value_of
from models.visitor.profile import Profile, apply_one
from tests.models.makers import START_S, event


def line(item_id: str, price: float, quantity: int = 1, discount: float = 0.0) -> EventItem:
    return EventItem(item_id=item_id, price=price, quantity=quantity, discount=discount)


def order(name: str, order_id: str, *lines: EventItem, at_s: float = 0.0, **params: object) -> Event:
    return event(name, items=lines, at_s=at_s, params={"transaction_id": order_id, **params})


def value_after(*events: Event) -> OrderValue:
    profile = Profile()
    for told in events:
        apply_one(profile, told, lambda item, *_: item.discount > 0)
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


def bought(order_id: str, value: float, currency: str = "", at_s: float = 0.0) -> Event:
    named = {"currency": currency} if currency else {}
    return order("purchase", order_id, line("a", value), at_s=at_s, value=value, **named)


def test_orders_of_different_currencies_are_never_added() -> None:
    told = [bought("o1", 30.0, "EUR"), bought("o2", 7_000.0, "JPY"), bought("o3", 50.0, "EUR"), bought("o4", 4.0)]
    value = value_after(*told)
    assert (value.orders, value.currency, value.revenue, value.most_value) == (4, "EUR", 84.0, 50.0)
    assert value.others == (CurrencySum("JPY", 1, 7_000.0, 7_000.0),)
    assert value.average_basket == 28.0, "of the three orders that are in euros"


def test_a_base_and_rates_make_one_sum_of_what_can_be_reckoned() -> None:
    profile = Profile()
    for told in (bought("o1", 30.0, "EUR"), bought("o2", 80.0, "PLN"), bought("o3", 7_000.0, "JPY")):
        apply_one(profile, told, lambda item, *_: item.discount > 0)
    value = order_value_of(profile.history, SiteCurrency(base="EUR", rates={"PLN": 0.25}))
    assert (value.revenue, value.currency) == (50.0, "EUR")
    assert [(other.currency, other.total) for other in value.others] == [("JPY", 7_000.0)]
    in_pounds = order_value_of(profile.history, SiteCurrency(base="GBP"))
    assert (in_pounds.revenue, in_pounds.average_basket, len(in_pounds.others)) == (0.0, 0.0, 3)


def test_older_orders_keep_their_currencies_apart() -> None:
    told = [bought(f"o{n}", 1.0 + n % 2, ("EUR", "SEK")[n % 2], at_s=n * 3_600.0) for n in range(MAX_ORDERS + 20)]
    value = value_after(*told)
    count = (MAX_ORDERS + 20) // 2
    assert (value.currency, value.revenue) == ("EUR", count)
    assert value.others == (CurrencySum("SEK", count, 2.0 * count, 2.0),)


def test_of_older_orders_a_dozen_currencies_are_kept() -> None:
    past = OlderOrders()
    for number in range(MAX_CURRENCIES + 5):
        past.add(Order(f"o{number}", 0, 0, cents=100, currency=f"X{number:02}"))
    past.add(Order("again", 0, 0, cents=50, currency="X00"))
    assert (len(past.named), past.orders) == (MAX_CURRENCIES, MAX_CURRENCIES + 6)
    assert past.named["X00"] == (2, 150, 100)


def test_what_older_releases_stored_is_read_as_amounts_of_the_base() -> None:
    stored = msgspec.msgpack.encode([3, 3, 0, 9_000, 10, 30, 1, 5_000])
    past = msgspec.msgpack.decode(stored, type=OlderOrders)
    value = order_value_of(History(past=past), SiteCurrency(base="EUR"))
    assert (value.orders, value.revenue, value.most_value, value.currency) == (3, 90.0, 50.0, "EUR")


def test_an_order_has_one_currency_the_latest_that_was_named() -> None:
    guessed = order("order_created", "o1", line("a", 3_000.0), value=3_000, currency="HUF")
    paid = order("purchase", "o1", line("a", 8.0), at_s=60.0, value=8, currency="EUR")
    for told in ((guessed, paid), (paid, guessed)):
        value = value_after(*told)
        assert (value.revenue, value.currency, value.others) == (8.0, "EUR", ())
    back = order("refund", "o1", at_s=90.0, value=1_500, currency="HUF")
    assert value_after(guessed, paid, back).revenue == 8.0, "what is refunded in another currency is not reckoned"
    with_item = order("refund", "o1", line("a", 3_000.0), at_s=90.0, value=3_000, currency="HUF")
    assert value_after(guessed, paid, with_item).orders == 0, "its items tell what came back"
