"""Message outcomes: what an event says came of the messages a visitor was sent."""

import pytest

from models.base.durations import DAY_S
from models.triggers.message_outcomes import MessageOutcome, message_outcomes_of
from models.triggers.trigger_state import Sent, TrackedOrder, TriggerState
from models.visitor.contact_history import message_id
from tests.models.makers import START_S, event, item

OURS = message_id(3, "shop", "v1", "welcome", "welcome")
ALSO_OURS = message_id(3, "shop", "v1", "cart-left", "cart:1")


def sent_to(*ids: str) -> TriggerState:
    return TriggerState(
        sent=[Sent(name, "x", START_S + place * DAY_S, "message", "x", True) for place, name in enumerate(ids)]
    )


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("message_opened", "opened_at_s"),
        ("email_clicked", "clicked_at_s"),
        ("email_delivered", "delivered_at_s"),
        ("message_dismissed", "dismissed_at_s"),
    ],
)
def test_what_happened_to_a_message_is_noted_beside_it(name: str, field: str) -> None:
    told = event(name, at_s=60, params={"message_id": OURS})
    assert message_outcomes_of(told, sent_to(OURS), 7.0) == [MessageOutcome(OURS, field, f"{START_S + 60:.3f}")]


def test_messages_of_others_and_those_never_sent_are_passed_over() -> None:
    for named in ("newsletter-7", ALSO_OURS, 7, None):
        assert message_outcomes_of(event("message_opened", params={"message_id": named}), sent_to(OURS), 7.0) == []
    assert message_outcomes_of(event("page_view", params={"message_id": OURS}), sent_to(OURS), 7.0) == []


def test_an_order_is_noted_beside_every_message_of_the_days_before() -> None:
    state = sent_to(OURS, ALSO_OURS)
    params = {"transaction_id": "o1", "value": 25}
    order = event("purchase", at_s=7.5 * DAY_S, params=params, items=())
    assert [(outcome.message_id, outcome.field) for outcome in message_outcomes_of(order, state, 7.0)] == [
        (ALSO_OURS, "order:o1")
    ]
    both = message_outcomes_of(event("purchase", at_s=2 * DAY_S, params=params), state, 7.0)
    assert {outcome.value for outcome in both} == {f"{START_S + 2 * DAY_S:.3f} 25.00"}
    assert len(both) == 2


def test_without_a_value_the_items_prices_are() -> None:
    from models.events.events import EventItem

    order = event(
        "purchase", params={"transaction_id": "o1"}, items=(EventItem(item_id="a", price=item(0).price, quantity=3),)
    )
    (outcome,) = message_outcomes_of(order, sent_to(OURS), 7.0)
    assert outcome.value == f"{START_S:.3f} 30.00"


def test_an_order_taken_back_whole_is_told_and_a_part_is_not() -> None:
    state = sent_to(OURS)
    whole = event("order_cancelled", params={"order_id": "o1"})
    assert [outcome.field for outcome in message_outcomes_of(whole, state, 7.0)] == ["undone:o1"]
    assert message_outcomes_of(event("refund", "p001", params={"transaction_id": "o1"}), state, 7.0) == []


def test_a_claimed_order_came_of_nothing_and_a_confirmed_one_has_its_worth() -> None:
    params = {"transaction_id": "o", "value": 40.0}
    assert message_outcomes_of(event("purchase", claimed=True, params=params), sent_to(OURS), 7.0) == []
    state = sent_to(OURS)
    state.orders = [TrackedOrder("o", value=40.0)]
    paid = event("order_paid", at_s=60, params={"order_id": "o"})
    assert message_outcomes_of(paid, state, 7.0) == [MessageOutcome(OURS, "order:o", f"{START_S + 60:.3f} 40.00")]
