"""Payload: what a message carries."""

from models.triggers.payload import body_of, sent_event
from tests.models.makers import START_S, assortment, event, item
from tests.models.triggers.shop import HOUR, WHOM, Shop


def test_the_body_carries_what_it_is_about_the_offer_and_the_reason() -> None:
    shop = Shop(catalog=assortment(items=5)).see(event("add_to_cart", "p001"))
    (outcome,) = shop.at(2 * HOUR)
    data = body_of(outcome, WHOM, shop.state, [], shop.catalog)["data"]
    assert (data["trigger_id"], data["visitor_id"], data["why"]) == (
        "cart-left",
        "v1",
        "1 items in the cart, unchanged for 2h",
    )
    assert [item["title"] for item in data["about"]["items"]] == [item(1).title]
    told = sent_event(outcome, WHOM, shop.state, START_S)
    assert (told.event, told.event_id, told.params["message_id"]) == ("message_sent", *[outcome.message_id] * 2)


def test_of_a_group_in_the_cart_a_variant_is_told_that_can_be_bought() -> None:
    catalog = assortment(items=5)
    catalog.put(item(1, item_group_id="lamp", availability="out_of_stock"))
    catalog.put(item(2, item_group_id="lamp"))
    shop = Shop(catalog=catalog).see(event("add_to_cart", "lamp"))
    (outcome,) = shop.at(2 * HOUR)
    (told,) = body_of(outcome, WHOM, shop.state, [], catalog)["data"]["about"]["items"]
    assert (told["item_id"], told["title"]) == ("p002", item(2).title)
