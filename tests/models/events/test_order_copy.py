"""Order copy: says of the order what the event said, and nothing of whoever told it."""

from models.events.events import EventItem
from models.events.names import ORDER_TOLD
from models.events.order_copy import copied_event, order_copy
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
