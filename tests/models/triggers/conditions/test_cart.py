"""A cart left, a look around, a page on which nothing is done."""

from models.events.currency import SiteCurrency
from models.events.events import EventItem
from tests.models.makers import assortment, event, item
from tests.models.triggers.shop import HOUR, Shop, names, trigger


def test_a_cart_is_told_once_and_each_change_puts_it_off() -> None:
    shop = Shop().see(event("add_to_cart", "p001"))
    assert shop.at(HOUR) == []
    shop.see(event("add_to_cart", "p002", at_s=HOUR))
    assert shop.at(2 * HOUR) == []
    assert names(shop.at(3 * HOUR)) == ["cart-left"]
    shop.see(event("add_to_cart", "p003", at_s=4 * HOUR))
    assert shop.at(20 * HOUR) == []


def test_a_look_around_names_the_variant_looked_at_last() -> None:
    catalog = assortment(items=5)
    for number in (1, 2):
        catalog.put(item(number, item_group_id="lamp"))
    seen = [event("view_item", f"p00{number}", at_s=place) for place, number in enumerate((1, 3, 2))]
    (outcome,) = Shop(trigger(when={"browse_left": {"after": "1h"}}), catalog=catalog).see(*seen).at(HOUR + 2)
    assert outcome.item_ids == ["p002", "p003"]


def test_a_cart_is_worth_what_can_be_counted_in_the_base() -> None:
    def left(currency: SiteCurrency, value_min: float) -> list[str]:
        only = trigger(when={"cart_left": {"after": "1h", "value_min": value_min}})
        shop = Shop(only)
        shop.catalog.put(currency)
        for name, price, code in (("p001", 900.0, "JPY"), ("p002", 30.0, "EUR")):
            line = (EventItem(item_id=name, price=price),)
            shop.see(event("add_to_cart", items=line, params={"currency": code}))
        return names(shop.at(2 * HOUR))

    assert left(SiteCurrency(base="EUR"), 30.0) == ["x"]
    assert left(SiteCurrency(base="EUR"), 31.0) == []
    assert left(SiteCurrency(base="EUR", rates={"JPY": 0.01}), 39.0) == ["x"]
