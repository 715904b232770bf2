"""Triggers: what is written is checked and named; the shipped set fits; timers are armed, called off, judged once."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from models.base.errors import InvalidError
from models.catalog.assortment import Assortment
from models.events.events import Event
from models.segments.lifecycle import Thresholds
from models.triggers.defaults import SHIPPED, shipped_triggers
from models.triggers.evaluation import Recipient, TriggerConfig, TriggerOutcome, TriggerSubject, fire
from models.triggers.payload import body_of, sent_event
from models.triggers.scheduling import TriggerIndex, index_triggers, look, observe
from models.triggers.trigger import Trigger, parse_trigger
from models.triggers.trigger_state import (
    MAX_DONE,
    MAX_TIMERS,
    MAX_TRACKED_ORDERS,
    MAX_WANTS,
    TriggerState,
    decode_trigger_state,
    encode_trigger_state,
    given,
    join_trigger_state,
    joining_trigger_state,
    read_joining_trigger_state,
)
from models.visitor.contact_policy import ContactPolicy, parse_policy
from models.visitor.holds import hold_words
from models.visitor.order_value import sold_reduced
from models.visitor.profile import Profile, apply_one
from tests.models.makers import START_S, assortment, event, item

HOUR = 3_600.0
DAY = 86_400.0
WHOM = Recipient("shop", 3, "v1")


def trigger(**raw: Any) -> Trigger:
    """Make a trigger."""
    return parse_trigger({"trigger_id": "x", **raw})


def rules(*triggers: Trigger) -> TriggerIndex:
    """Rules of these, or of the shipped ones."""
    return index_triggers(triggers or shipped_triggers().values(), ZoneInfo("UTC"))


class Shop:
    """A visitor's watch and profile, moved by events and time without any server."""

    def __init__(
        self, *triggers: Trigger, policy: ContactPolicy | None = None, catalog: Assortment | None = None
    ) -> None:
        self.state, self.profile = TriggerState(), Profile()
        self.config = TriggerConfig(rules(*triggers), policy or ContactPolicy(), Thresholds())
        self.catalog = catalog or assortment(items=5)

    def see(self, *events: Event) -> "Shop":
        """Take in events."""
        for told in events:
            apply_one(self.profile, told, sold_reduced)
            observe(self.state, told, self.config.rules, self.catalog)
        return self

    def at(self, at_s: float, *, as_of_due: bool = False) -> list[TriggerOutcome]:
        """Let the time pass."""
        look(self.state, self.profile, self.config.rules)
        subject = TriggerSubject(WHOM, self.state, self.profile)
        return fire(subject, self.config, self.catalog, START_S + at_s, as_of_due=as_of_due)


def names(outcomes: list[TriggerOutcome]) -> list[str]:
    """Which triggers."""
    return [outcome.trigger.trigger_id for outcome in outcomes]


def test_every_shipped_trigger_fits_and_has_a_name() -> None:
    shipped = shipped_triggers()
    assert len(shipped) == len(SHIPPED) == 17
    assert all(trigger.raw["name"] for trigger in shipped.values())
    assert {trigger.kind for trigger in shipped.values() if not trigger.promotional} == {
        "unhappy",
        "order_shipped",
        "delivery_near",
        "order_delivered",
        "order_unpaid",
    }


@pytest.mark.parametrize(
    ("raw", "code", "named"),
    [
        ([], "trigger_invalid", "JSON object"),
        ({"trigger_id": "a b", "when": {"birthday": {}}}, "trigger_id_invalid", "a b"),
        ({"trigger_id": "x"}, "trigger_invalid", "when"),
        ({"trigger_id": "x", "when": {}}, "when_invalid", "cart_left"),
        ({"trigger_id": "x", "when": {"fridge": {}}}, "when_invalid", "fridge"),
        ({"trigger_id": "x", "when": {"cart_left": {"before": "2h"}}}, "when_invalid", "before"),
        ({"trigger_id": "x", "when": {"cart_left": {"after": "2 moons"}}}, "when_invalid", "2 moons"),
        ({"trigger_id": "x", "when": {"stage": "asleep"}}, "when_invalid", "asleep"),
        ({"trigger_id": "x", "when": {"anniversary": {"days": 0}}}, "when_invalid", "days"),
        ({"trigger_id": "x", "when": {"birthday": {"at": "25:00"}}}, "when_invalid", "at"),
        ({"trigger_id": "x", "when": {"birthday": {}}, "actions": ["pigeon"]}, "trigger_invalid", "pigeon"),
        ({"trigger_id": "x", "when": {"birthday": {}}, "priority": 101}, "trigger_invalid", "priority"),
        ({"trigger_id": "x", "when": {"birthday": {}}, "only": {"fridge": {}}}, "rule_invalid", "fridge"),
        (
            {"trigger_id": "x", "when": {"birthday": {}}, "offer": {str(n): n for n in range(21)}},
            "trigger_invalid",
            "21",
        ),
        ({"trigger_id": "x", "when": {"birthday": {}}, "recommend": {"strategy": "best"}}, "trigger_invalid", "best"),
    ],
)
def test_what_does_not_fit_is_named(raw: object, code: str, named: str) -> None:
    with pytest.raises(InvalidError) as found:
        parse_trigger(raw)
    assert found.value.code == code
    assert named in str(found.value)


