"""Order ledger: each order is learned once and taken off once, whoever tells of it."""

import msgspec

from models.events.events import Event, EventItem
from models.learner.order_ledger import MAX_COUNTED_QUANTITY, MAX_LEDGER_ORDERS, OrderLedger, Wanted
from tests.models.makers import START_S, event


def told(name: str, *lines: tuple[str, int], order: str = "o", visitor: str = "v1", **fields: float) -> Event:
    items = tuple(EventItem(item_id=item_id, price=4.0, quantity=quantity) for item_id, quantity in lines)
    return event(name, items=items, visitor=visitor, params={"order_id": order}, **fields)


def test_an_order_is_sold_once_it_is_paid_and_once_only() -> None:
    ledger = OrderLedger()
    made = ledger.take_in(told("order_created", ("cup", 2)))
    assert (made.new, made.units) == (["cup"], {})
    paid = ledger.take_in(told("purchase", ("cup", 2), visitor="v2", at_s=5))
    assert (paid.visitor_id, paid.at_s, paid.before, paid.new, paid.units) == ("v1", START_S, ["cup"], [], {"cup": 2})
    again = ledger.take_in(told("purchase", ("cup", 2), at_s=9))
    assert (again.new, again.units) == ([], {})


def test_what_comes_back_is_taken_off_and_what_it_was_wanted_for_with_the_last_of_it() -> None:
    ledger = OrderLedger()
    ledger.take_in(told("purchase", ("cup", 3), ("pan", 1)))
    ledger.note_wanted("o", "cup", Wanted(5.0, 4.0, START_S))
    assert ledger.purchased("o") == ["cup"]
    some = ledger.take_in(told("refund", ("cup", 1), at_s=5))
    assert (some.gone, some.units, some.unwanted) == ([], {"cup": -1}, {})
    rest = ledger.take_in(told("order_cancelled", at_s=9))
    assert (rest.gone, rest.units) == (["cup", "pan"], {"cup": -2, "pan": -1})
    assert rest.unwanted == {"cup": Wanted(5.0, 4.0, START_S)}
    assert ledger.take_in(told("order_cancelled", at_s=12)).units == {}


def test_what_was_taken_back_is_kept_no_more_however_often_it_is_told_again() -> None:
    ledger = OrderLedger()
    bought = told("purchase", ("cup", 1), ("pan", 1))
    ledger.take_in(bought)
    assert ledger.keeps("o", "cup")
    ledger.take_in(told("refund", ("cup", 1), at_s=5))
    ledger.take_in(bought)
    assert (ledger.keeps("o", "cup"), ledger.keeps("o", "pan")) == (False, True)
    ledger.take_in(told("order_cancelled", order="p"))
    ledger.take_in(told("purchase", ("cup", 1), order="p", at_s=5))
    assert not ledger.keeps("p", "cup")
    assert ledger.keeps("unknown", "cup")


def test_large_quantities_count_up_to_a_bound() -> None:
    ledger = OrderLedger()
    assert ledger.take_in(told("purchase", ("cup", 500))).units == {"cup": MAX_COUNTED_QUANTITY}
    assert ledger.take_in(told("refund", ("cup", 100))).units == {}


def test_it_goes_on_from_what_it_gave_forgets_names_and_keeps_the_latest_orders() -> None:
    ledger = OrderLedger()
    ledger.take_in(told("purchase", ("cup", 1)))
    ledger.note_wanted("o", "cup", Wanted(5.0, 4.0, START_S))
    stored = msgspec.msgpack.encode(ledger.entries())
    other = OrderLedger(msgspec.msgpack.decode(stored, type=list[type(ledger.entries()[0])]))  # type: ignore[misc]
    assert other.entries() == ledger.entries()
    other.forget("v1")
    assert other.take_in(told("order_cancelled", at_s=3)).visitor_id == ""
    for number in range(MAX_LEDGER_ORDERS):
        other.take_in(told("purchase", ("pan", 1), order=str(number)))
    assert len(other.entries()) == MAX_LEDGER_ORDERS
    assert other.purchased("o") == []
