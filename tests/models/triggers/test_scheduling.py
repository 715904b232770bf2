"""Scheduling: what events make of a trigger state."""

from typing import Any

import msgspec
import pytest

from models.events.events import Event
from models.events.order_copy import order_copy
from models.triggers.scheduling import LATE_AFTER_S, LATE_WAIT_S
from models.triggers.trigger_state import decode_trigger_state, encode_trigger_state
from tests.models.makers import START_S, event
from tests.models.triggers.shop import DAY, HOUR, Shop, names, trigger


def test_the_same_under_one_seed_of_events_whatever_the_batches() -> None:
    events = [
        event("view_item", "p001"),
        event("add_to_wishlist", "p002", at_s=5),
        event("order_created", "p003", at_s=9, params={"order_id": "o"}),
        event("complaint_made", at_s=11),
        event("email_unsubscribed", at_s=12),
        event("birthday_given", at_s=13, params={"birthday": "1990-01-01"}),
    ]
    at_once, one_by_one = Shop().see(*events), Shop()
    for told in events:
        one_by_one.see(told)
        one_by_one.state = decode_trigger_state(encode_trigger_state(one_by_one.state, 1))[1]
    assert encode_trigger_state(at_once.state, 1) == encode_trigger_state(one_by_one.state, 1)


def told_at(told: Event, at_s: float) -> Event:
    """The same event, accepted `at_s` after the beginning."""
    return msgspec.structs.replace(told, accepted_at_s=START_S + at_s)


def by_the_wall(*triggers: dict[str, object]) -> Shop:
    shop = Shop(*(trigger(trigger_id=f"t{place}", **raw) for place, raw in enumerate(triggers)))
    shop.late_after_s = LATE_AFTER_S
    return shop


@pytest.mark.parametrize("late_s", [HOUR, 5 * HOUR, 26 * HOUR])
def test_a_cart_told_late_waits_anew_from_when_it_was_told(late_s: float) -> None:
    shop = by_the_wall({"when": {"cart_left": {"after": "2h"}}})
    shop.see(told_at(event("add_to_cart", "p001"), late_s))
    assert names(shop.at(late_s + 1)) == []
    assert names(shop.at(late_s + 2 * HOUR - 60)) == []
    assert names(shop.at(late_s + 2 * HOUR + 1)) == ["t0"]


def test_of_a_backlog_the_whole_cart_waits_and_what_came_later_calls_it_off() -> None:
    shop = by_the_wall({"when": {"cart_left": {"after": "2h"}}}, {"when": {"order_shipped": {}}})
    shop.see(
        told_at(event("add_to_cart", "p001"), 8 * HOUR),
        told_at(event("add_to_cart", "p002", at_s=60), 8 * HOUR),
        told_at(event("order_shipped", at_s=70, params={"order_id": "o"}), 8 * HOUR),
        told_at(event("page_view", at_s=90), 8 * HOUR),
    )
    assert names(shop.at(8 * HOUR + 5)) == []
    shop.see(told_at(event("order_delivered", at_s=4 * HOUR, params={"order_id": "o"}), 8 * HOUR + 6))
    assert names(shop.at(9 * HOUR + 1)) == []
    assert names(shop.at(10 * HOUR + 7)) == ["t0"]


def test_news_told_late_waits_a_little_and_comes() -> None:
    shop = by_the_wall({"when": {"order_shipped": {}}})
    shop.see(told_at(event("order_shipped", params={"order_id": "o"}), 20 * HOUR))
    assert names(shop.at(20 * HOUR + LATE_WAIT_S - 1)) == []
    assert names(shop.at(20 * HOUR + LATE_WAIT_S)) == ["t0"]


def test_what_is_on_time_is_as_it_was() -> None:
    shop = by_the_wall({"when": {"order_shipped": {}}}, {"when": {"cart_left": {"after": "2h"}}})
    shop.see(told_at(event("page_view"), 3 * DAY), event("add_to_cart", "p001", at_s=3 * DAY))
    shop.see(told_at(event("order_shipped", at_s=3 * DAY, params={"order_id": "o"}), 3 * DAY + LATE_AFTER_S))
    assert names(shop.at(3 * DAY + LATE_AFTER_S)) == ["t0"]
    assert names(shop.at(3 * DAY + 2 * HOUR)) == ["t1"]


def test_a_shops_imported_past_starts_nothing() -> None:
    shop = by_the_wall(
        {"when": {"cart_left": {"after": "2h"}}}, {"when": {"order_shipped": {}}}, {"when": {"welcome": {}}}
    )
    past = [event("add_to_cart", "p001"), event("order_shipped", params={"order_id": "o"}), event("sign_up")]
    shop.see(*(told_at(told, 30 * DAY) for told in past))
    assert [names(shop.at(30 * DAY + after_s)) for after_s in (0, HOUR, DAY, 4 * DAY)] == [[], [], [], []]