def test_a_cart_is_told_once_and_each_change_puts_it_off() -> None:
    shop = Shop().see(event("add_to_cart", "p001"))
    assert shop.at(HOUR) == []
    shop.see(event("add_to_cart", "p002", at_s=HOUR))
    assert shop.at(2 * HOUR) == []
    assert names(shop.at(3 * HOUR)) == ["cart-left"]
    shop.see(event("add_to_cart", "p003", at_s=4 * HOUR))
    assert shop.at(20 * HOUR) == []


def test_an_order_takes_its_timers_with_it_when_it_is_paid() -> None:
    shop = Shop().see(event("order_created", "p001", params={"order_id": "o"}))
    assert {timer.trigger_id for timer in shop.state.timers} >= {"order-unpaid", "order-unpaid-offer"}
    assert names(shop.at(700)) == ["order-unpaid"]
    shop.see(event("purchase", "p001", at_s=800, params={"transaction_id": "o"}))
    assert shop.at(2 * DAY) == []
    paid_first = Shop().see(
        event("order_paid", "p001", params={"order_id": "o"}), event("order_created", "p001", params={"order_id": "o"})
    )
    assert paid_first.at(2 * DAY) == []


def test_an_event_told_again_arms_nothing_again() -> None:
    shop = Shop().see(event("sign_up"))
    assert names(shop.at(1)) == ["welcome"]
    shop.see(event("sign_up", at_s=5))
    assert shop.at(10) == []


def test_the_29th_of_february_is_kept_on_the_28th_and_every_year() -> None:
    only = trigger(when={"birthday": {"at": "10:00"}}, lasts="2d")
    shop = Shop(only).see(event("birthday_given", params={"birthday": "1992-02-29"}))  # told on 2023-11-14
    days = []
    for day in range(3 * 366):
        days += [entry.at_s for entry in shop.at(day * DAY)]
    assert len(days) == 3
    assert [timer.subject for timer in shop.state.timers] == ["birthday:2027"]


def test_what_comes_too_late_is_dropped_on_the_wall_clock_and_kept_by_a_clock_that_jumps() -> None:
    late = Shop().see(event("add_to_cart", "p001"))
    assert late.at(30 * DAY) == []
    jumped = Shop().see(event("add_to_cart", "p001"))
    (outcome,) = jumped.at(20 * DAY, as_of_due=True)
    assert outcome.at_s == START_S + 2 * HOUR


def test_history_of_long_ago_starts_nothing() -> None:
    shop = Shop()
    for day in range(20):
        order = {"order_id": f"o{day}"}
        shop.see(
            event("order_created", "p001", at_s=day * DAY, params=order),
            event("order_shipped", at_s=day * DAY, params=order),
        )
    assert shop.at(400 * DAY) == []


def test_a_held_message_waits_for_its_time_and_a_service_one_does_not() -> None:
    policy = parse_policy({"caps": [{"most": 1, "per": "day"}]})
    shop = Shop(policy=policy).see(event("sign_up"))
    assert names(shop.at(1)) == ["welcome"]
    shop.see(event("add_to_cart", "p001", at_s=60), event("order_shipped", at_s=70, params={"order_id": "o"}))
    assert names(shop.at(3 * HOUR)) == ["order-shipped"]
    (held,) = [timer for timer in shop.state.timers if timer.trigger_id == "cart-left"]
    assert (hold_words(held.held), held.due_s) == ("cap of 1 contacts a day", START_S + 1 + DAY)
    assert names(shop.at(DAY + 1)) == ["cart-left"]


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


def test_a_watch_has_a_bound_whatever_is_sent() -> None:
    shop = Shop()
    for number in range(400):
        shop.state.allowed = 300.0
        order = {"order_id": f"o{number}"}
        shop.see(
            event("order_created", f"i{number}", at_s=number, params=order),
            event("add_to_wishlist", f"w{number}", at_s=number),
        )
        shop.state.note_done("x", str(number))
    state = shop.state
    assert (len(state.orders), len(state.wants), len(state.done)) == (MAX_TRACKED_ORDERS, MAX_WANTS, 6 * MAX_DONE)
    assert len(state.timers) <= MAX_TIMERS
    assert len(encode_trigger_state(state, 1)) < 12_000


def test_a_device_gives_its_watch_away_once() -> None:
    device = Shop().see(
        event("add_to_wishlist", "p001"), event("order_created", "p002", at_s=5, params={"order_id": "o"})
    )
    login = event("_visitor_identified", visitor="v1", at_s=60, user_id="anna")
    carried = read_joining_trigger_state(joining_trigger_state(device.state, "v1", login))
    assert carried == device.state
    assert given(device.state).timers == []
    own = Shop().see(event("order_paid", "p002", at_s=90, params={"order_id": "o"}))
    assert carried is not None
    join_trigger_state(own.state, carried)
    once = encode_trigger_state(own.state, 1)
    join_trigger_state(own.state, carried)
    assert encode_trigger_state(own.state, 1) == once
    assert own.at(2 * DAY) == []  # paid on the other device
    assert own.state.want("p001") is not None
    assert read_joining_trigger_state(event("_watch_joined", params={"watch": "no"})) is None


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
