"""Cheaper than it was when it was wanted, or there again."""

from models.events.currency import SiteCurrency
from models.triggers.about import AboutItem
from models.triggers.conditions.base import TimerRequest
from models.triggers.scheduling import arm
from models.triggers.trigger import Trigger
from tests.models.makers import START_S, assortment, event, item
from tests.models.triggers.shop import Shop, names, trigger

DROP = trigger(when={"price_drop": {"share": 0.1}})
BACK = trigger(when={"back_in_stock": {}})


def wanting(only: Trigger) -> Shop:
    """A visitor who wants p001, which costs 11."""
    return Shop(only, catalog=assortment(items=3)).see(event("add_to_wishlist", "p001"))


def told(shop: Shop, only: Trigger, item_id: str = "p001") -> list[str]:
    """What a change of the catalog brings a second later."""
    arm(shop.state, only, [TimerRequest(f"change:{item_id}", START_S + 1, AboutItem(item_id=item_id))])
    return names(shop.at(1))


def test_a_price_must_have_dropped_by_the_share() -> None:
    shop = wanting(DROP)
    shop.catalog.put(item(1, price=10.5))
    assert told(shop, DROP) == []
    shop = wanting(DROP)
    shop.catalog.put(item(1, price=11.0, sale_price=9.9))
    assert told(shop, DROP) == ["x"]


def test_the_next_drop_is_measured_from_the_price_that_was_told() -> None:
    shop = wanting(DROP)
    shop.catalog.put(item(1, price=9.0))
    assert told(shop, DROP) == ["x"]
    want = shop.state.want("p001")
    assert want is not None
    assert want.price == 9.0


def test_what_is_wanted_no_more_or_cannot_be_bought_is_not_told() -> None:
    shop = wanting(BACK)
    assert told(shop, BACK) == ["x"]
    bought = wanting(BACK).see(event("purchase", "p001", at_s=0.5, params={"transaction_id": "o"}))
    assert told(bought, BACK) == []
    sold_out = wanting(BACK)
    sold_out.catalog.put(item(1, availability="out_of_stock"))
    assert told(sold_out, BACK) == []
    assert told(wanting(BACK), BACK, "p002") == []


def test_what_is_wanted_by_the_groups_id_is_a_variant_and_an_order_of_another_ends_it() -> None:
    catalog = assortment(items=3)
    for number in (1, 2):
        catalog.put(item(number, item_group_id="lamp"))
    shop = Shop(DROP, catalog=catalog).see(event("add_to_wishlist", "lamp"), event("add_to_wishlist", "p000"))
    assert [want.item_id for want in shop.state.wants] == ["p001", "p000"]
    catalog.put(item(1, item_group_id="lamp", price=9.0))
    assert told(shop, DROP) == ["x"]
    shop.see(event("purchase", "p002", at_s=5, params={"transaction_id": "o"}))
    assert [want.item_id for want in shop.state.wants] == ["p000"]
    shop.see(event("add_to_wishlist", "p001", at_s=6), event("remove_from_wishlist", "p002", at_s=7))
    assert shop.state.want("p001") is not None
    shop.see(event("remove_from_wishlist", "lamp", at_s=8))
    assert shop.state.want("p001") is None


def test_a_price_in_another_currency_has_not_dropped_unless_a_rate_says_so() -> None:
    def in_crowns(*currencies: SiteCurrency) -> Shop:
        shop = Shop(DROP, catalog=assortment(items=3))
        shop.catalog.put(item(1, price=250.0, currency="CZK"))
        shop.see(event("add_to_wishlist", "p001"))
        shop.catalog.put(item(1, price=8.0, currency="EUR"))
        for currency in currencies:
            shop.catalog.put(currency)
        return shop

    assert told(in_crowns(), DROP) == []
    assert told(in_crowns(SiteCurrency(base="EUR", rates={"CZK": 0.03})), DROP) == [], "7.50 before"
    assert told(in_crowns(SiteCurrency(base="EUR", rates={"CZK": 0.04})), DROP) == ["x"], "10.00 before"
