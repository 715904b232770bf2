"""Evaluation: what is due is sent, held, given up or dropped."""

from models.events.events import Event
from models.visitor.contact_policy import parse_policy
from models.visitor.holds import hold_words
from models.visitor.profile import Profile
from tests.models.makers import START_S, assortment, event, item
from tests.models.triggers.shop import DAY, HOUR, Shop, names, trigger


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


def test_nothing_is_promoted_to_whom_nothing_is_known_of_any_more() -> None:
    for purpose, found in (("promotional", []), ("service", ["x"])):
        shop = Shop(trigger(when={"anniversary": {"days": 0.5}}, purpose=purpose))
        shop.see(event("sign_up"))
        shop.profile = Profile()  # it has expired, and with it what the visitor agreed to
        assert names(shop.at(DAY)) == found


def test_a_birthday_that_was_missed_is_armed_for_the_next_year() -> None:
    birthday = (START_S // DAY + 1) * DAY + 9 * HOUR - START_S  # tomorrow at nine
    params = {"birthday": "1990-11-15"}
    held = Shop(trigger(when={"birthday": {}}))
    held.see(event("birthday_given", params=params), event("complaint_made"))
    assert [outcome.status for outcome in held.at(birthday)] == []
    assert [outcome.status for outcome in held.at(birthday + DAY + 1)] == ["expired"]
    missed = Shop(trigger(when={"birthday": {}}))
    missed.see(event("birthday_given", params=params))
    assert names(missed.at(birthday + 3 * DAY)) == []
    for shop in (held, missed):
        shop.see(event("complaint_resolved", at_s=birthday + 4 * DAY))
        (timer,) = shop.state.timers
        assert (timer.subject, timer.due_s) == ("birthday:2024", START_S + birthday + 366 * DAY)
        assert names(shop.at(birthday + 366 * DAY)) == ["x"]


def test_a_cart_is_spoken_of_while_something_of_it_can_be_bought() -> None:
    catalog = assortment(items=3)
    for number, availability in ((0, "out_of_stock"), (1, "discontinued"), (2, "in_stock")):
        catalog.put(item(number, availability=availability))
    gone = Shop(trigger(when={"cart_left": {"after": "2h"}}), catalog=catalog)
    gone.see(event("add_to_cart", "p000", "p001"))
    assert names(gone.at(3 * HOUR)) == []
    some = Shop(trigger(when={"cart_left": {"after": "2h"}}), catalog=catalog)
    some.see(event("add_to_cart", "p000", "p002", "unknown"))
    assert [outcome.item_ids for outcome in some.at(3 * HOUR)] == [["p002", "unknown"]]


def test_an_anniversary_counts_from_the_first_order_that_was_kept() -> None:
    def order(name: str, order_id: str, at_s: float) -> Event:
        return event(name, "p001", at_s=at_s, params={"order_id": order_id})

    shop = Shop(trigger(when={"anniversary": {"days": 10, "since": "first_order", "at": "12:00"}}))
    shop.see(order("order_created", "a", 0), order("order_cancelled", "a", 60), order("purchase", "b", 2 * DAY))
    noon = (START_S // DAY + 12) * DAY + 12 * HOUR - START_S
    assert names(shop.at(noon - 1)) == []
    assert names(shop.at(noon)) == ["x"]