def test_a_moment_on_a_page_told_late_is_over() -> None:
    shop = by_the_wall({"when": {"hesitation": {"after": "1m"}}})
    shop.see(told_at(event("view_item", "p001"), 400))
    assert [names(shop.at(400 + after_s)) for after_s in (0, 60, 700)] == [[], [], []]


def test_days_of_the_calendar_stay_where_they_are() -> None:
    shop = by_the_wall({"when": {"anniversary": {"days": 2}}})
    shop.see(told_at(event("sign_up"), DAY))
    morning = 34 * HOUR + 46 * 60 + 40  # from 22:13:20 to 09:00 of the day after tomorrow
    assert names(shop.at(morning - 1)) == []
    assert names(shop.at(morning)) == ["t0"]
    late = by_the_wall({"when": {"anniversary": {"days": 2}}})
    late.see(told_at(event("sign_up"), 2 * DAY + HOUR))
    assert [names(late.at(2 * DAY + HOUR + after_s)) for after_s in (0, HOUR, DAY)] == [[], [], []]


def test_a_delivery_expected_later_is_told_before_its_day_however_late_the_shipping() -> None:
    shop = by_the_wall({"when": {"delivery_near": {"before": "1d"}}})
    expected = {"order_id": "o", "expected_delivery": START_S + 4 * DAY}
    shop.see(told_at(event("order_shipped", params=expected), DAY))
    assert names(shop.at(3 * DAY - 1)) == []
    assert names(shop.at(3 * DAY)) == ["t0"]


BOT = {"userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/122.0.0.0"}


def test_what_a_bot_does_starts_nothing() -> None:
    shop = Shop(trigger(when={"cart_left": {"after": "2h"}}))
    shop.see(event("add_to_cart", "p001", context=BOT), event("view_item", "p002", at_s=9, context=BOT))
    assert names(shop.at(3 * HOUR)) == []


def test_one_event_with_a_bots_agent_silences_no_customer() -> None:
    shop = Shop(trigger(when={"cart_left": {"after": "2h"}}))
    shop.see(event("add_to_cart", "p001"), event("page_view", at_s=60, context=BOT))
    assert names(shop.at(2 * HOUR)) == ["x"]
    known = Shop(trigger(when={"cart_left": {"after": "2h"}}))
    known.state.bot = True  # as older releases left it, for good
    known.see(event("page_view", at_s=60, context=BOT), event("add_to_cart", "p001", at_s=90))
    assert names(known.at(3 * HOUR)) == ["x"]


def told_by_another(name: str, *item_ids: str, **fields: Any) -> Event:
    return order_copy(event(name, *item_ids, visitor="another", params={"order_id": "o"}, **fields), "v1")


def test_what_was_told_elsewhere_before_counts_once_the_order_is_told_here() -> None:
    shop = Shop(trigger(when={"order_unpaid": {}}))
    shop.see(told_by_another("order_paid", at_s=60), event("order_created", "p001", params={"order_id": "o"}))
    assert names(shop.at(DAY)) == []
    assert names(Shop(trigger(when={"order_unpaid": {}})).see(shop_order()).at(DAY)) == ["x"]


def shop_order() -> Event:
    return event("order_created", "p001", params={"order_id": "o"})


def test_an_order_told_elsewhere_alone_ends_no_cart_and_stills_no_want() -> None:
    shop = Shop().see(event("add_to_cart", "p001"), told_by_another("purchase", "p001", at_s=9))
    assert (shop.state.cart_over_s, [want.item_id for want in shop.state.wants]) == (0.0, ["p001"])
    shop.see(event("purchase", "p001", at_s=5, params={"order_id": "o"}))
    assert shop.state.cart_over_s > 0.0
    assert shop.state.wants == []


def test_a_claimed_order_ends_its_cart_and_is_none_before_it_is_confirmed() -> None:
    shop = by_the_wall(
        {"when": {"cart_left": {"after": "2h"}}}, {"when": {"anniversary": {"days": 2, "since": "first_order"}}}
    )
    shop.see(event("add_to_cart", "p001"))
    claim = event(
        "purchase", "p001", at_s=60, claimed=True, params={"transaction_id": "o", "value": 40, "currency": "EUR"}
    )
    shop.see(claim)
    assert names(shop.at(3 * HOUR)) == []
    (order,) = shop.state.orders
    assert (order.created_at_s, order.paid_at_s, order.value, order.item_ids) == (0.0, 0.0, None, [])
    shop.see(event("add_to_cart", "p002", at_s=3 * HOUR))
    shop.see(event("order_paid", at_s=3 * HOUR + 60, params={"order_id": "o"}))
    (order,) = shop.state.orders
    assert (order.paid_at_s, order.value, order.currency) == (START_S + 3 * HOUR + 60, 40.0, "EUR")
    assert order.item_ids == ["p001"]
    assert names(shop.at(6 * HOUR)) == ["t0"], "what was put in since is another cart"
