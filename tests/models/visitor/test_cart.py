"""Cart: whatever the order in which a visitor's devices tell, what is in it at the end is the same."""

from itertools import permutations

import pytest

from models.visitor.cart import MAX_CART_LINES, TAKEN_LASTS_S, Cart, CartLine, Removal, carts_together


def cart_of(*lines: CartLine) -> Cart:
    """A cart into which lines were put."""
    cart = Cart()
    for line in lines:
        cart.add(line)
    return cart


def content(cart: Cart) -> dict[str, float]:
    """Quantities by item."""
    return {line.item_id: line.quantity for line in cart.lines}


def test_what_is_put_in_twice_is_one_line_with_the_newest_price_and_time() -> None:
    cart = cart_of(CartLine("a", 1, 20.0, 5.0), CartLine("a", 2, 10.0, 4.0))
    assert cart.lines == [CartLine("a", 3, 20.0, 5.0)]
    cart.add(CartLine("a", 1, 30.0))
    assert cart.lines == [CartLine("a", 4, 30.0, 5.0)], "no price leaves the one known"
    cart.add(CartLine("a", 1, 40.0, 6.0))
    assert cart.lines == [CartLine("a", 5, 40.0, 6.0)]


def test_an_older_price_is_taken_where_none_is_known() -> None:
    assert cart_of(CartLine("a", 1, 20.0), CartLine("a", 1, 10.0, 4.0)).lines == [CartLine("a", 2, 20.0, 4.0)]


def test_some_of_a_line_is_taken_out_and_a_line_of_none_goes() -> None:
    cart = cart_of(CartLine("a", 3, 10.0), CartLine("b", 1, 11.0))
    cart.remove("a", 2, 20.0)
    cart.remove("b", 1, 21.0)
    assert content(cart) == {"a": 1}
    assert cart.removals == [], "there was enough of both"


def test_a_removal_told_first_meets_what_was_put_in_earlier() -> None:
    """5 are taken out of 2: 3 are missing. Of 2 put in before, none stays; of 4 more, 1 is still missing, so 3 stay."""
    cart = cart_of(CartLine("a", 2, 10.0))
    cart.remove("a", 5, 20.0)
    assert (content(cart), cart.removals) == ({}, [Removal("a", 3, 20.0)])
    cart.add(CartLine("a", 2, 12.0))
    assert (content(cart), cart.removals) == ({}, [Removal("a", 1, 20.0)])
    cart.add(CartLine("a", 4, 13.0))
    assert (content(cart), cart.removals) == ({"a": 3}, [])


