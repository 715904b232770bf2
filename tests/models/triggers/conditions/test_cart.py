"""A cart left, a look around, a page on which nothing is done."""

from tests.models.makers import event
from tests.models.triggers.shop import HOUR, Shop, names


def test_a_cart_is_told_once_and_each_change_puts_it_off() -> None:
    shop = Shop().see(event("add_to_cart", "p001"))
    assert shop.at(HOUR) == []
    shop.see(event("add_to_cart", "p002", at_s=HOUR))
    assert shop.at(2 * HOUR) == []
    assert names(shop.at(3 * HOUR)) == ["cart-left"]
    shop.see(event("add_to_cart", "p003", at_s=4 * HOUR))
    assert shop.at(20 * HOUR) == []
