"""Order: one order, told once or many times, early or late, in parts or whole, and what is left of it."""

from itertools import permutations

import msgspec
import pytest

from models.events.events import Event, EventItem
from models.visitor.order import Order, Settled, join_order, new_order, settle, tell_order, undo_order
from models.visitor.order_value import sold_reduced
from tests.models.makers import event

UNDOING = ("refund", "order_returned", "order_cancelled")


def line(item_id: str, price: float | None, quantity: float = 1) -> EventItem:
    return EventItem(item_id=item_id, price=price, quantity=quantity)


def told(name: str, *lines: EventItem, at_s: float = 0.0, event_id: str = "", **params: object) -> Event:
    return event(name, items=lines, at_s=at_s, event_id=event_id, params={"order_id": "o", **params})


def order_of(*events: Event) -> Order:
    order = new_order("o", events[0].at_s)
    for each in events:
        (undo_order if each.event in UNDOING else lambda order, each: tell_order(order, each, sold_reduced))(
            order, each
        )
    return order


def left_of(*events: Event) -> Settled:
    return settle(order_of(*events))


def test_the_latest_to_name_a_line_tells_how_many_and_what_it_comes_to() -> None:
    browser = told("purchase", line("mug", 12.0), line("pan", 28.0), value=40)
    server = told("purchase", line("pan", 28.0), line("mug", 12.0), at_s=60, value=43.5)
    for events in permutations((browser, server)):
        left = left_of(*events)
        assert (left.units, left.cents) == ({"mug": 1, "pan": 1}, 4350)


def test_further_lines_add_up_and_an_event_without_items_speaks_of_the_whole() -> None:
    parts = [told("purchase", line("mug", 12.0)), told("purchase", line("pan", 28.0, 2), at_s=5)]
    assert left_of(*parts).cents == 6800
    paid = told("order_paid", at_s=9, value=65)
    assert left_of(*parts, paid).cents == left_of(paid, *parts).cents == 6500
    assert left_of(*parts, paid, told("purchase", line("lid", 3.0), at_s=12)).cents == 7100


def test_a_line_nobody_priced_keeps_what_it_was_said_to_come_to() -> None:
    assert left_of(
        told("purchase", line("mug", None, 2), value=24), told("order_paid", line("mug", None, 2), at_s=1)
    ) == (
        {"mug": 2},
        2400,
        False,
    )


@pytest.mark.parametrize("undo", UNDOING)
def test_units_and_money_come_back_line_by_line(undo: str) -> None:
    bought = told("purchase", line("cup", 30.0, 3), value=90)
    back = told(undo, line("cup", 30.0), at_s=9, event_id="a", value=30)
    assert left_of(bought, back) == ({"cup": 2}, 6000, False)
    assert left_of(bought, back, msgspec.structs.replace(back, at_s=back.at_s + 9)).cents == 6000, "told again"
    assert left_of(bought, back, msgspec.structs.replace(back, event_id="b")).cents == 3000
    without_price = told(undo, line("cup", None), at_s=9)
    assert left_of(bought, without_price).cents == left_of(without_price, bought).cents == 6000


def test_a_return_and_its_refund_are_of_the_same_goods() -> None:
    bought = told("purchase", line("cup", 30.0, 3))
    returned, refunded = told("order_returned", line("cup", 30.0)), told("refund", line("cup", 30.0), value=25)
    assert left_of(bought, returned, refunded) == ({"cup": 2}, 6000, False)
    assert left_of(bought, returned, told("order_cancelled", line("cup", 30.0))) == ({"cup": 1}, 3000, False)


def test_an_order_of_which_nothing_is_left_is_none_however_late_it_is_told_of() -> None:
    bought = told("purchase", line("cup", 30.0))
    for undo in (told("order_cancelled"), told("refund"), told("refund", value=30), told("refund", line("cup", 30.0))):
        assert left_of(bought, undo) == left_of(undo, bought) == ({}, 0.0, True)
        assert left_of(bought, undo, bought).void, "the page was loaded again"
    kept = left_of(bought, told("refund", line("cup", 30.0), value=20))
    assert (kept.units, kept.cents, kept.void) == ({}, 1000, False), "a fee was kept"


def test_a_free_order_is_one_until_its_goods_are_back() -> None:
    free = told("purchase", line("sample", 0.0))
    assert not left_of(free).void
    assert left_of(free, told("order_returned", line("sample", 0.0))).void


