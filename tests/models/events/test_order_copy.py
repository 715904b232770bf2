"""Order copy: says of the order what the event said, and nothing of whoever told it."""

import msgspec
import pytest

from models.events.events import EventItem
from models.events.names import ORDER_TOLD
from models.events.order_copy import MARK_BYTES, copied_event, decode_copy, encode_copy, order_copy
from tests.models.makers import event


def test_a_copy_gives_the_order_back_without_its_teller() -> None:
    params = {"transaction_id": "T", "value": 5, "currency": "EUR", "email": "a@b.example"}
    items = (EventItem(item_id="cup", price=5.0),)
    told = event("refund", items=items, params=params, user_id="ann", event_id="e", session_id="s", rate=1.0)
    copy = order_copy(told, "browser")
    assert (copy.event, copy.visitor_id, copy.user_id, copy.session_id) == (ORDER_TOLD, "browser", "", "")
    back = copied_event(copy)
    assert back is not None
    assert (back.event, back.visitor_id, back.items, back.event_id, back.rate) == ("refund", "browser", items, "e", 1.0)
    assert "email" not in back.params


def test_nothing_else_is_a_copy() -> None:
    assert copied_event(event(ORDER_TOLD, params={"event": "page_view"})) is None
    assert copied_event(event(ORDER_TOLD)) is None


def test_a_copy_bears_no_id_of_the_events_of_whoever_hears_it() -> None:
    told = event("purchase", visitor="browser", event_id="e", params={"order_id": "o"})
    same_id = event("order_paid", visitor="server", event_id="e", params={"order_id": "o"})
    copies = [order_copy(each, "customer") for each in (told, same_id, told)]
    assert len({"e", *(copy.event_id for copy in copies)}) == 3
    assert order_copy(event("refund", params={"order_id": "o"}), "customer").event_id == ""


def test_a_copy_is_marked_by_its_event_however_often_that_is_sent() -> None:
    told = event("purchase", "mug", params={"order_id": "o"})
    again = msgspec.structs.replace(told, accepted_at_s=told.accepted_at_s + 9)
    later = msgspec.structs.replace(told, at_s=told.at_s + 9)
    marks = [encode_copy(order_copy(each, "browser"))[:MARK_BYTES] for each in (told, again, later)]
    assert marks[0] == marks[1] != marks[2]
    named, sent_again = (msgspec.structs.replace(each, event_id="e") for each in (told, later))
    marks = [encode_copy(order_copy(each, "browser"))[:MARK_BYTES] for each in (named, sent_again)]
    assert marks[0] == marks[1]


@pytest.mark.parametrize("event_id", ["", "e"])
def test_a_copy_is_read_as_it_was_written(event_id: str) -> None:
    items = (EventItem(item_id="cup", price=5.0, quantity=2, discount=1.0), EventItem(item_id="pan"))
    told = event("refund", items=items, params={"order_id": "o", "value": 5}, event_id=event_id, rate=0.5, base="EUR")
    copy = order_copy(told, "browser")
    assert decode_copy("shop", encode_copy(copy)) == copy
