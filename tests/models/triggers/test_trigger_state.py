"""Trigger state: bounded, stored, joined once."""

from models.events.order_copy import order_copy
from models.triggers.trigger_state import (
    MAX_DONE,
    MAX_TIMERS,
    MAX_TRACKED_ORDERS,
    MAX_WANTS,
    Browsing,
    Timer,
    TrackedOrder,
    TriggerState,
    Want,
    decode_trigger_state,
    encode_trigger_state,
    given,
    given_until,
    join_trigger_state,
    joining_trigger_state,
    part_from_trigger_state,
    read_joining_trigger_state,
)
from models.visitor.order import Order
from models.visitor.order_history import History
from models.visitor.profile import Profile, RecentItem
from tests.models.makers import START_S, event
from tests.models.triggers.shop import DAY, Shop


def test_a_trigger_state_has_a_bound_whatever_is_sent() -> None:
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


def test_a_device_gives_its_trigger_state_away_once() -> None:
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


def test_what_was_told_elsewhere_of_a_devices_order_holds_once_the_order_is_here() -> None:
    ordered = event("order_created", "p002", at_s=5, params={"order_id": "o", "value": 30})
    for told in (
        event("order_cancelled", at_s=60, params={"order_id": "o"}),
        event("refund", at_s=60, params={"order_id": "o", "value": 30}),
        event("order_paid", at_s=60, params={"order_id": "o"}),
    ):
        device, user = Shop().see(ordered), Shop().see(order_copy(told, "anna"))
        join_trigger_state(user.state, device.state)
        assert (user.state.orders[0].unpaid, user.state.orders[0].elsewhere) == (False, False)
        assert user.at(2 * DAY) == []


def test_a_timer_held_by_the_words_of_before_is_held_by_their_code() -> None:
    state = TriggerState(timers=[Timer("x", "s", 1.0, 1.0, 2.0, held=held) for held in ("no page is open", "", "cap")])
    revision, read = decode_trigger_state(encode_trigger_state(state, 7))
    assert revision == 7
    assert [timer.held for timer in read.timers] == ["no_page_open", "", "cap"]


def known(state: TriggerState) -> tuple[float, float, str]:
    """When the visitor signed up and complained last, and the birthday."""
    complained_at_s = state.known_complaints.trouble_at_s if state.known_complaints is not None else 0.0
    return state.signed_up_s, complained_at_s, state.birthday


def test_sign_up_birthday_and_complaint_go_with_the_device_that_brought_them() -> None:
    told = (
        event("sign_up", at_s=5),
        event("complaint_made", at_s=6),
        event("birthday_given", at_s=7, params={"birthday": "1990-02-03"}),
        event("add_to_wishlist", "p001", at_s=8),
    )
    part = Profile(last_at_s=START_S + 8, recent=[RecentItem("p001", START_S + 8)])
    for own in ((), (event("sign_up", at_s=1), event("complaint_made", at_s=2)), (event("sign_up", at_s=99),)):
        bob, device = Shop().see(*own), Shop().see(*told)
        before = known(bob.state)
        join_trigger_state(bob.state, device.state, "phone")
        join_trigger_state(bob.state, device.state, "phone")
        assert bob.state.birthday == "02-03"
        gone = part_from_trigger_state(bob.state, part, "phone")
        assert known(bob.state) == before
        assert bob.state.brought == []
        ann = Shop()
        join_trigger_state(ann.state, gone, "phone")
        assert known(ann.state)[:2] == (START_S + 5, START_S + 6)
        assert (ann.state.birthday, ann.state.want("p001") is not None) == ("02-03", True)
        part_from_trigger_state(bob.state, part, "phone")
        assert known(bob.state) == before


def test_what_came_after_a_logout_is_not_of_who_is_said_to_have_logged_in_before() -> None:
    device = Shop().see(
        event("sign_up", at_s=1),
        event("add_to_wishlist", "p001", at_s=5),
        event("order_created", "p002", at_s=6, params={"order_id": "o"}),
        event("logout", at_s=10),
        event("add_to_wishlist", "p003", at_s=20),
        event("complaint_made", at_s=21),
    )
    theirs = given_until(device.state, device.state.left_s)
    assert [want.item_id for want in theirs.wants] == ["p001"]
    assert known(theirs)[:2] == (START_S + 1, 0.0)
    assert [order.order_id for order in theirs.orders] == ["o"]
    assert [want.item_id for want in device.state.wants] == ["p003"]
    assert device.state.orders == []
    assert known(device.state)[:2] == (0.0, START_S + 21)


def test_what_a_device_brought_for_another_is_taken_out() -> None:
    state = TriggerState(
        wants=[Want("theirs", 10.0, 2), Want("mine", 11.0, 2), Want("theirs-too", 30.0, 2)],
        orders=[TrackedOrder("their-order"), TrackedOrder("my-order")],
        browsing=Browsing(5.0, 12.0, 2, ["theirs"]),
        cart_since_s=9.0,
    )
    part = Profile(last_at_s=15.0, recent=[RecentItem("theirs", 10.0), RecentItem("theirs-too", 12.0)])
    part.orders = History(orders=[Order("their-order", 12, 1)])
    part_from_trigger_state(state, part)
    assert [want.item_id for want in state.wants] == ["mine", "theirs-too"], "wanted again since, by whom it is"
    assert [order.order_id for order in state.orders] == ["my-order"]
    assert (state.browsing, state.cart_since_s, state.profile_due) == (None, 0.0, True)