def test_a_removal_leaves_alone_what_is_put_in_later_or_is_something_else() -> None:
    cart = Cart()
    cart.remove("a", 1, 20.0)
    cart.add(CartLine("a", 2, 20.0))
    cart.add(CartLine("b", 1, 10.0))
    assert content(cart) == {"a": 2, "b": 1}
    assert cart.removals == [Removal("a", 1, 20.0)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_puts_and_removals_come_to_the_same_in_any_order(order: tuple[int, ...]) -> None:
    """2 at 10 s and 3 at 11 s, less 4 at 20 s: 1."""
    cart = Cart()
    told = (
        lambda: cart.add(CartLine("a", 2, 10.0)),
        lambda: cart.add(CartLine("a", 3, 11.0)),
        lambda: cart.remove("a", 4, 20.0),
    )
    for number in order:
        told[number]()
    assert content(cart) == {"a": 1}


def test_an_order_takes_all_of_an_item_also_what_is_told_after_it() -> None:
    cart = cart_of(CartLine("a", 3, 10.0), CartLine("b", 1, 10.0))
    cart.take_ordered(["a", "a"], 20.0)
    assert content(cart) == {"b": 1}
    cart.add(CartLine("a", 9, 19.0))
    cart.add(CartLine("a", 9, 18.0))
    assert content(cart) == {"b": 1}, "an order is not used up"
    cart.add(CartLine("a", 1, 21.0))
    assert content(cart) == {"b": 1, "a": 1}


def test_a_removal_waits_for_a_while() -> None:
    cart = Cart()
    cart.remove("a", 1, 100.0)
    cart.remove("b", 1, 100.0 + TAKEN_LASTS_S)
    assert [removal.item_id for removal in cart.removals] == ["a", "b"]
    cart.remove("c", 1, 100.5 + TAKEN_LASTS_S)
    assert [removal.item_id for removal in cart.removals] == ["b", "c"]
    cart.add(CartLine("a", 1, 50.0))
    assert content(cart) == {"a": 1}


def test_lines_and_removals_are_bounded_and_the_oldest_go() -> None:
    cart = Cart()
    for number in range(MAX_CART_LINES + 2):
        cart.add(CartLine(f"p{number}", 1, float(number)))
        cart.remove(f"q{number}", 1, float(number))
    assert (len(cart.lines), len(cart.removals)) == (MAX_CART_LINES, MAX_CART_LINES)
    assert (cart.lines[0].item_id, cart.removals[0].item_id) == ("p2", "q2")


def test_carts_of_two_devices_are_together_what_neither_took_out_since() -> None:
    """The phone took out 2 of `a` and ordered `b`; the tablet had 3 `a`, 1 `b` and 1 `c`, and took out 4 `d`."""
    phone, tablet = cart_of(CartLine("d", 1, 5.0)), cart_of(CartLine("a", 3, 10.0), CartLine("b", 1, 20.0))
    phone.remove("a", 2, 20.0)
    phone.take_ordered(["b"], 20.0)
    tablet.add(CartLine("c", 1, 15.0))
    tablet.remove("d", 4, 30.0)
    for carts in ([phone, tablet], [tablet, phone]):
        both = carts_together(carts)
        assert content(both) == {"a": 1, "c": 1}, "`b` was put in at the moment of the order"
        assert both.removals == [Removal("b", 0, 20.0), Removal("d", 3, 30.0)]
    assert content(tablet) == {"a": 3, "b": 1, "c": 1}, "each stays as it is"


def test_what_one_took_out_before_the_other_put_it_in_stays() -> None:
    phone, tablet = Cart(), cart_of(CartLine("lamp", 1, 30.0), CartLine("rug", 1, 10.0))
    phone.take_ordered(["lamp"], 20.0)
    phone.remove("rug-red", 1, 20.0)
    groups = {"rug-red": "rug", "rug": "rug", "lamp": "lamp"}
    assert content(carts_together([phone, tablet], groups.__getitem__)) == {"lamp": 1}


def test_a_cart_that_keeps_knows_the_latest_removals_and_nothing_of_before_them() -> None:
    cart = Cart(keeps=True)
    for number in range(MAX_CART_LINES + 1):
        cart.take_ordered([f"p{number}"], 1_000.0 * (number + 1))
    assert (len(cart.removals), cart.from_s) == (MAX_CART_LINES, 1_000.0)
    cart.take_ordered(["p50"], 99_000.0)
    assert len(cart.removals) == MAX_CART_LINES, "the latest order of an item says all"
    brought = cart_of(CartLine("old", 1, 1_000.0), CartLine("new", 1, 1_001.0), CartLine("p7", 1, 8_000.0))
    assert content(carts_together([cart, brought])) == {"new": 1}


GROUPS = {"lamp-red": "lamp", "lamp-blue": "lamp", "lamp": "lamp", "rug": "rug"}


def test_a_line_of_a_group_is_taken_out_by_its_variant_and_the_other_way_round() -> None:
    cart = cart_of(CartLine("lamp", 2, 1.0), CartLine("rug", 1, 2.0))
    cart.remove("lamp-red", 1, 3.0, GROUPS.__getitem__)
    assert content(cart) == {"lamp": 1, "rug": 1}
    cart = cart_of(CartLine("lamp-red", 1, 1.0), CartLine("lamp-blue", 1, 2.0))
    cart.remove("lamp", 1, 3.0, GROUPS.__getitem__)
    assert content(cart) == {"lamp-red": 1}
    cart.remove("lamp-blue", 1, 4.0, GROUPS.__getitem__)
    assert content(cart) == {"lamp-red": 1}


@pytest.mark.parametrize(
    ("ordered", "left"),
    [("lamp-red", {"lamp-blue", "rug"}), ("lamp-green", {"lamp-red", "lamp-blue", "rug"}), ("lamp", {"rug"})],
)
def test_an_order_takes_the_variant_it_names_and_the_group_that_is_named(ordered: str, left: set[str]) -> None:
    groups = {**GROUPS, "lamp-green": "lamp"}
    cart = cart_of(*(CartLine(item_id, 1, 1.0) for item_id in ("lamp-red", "lamp-blue", "lamp", "rug")))
    cart.take_ordered([ordered], 2.0, groups.__getitem__)
    assert set(content(cart)) == left
