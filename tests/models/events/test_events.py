"""Events: one door, and nothing gets through it that the log could not give back."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from models.events.events import Event, decode_event, order_id_of, promotions_of
from models.events.intake.parsing import parse_event
from tests.models.events.raw import JSON, NOW_S, event_or_error, given_event


@given(value=st.binary(max_size=60) | JSON.map(msgspec.json.encode))
def test_any_bytes_of_the_log_are_an_event_or_refused(value: bytes) -> None:
    made = event_or_error(lambda: decode_event(value))
    assert made.visitor_id if isinstance(made, Event) else made.code == "event_undecodable"


def test_orders_and_promotions_are_found_under_both_names() -> None:
    def made(**fields: Any) -> Event:
        return parse_event(given_event(**fields), "shop", NOW_S)

    assert order_id_of(made(params={"transaction_id": "pay_9", "order_id": "7"})) == "7"
    assert order_id_of(made(params={"transaction_id": 7})) == order_id_of(made(params={"order_id": "7"})) == "7"
    of_items = made(items=[{"item_id": "a", "creative_name": "c", "promotion_id": "k", "creative_slot": "hero:1"}])
    of_event = made(params={"creative_name": "c", "promotion_id": "k", "creative_slot": "hero:1"})
    assert promotions_of(of_items) == promotions_of(of_event) == [("k", "c", "hero:1")]
    assert promotions_of(made()) == []
