"""Scheduling: what events make of a trigger state."""

from models.triggers.trigger_state import decode_trigger_state, encode_trigger_state
from tests.models.makers import event
from tests.models.triggers.shop import Shop


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