def test_halves_that_two_profiles_know_make_the_order_they_make_together() -> None:
    events = [
        told("order_created", line("cup", 10.0, 2), line("pan", 5.0)),
        told("purchase", line("cup", 9.0, 2), at_s=60),
        told("refund", line("pan", 5.0), at_s=90),
        told("order_paid", at_s=30, value=99),
    ]
    whole = order_of(*events)
    for mine in (events[:2], events[1:3], events[:1]):
        others = [each for each in events if each not in mine]
        order = order_of(*mine)
        join_order(order, order_of(*others))
        assert settle(order) == settle(whole)
        assert (order.paid, order.at_s) == (whole.paid, whole.at_s)


def claimed(*lines: EventItem, at_s: float = 0.0, value: float | None = None, currency: str = "") -> Event:
    params = {name: given for name, given in (("value", value), ("currency", currency)) if given}
    return event("purchase", items=lines, at_s=at_s, claimed=True, params={"order_id": "o", **params})


def test_what_is_claimed_alone_is_no_order() -> None:
    order = order_of(claimed(line("mug", 12.0), value=999_999_999), claimed(value=5, at_s=9))
    assert (settle(order), order.paid, order.unknown, order.cents) == (({}, 0.0, False), False, True, 0)


def test_a_claim_counts_where_others_tell_of_nothing_but_the_order() -> None:
    claim = claimed(line("mug", 12.0), line("pan", 30.0), value=42, currency="EUR")
    for events in permutations((claim, told("order_paid", at_s=9))):
        order = order_of(*events)
        assert (settle(order), order.paid, order.cents_currency) == (({"mug": 1, "pan": 1}, 4200, False), True, "EUR")
    for events in permutations((claim, told("order_paid", at_s=9, value=40, currency="USD"))):
        order = order_of(*events)
        assert (settle(order).units, order.cents, order.cents_currency) == ({"mug": 1, "pan": 1}, 4000, "USD")
    for events in permutations((claim, told("order_paid", line("pan", None, 2), at_s=9))):
        assert left_of(*events) == ({"pan": 2}, 3000, False)


def test_no_claim_changes_what_others_tell_however_late() -> None:
    server = told("purchase", line("mug", 12.0), value=12, currency="EUR")
    late = claimed(line("mug", 999_999_999.0, 500), line("pan", 1.0), at_s=60, value=999_999_999, currency="USD")
    whole = claimed(at_s=90, value=7)
    for events in permutations((server, late, whole)):
        order = order_of(*events)
        assert (settle(order), order.cents_currency) == (({"mug": 1}, 1200, False), "EUR")


def test_claims_join_as_if_one_profile_had_heard_all() -> None:
    told_of = (
        claimed(line("mug", 12.0), value=12),
        claimed(line("pan", 30.0), at_s=5, value=30),
        told("order_paid", at_s=9),
        told("refund", line("mug", None), at_s=12, event_id="r"),
    )
    whole = left_of(*told_of)
    assert whole == ({"pan": 1}, 3000, False)
    for first in permutations(told_of):
        for cut in range(1, len(first)):
            order = order_of(*first[:cut])
            join_order(order, order_of(*first[cut:]))
            assert settle(order) == whole
            assert msgspec.msgpack.decode(msgspec.msgpack.encode(order), type=Order) == order


def test_of_a_claimed_order_that_was_summed_up_the_currency_stays() -> None:
    order = order_of(claimed(line("mug", 12.0), value=12, currency="EUR"), told("order_paid", at_s=9))
    settle(order)
    order.sum_up()
    assert order.summed_up
    assert (settle(order).cents, order.cents_currency, order.units) == (1200, "EUR", 1)


def test_an_order_of_which_only_sums_are_kept_still_gives_back() -> None:
    order = Order("o", 1_700_000_000, 2, units=4, cents=8000)
    assert order.summed_up
    tell_order(order, told("purchase", line("cup", 30.0)), sold_reduced)
    assert settle(order).cents == 8000
    undo_order(order, told("refund", line("cup", None)))
    assert (order.units, settle(order).cents) == (3, 6000)
    undo_order(order, told("refund", line("pan", None, 3), event_id="x", value=60))
    assert settle(order).void
