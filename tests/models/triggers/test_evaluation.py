"""Evaluation: what is due is sent, held, given up or dropped."""

from zoneinfo import ZoneInfo

from msgspec import structs

from models.events.events import Event
from models.segments.lifecycle import Thresholds
from models.triggers.evaluation import TriggerConfig
from models.triggers.scheduling import index_triggers
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
    assert [outcome.item_ids for outcome in some.at(3 * HOUR)] == [["p002"]]


def test_an_anniversary_counts_from_the_first_order_that_was_kept() -> None:
    def order(name: str, order_id: str, at_s: float) -> Event:
        return event(name, "p001", at_s=at_s, params={"order_id": order_id})

    shop = Shop(trigger(when={"anniversary": {"days": 10, "since": "first_order", "at": "12:00"}}))
    shop.see(order("order_created", "a", 0), order("order_cancelled", "a", 60), order("purchase", "b", 2 * DAY))
    noon = (START_S // DAY + 12) * DAY + 12 * HOUR - START_S
    assert names(shop.at(noon - 1)) == []
    assert names(shop.at(noon)) == ["x"]


def test_a_product_taken_off_the_catalog_is_in_no_cart_to_come_back_to() -> None:
    catalog = assortment(items=3)
    shop = Shop(trigger(when={"cart_left": {"after": "2h"}}), catalog=catalog).see(event("add_to_cart", "p000", "p001"))
    catalog.remove("items", "p000")
    assert [outcome.item_ids for outcome in shop.at(3 * HOUR)] == [["p001"]]
    gone = Shop(trigger(when={"cart_left": {"after": "2h"}}), catalog=catalog).see(event("add_to_cart", "p000"))
    assert gone.at(3 * HOUR) == []


def test_birthdays_told_late_or_of_an_imported_past_are_armed_for_the_next_time() -> None:
    birthday = (START_S // DAY + 1) * DAY + 9 * HOUR - START_S  # tomorrow at nine
    params = {"birthday": "1990-11-15"}
    for told_at, since, expected in (
        (birthday + 2 * DAY, birthday - DAY, birthday + 366 * DAY),  # told two days after the day
        (0.0, -400 * DAY, birthday),  # who signed up last year, and was imported today
        (0.0, -3_000 * DAY, birthday),
    ):
        shop = Shop(trigger(when={"birthday": {}}))
        shop.late_after_s = HOUR
        late = event("sign_up", at_s=since, params=params)
        shop.see(structs.replace(late, accepted_at_s=START_S + told_at))
        (timer,) = shop.state.timers
        assert timer.due_s == START_S + expected
        shop.see(event("birthday_given", at_s=told_at + 60, params=params))
        assert [timer.due_s for timer in shop.state.timers] == [START_S + expected]


def test_complaints_hold_promotions_until_they_are_resolved_in_whatever_order_they_are_told() -> None:
    cart = trigger(when={"cart_left": {"after": "2h"}}, trigger_id="cart")
    recovery = trigger(when={"unhappy": {}}, trigger_id="recovery", purpose="service")

    def config(low_rating: float) -> TriggerConfig:
        index = index_triggers([cart, recovery], ZoneInfo("UTC"), low_rating)
        return TriggerConfig(index, parse_policy({"low_rating": low_rating}), Thresholds())

    def shop_after(*events: Event, low_rating: float = 2.0) -> Shop:
        shop = Shop(cart)
        shop.config = config(low_rating)
        return shop.see(*events, event("add_to_cart", "p001", at_s=100))

    made, resolved = event("complaint_made", at_s=10), event("complaint_resolved", at_s=20)
    assert names(shop_after(resolved, made).at(3 * HOUR)) == ["cart"], "told after it was resolved"
    assert names(shop_after(made, resolved).at(3 * HOUR)) == ["cart"]
    assert names(shop_after(resolved, event("complaint_made", at_s=30)).at(3 * HOUR)) == ["recovery"]
    three = event("review_added", at_s=10, params={"rating": 3})
    shop = shop_after(three, low_rating=3.0)
    assert names(shop.at(200)) == ["recovery"]
    shop.config = config(2.0)
    assert names(shop.at(3 * HOUR)) == ["cart"], "by what the policy says now"


def test_each_case_has_its_recovery_and_is_called_off_alone() -> None:
    def case(name: str, case_id: str, at_s: float) -> Event:
        return event(name, at_s=at_s, params={"case_id": case_id})

    shop = Shop(trigger(when={"unhappy": {"after": "1h"}}, purpose="service"))
    shop.see(case("complaint_made", "a", 0), case("complaint_made", "b", 60), case("complaint_made", "b", 90))
    shop.see(case("complaint_resolved", "a", 120))
    assert len(shop.at(2 * HOUR)) == 1, "of b, once"
    shop.see(case("complaint_made", "b", 3 * HOUR), case("complaint_made", "c", 3 * HOUR))
    assert len(shop.at(5 * HOUR)) == 1, "of c: b was spoken of"
    shop.see(case("complaint_resolved", "b", 6 * HOUR), case("complaint_made", "b", 7 * HOUR))
    assert len(shop.at(9 * HOUR)) == 1, "of b again"


def test_what_tells_of_orders_has_a_cap_of_its_own() -> None:
    shop = Shop(policy=parse_policy({"caps": [{"most": 1, "per": "week"}]}))
    shipped = [event("order_shipped", at_s=float(number), params={"order_id": f"o{number}"}) for number in range(60)]
    sent = names(shop.see(*shipped).at(HOUR))
    assert sent == ["order-shipped"] * 15
    assert {hold_words(timer.held) for timer in shop.state.timers if timer.held} == {"cap of 15 messages a day"}
    own = Shop(policy=parse_policy({"service_caps": [{"most": 2, "per": "hour", "channels": ["message"]}]}))
    assert names(own.see(*shipped).at(HOUR / 2)) == ["order-shipped"] * 2
    promoted = Shop(trigger(when={"cart_left": {"after": "1h"}}), policy=parse_policy({})).see(*shipped[:20])
    promoted.at(60)
    assert names(promoted.see(event("add_to_cart", "p001", at_s=100)).at(2 * HOUR)) == ["x"], "its room is its own"
