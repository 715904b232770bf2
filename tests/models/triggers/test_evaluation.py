"""Evaluation: what is due is sent, held, given up or dropped."""

from models.visitor.contact_policy import parse_policy
from models.visitor.holds import hold_words
from tests.models.makers import START_S, event
from tests.models.triggers.shop import DAY, HOUR, Shop, names


def test_what_comes_too_late_is_dropped_on_the_wall_clock_and_kept_by_a_clock_that_jumps() -> None:
    late = Shop().see(event("add_to_cart", "p001"))
    assert late.at(30 * DAY) == []
    jumped = Shop().see(event("add_to_cart", "p001"))
    (outcome,) = jumped.at(20 * DAY, as_of_due=True)
    assert outcome.at_s == START_S + 2 * HOUR


def test_a_held_message_waits_for_its_time_and_a_service_one_does_not() -> None:
    policy = parse_policy({"caps": [{"most": 1, "per": "day"}]})
    shop = Shop(policy=policy).see(event("sign_up"))
    assert names(shop.at(1)) == ["welcome"]
    shop.see(event("add_to_cart", "p001", at_s=60), event("order_shipped", at_s=70, params={"order_id": "o"}))
    assert names(shop.at(3 * HOUR)) == ["order-shipped"]
    (held,) = [timer for timer in shop.state.timers if timer.trigger_id == "cart-left"]
    assert (hold_words(held.held), held.due_s) == ("cap of 1 contacts a day", START_S + 1 + DAY)
    assert names(shop.at(DAY + 1)) == ["cart-left"]
