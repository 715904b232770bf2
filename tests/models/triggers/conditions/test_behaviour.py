"""Any event the shop names, and what calls it off."""

from tests.models.makers import START_S, assortment, event, item
from tests.models.triggers.shop import HOUR, Shop, names, trigger

ASKED = trigger(when={"event": {"name": "quote_requested", "after": "2h", "unless": ["quote_sent"]}})


def test_it_is_due_so_long_after_and_tells_the_items_named() -> None:
    shop = Shop(ASKED).see(event("quote_requested", "p001", "p002"))
    assert shop.at(HOUR) == []
    (outcome,) = shop.at(2 * HOUR)
    assert (outcome.item_ids, outcome.why) == (["p001", "p002"], "quote_requested, 2h ago")


def test_what_is_named_under_unless_calls_it_off_when_it_comes_after() -> None:
    shop = Shop(ASKED).see(event("quote_sent"), event("quote_requested", at_s=60))
    assert names(shop.at(60 + 2 * HOUR)) == ["x"]
    answered = Shop(ASKED).see(event("quote_requested"), event("quote_sent", at_s=HOUR))
    assert answered.at(3 * HOUR) == []
    assert answered.state.heard == {"quote_sent": START_S + HOUR}


def test_each_time_counts_and_the_latest_takes_the_place_of_the_one_before() -> None:
    shop = Shop(ASKED).see(event("quote_requested"), event("quote_requested", at_s=HOUR))
    assert shop.at(2 * HOUR) == []
    assert names(shop.at(3 * HOUR)) == ["x"]
    shop.see(event("quote_requested", at_s=5 * HOUR))
    assert names(shop.at(7 * HOUR)) == ["x"]


def test_of_a_products_variants_one_is_named() -> None:
    catalog = assortment(items=5)
    for number in (1, 2):
        catalog.put(item(number, item_group_id="lamp"))
    shop = Shop(trigger(when={"event": {"name": "quiz_done"}}), catalog=catalog)
    (outcome,) = shop.see(event("quiz_done", "p002", "p001", "p004")).at(1)
    assert outcome.item_ids == ["p002", "p004"]
