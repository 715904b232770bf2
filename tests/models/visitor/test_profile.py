"""Profile: bounded, replayable, and right about sessions, carts and orders."""

import itertools
from random import Random

import pytest

from models.events.event_ids import DIGEST_BYTES, LEAST_RECENT_IDS, MAX_RECENT_IDS
from models.events.events import Event, EventItem
from models.events.sessions import MAX_OPEN_SESSIONS, SESSION_GAP_S
from models.visitor.cart import MAX_CART_LINES
from models.visitor.order_history import MAX_ITEM_PURCHASES, MAX_ORDERS
from models.visitor.profile import (
    MAX_RECENT,
    Profile,
    decode_profile,
    encode_profile,
    in_session,
    recent_items,
)
from tests.models.makers import START_S, event
from tests.models.visitor.profiles import apply, busy, profile_of


def cart(profile: Profile) -> dict[str, float]:
    return {line.item_id: line.quantity for line in profile.cart}


def bought(profile: Profile) -> list[tuple[str, str]]:
    return [(bought.order_id, bought.item_id) for bought in profile.bought]


def order(name: str, order_id: str, *item_ids: str, at_s: float = 0.0) -> Event:
    return event(name, *item_ids, at_s=at_s, params={"transaction_id": order_id})


def arrival(source: str, at_s: float) -> Event:
    return event("page_view", at_s=at_s, context={"campaign": {"source": source, "medium": "mail", "name": "spring"}})


LOOKS = [
    event("view_item", "a", at_s=0),
    event("add_to_cart", "a", at_s=20),
    event("view_item", "b", at_s=10),
    arrival("mail", 5),
    arrival("partner", 15),
]


@pytest.mark.parametrize("events", list(itertools.permutations(LOOKS)))
def test_arrival_order_changes_neither_recents_nor_touches_nor_counts(events: tuple[Event, ...]) -> None:
    profile = profile_of(*events)
    assert [(item.item_id, item.at_s - START_S, item.event) for item in profile.recent] == [
        ("b", 10, "view_item"),
        ("a", 20, "add_to_cart"),
    ]
    assert recent_items(profile) == ["a", "b"]
    assert profile.first_touch is not None
    assert profile.last_touch is not None
    assert (profile.first_touch.source, profile.last_touch.source) == ("mail", "partner")
    assert (profile.count("view_item"), profile.count("page_view"), profile.sessions) == (2, 2, 1)
    assert (profile.first_at_s, profile.last_at_s) == (START_S, START_S + 20)


def test_the_newest_items_by_event_time_stay_whatever_the_order_of_arrival() -> None:
    looks = [event("view_item", f"i{number}", at_s=number) for number in range(3 * MAX_RECENT)]
    Random(1).shuffle(looks)
    expected = [f"i{number}" for number in reversed(range(2 * MAX_RECENT, 3 * MAX_RECENT))]
    assert recent_items(profile_of(*looks)) == expected


def test_an_event_id_counts_once() -> None:
    first = event("add_to_cart", "a", event_id="e1")
    profile, outcomes = apply(Profile(), [first, first, event("add_to_cart", "a", event_id="e2")])
    assert outcomes == ["applied", "duplicate", "applied"]
    assert (cart(profile), profile.events_seen, profile.position) == ({"a": 2}, 2, 3)


def test_the_latest_event_ids_are_remembered_and_no_more() -> None:
    events = [event("page_view", event_id=f"e{number}") for number in range(MAX_RECENT_IDS + 1)]
    profile, _ = apply(Profile(), events)
    first_kept = len(events) - LEAST_RECENT_IDS
    again = [events[-1], events[first_kept], events[first_kept - 1]]
    _, outcomes = apply(profile, again, start=len(events))
    assert outcomes == ["duplicate", "duplicate", "applied"]


def test_without_event_ids_equal_events_count_each() -> None:
    assert cart(profile_of(*[event("add_to_cart", "a")] * 3)) == {"a": 3}


@pytest.mark.parametrize(
    ("gap_s", "sessions"), [(SESSION_GAP_S - 1, 1), (SESSION_GAP_S, 1), (SESSION_GAP_S + 1, 2), (86_400.0, 2)]
)
def test_a_session_ends_after_thirty_minutes_without_an_event(gap_s: float, sessions: int) -> None:
    profile = profile_of(event("view_item", "a"), event("view_item", "b", at_s=gap_s))
    assert profile.sessions == sessions
    assert profile.session.events == (2 if sessions == 1 else 1)
    assert [item.item_id for item in in_session(profile, profile.recent)] == (["a", "b"] if sessions == 1 else ["b"])


def test_a_late_event_neither_starts_nor_stretches_the_session_it_does_not_belong_to() -> None:
    profile = profile_of(event("page_view", at_s=10_000), event("view_item", "a", at_s=0))
    assert (profile.sessions, profile.session.events, profile.session.started_at_s) == (1, 1, START_S + 10_000)
    assert profile.events_seen == 2


def test_a_late_event_of_the_same_session_moves_its_start() -> None:
    profile = profile_of(event("page_view", at_s=1_000), event("page_view", at_s=0))
    assert (profile.sessions, profile.session.started_at_s, profile.session.last_at_s) == (1, START_S, START_S + 1_000)


def test_tabs_with_a_session_id_each_are_one_session_each_however_they_take_turns() -> None:
    turns = [
        event("view_item", f"p{turn}", at_s=60 * turn, session_id=("s1", "s2", "s3")[turn % 3]) for turn in range(30)
    ]
    profile = profile_of(*turns)
    assert profile.sessions == 3
    assert (profile.session.session_id, len(profile.session.open_sessions)) == ("s3", 3)
    back_late = event("page_view", at_s=60 * 30 + SESSION_GAP_S, session_id="s1")
    assert profile_of(*turns, back_late).sessions == 4


def test_a_visitor_has_a_bounded_number_of_open_sessions() -> None:
    profile = profile_of(*(event("page_view", at_s=turn, session_id=f"s{turn}") for turn in range(50)))
    assert (profile.sessions, len(profile.session.open_sessions)) == (50, MAX_OPEN_SESSIONS)


def test_a_new_session_id_starts_a_session_unless_it_comes_late() -> None:
    first, second = (
        event("page_view", at_s=10, session_id="s1"),
        event("page_view", at_s=20, session_id="s2"),
    )
    assert profile_of(first, second).sessions == 2
    assert profile_of(second, first).sessions == 1


def test_the_cart_holds_what_was_added_and_not_removed() -> None:
    added = event("add_to_cart", items=(EventItem(item_id="a", quantity=3, price=5.0), EventItem(item_id="b")))
    profile = profile_of(added, event("remove_from_cart", "a"), event("remove_from_cart", "b"))
    assert cart(profile) == {"a": 2}
    assert profile.cart[0].price == 5.0
    assert cart(profile_of(event("remove_from_cart", "a"))) == {}


def test_an_order_leaves_the_cart_and_is_named_once() -> None:
    profile = profile_of(
        event("add_to_cart", "a"),
        event("add_to_cart", "b"),
        order("order_created", "o1", "a"),
        order("purchase", "o1", "a"),
        order("order_paid", "o1"),
    )
    assert cart(profile) == {"b": 1}
    assert bought(profile) == [("o1", "a")]


@pytest.mark.parametrize("undo", ["order_cancelled", "refund"])
def test_an_undone_order_is_forgotten_whole_or_in_part(undo: str) -> None:
    orders = [order("purchase", "o1", "a", "b"), order("purchase", "o2", "a")]
    assert bought(profile_of(*orders, order(undo, "o1"))) == [("o2", "a")]
    assert bought(profile_of(*orders, order(undo, "o1", "a"))) == [("o1", "b"), ("o2", "a")]
    assert bought(profile_of(*orders, order(undo, "o3"))) == [("o1", "a"), ("o1", "b"), ("o2", "a")]


def test_a_visitor_who_buys_has_a_history_by_item_and_any_other_none() -> None:
    weekly = [order("purchase", f"o{week}", "a", at_s=week * 604_800.0) for week in range(5)]
    (purchases,) = profile_of(*weekly).history.item_purchases
    assert (purchases.item_id, purchases.count, purchases.last_at_s - purchases.first_at_s) == ("a", 5, 4 * 604_800)
    looker = profile_of(event("view_item", "a"), event("add_to_cart", "a"))
    assert looker.orders is None
    undone = profile_of(order("purchase", "o1", "a"), order("refund", "o1"))
    assert (undone.order_value.orders, undone.bought) == (0, [])


def test_a_paid_order_whose_items_nobody_told_is_an_order_and_one_only_made_is_not() -> None:
    assert profile_of(order("order_paid", "o1")).order_value.orders == 1
    assert profile_of(order("order_created", "o1")).order_value.orders == 0


def test_thousands_of_events_keep_every_part_in_its_bound_and_the_blob_small() -> None:
    profile, largest = Profile(), 0
    events = busy(4_000)
    for start in range(0, len(events), 50):
        profile, _ = apply(profile, events[start : start + 50], start)
        largest = max(largest, len(encode_profile(profile)))
    assert len(profile.recent) == MAX_RECENT
    assert len(profile.cart) == MAX_CART_LINES
    assert len(profile.history.item_purchases) == MAX_ITEM_PURCHASES
    assert len(profile.history.orders) == MAX_ORDERS
    assert len(profile.event_ids) <= DIGEST_BYTES * MAX_RECENT_IDS
    assert len(profile.sketch) <= 14 + 3 * 8 + 2 * 3 * 64
    assert largest < 37_000, "with three thousand event ids, and ids of 40 characters"
    assert (profile.events_seen, profile.position, sum(profile.counts)) == (4_000, 4_000, 4_000)


def test_the_stored_form_starts_with_the_position() -> None:
    profile = profile_of(*busy(20))
    blob = encode_profile(profile)
    assert int.from_bytes(blob[:8], "big") == 20
    assert decode_profile(blob) == profile
    assert decode_profile(None) == Profile()


def test_a_bots_event_under_a_customers_id_changes_nothing_but_two_counts() -> None:
    agent = {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}
    own = [event("view_item", "hat"), event("add_to_cart", "hat", at_s=5), order("purchase", "t1", "cap", at_s=9)]
    told = [
        event("add_to_cart", "coat", at_s=20, context=agent),
        event("purchase", "hat", at_s=30, context=agent, params={"transaction_id": "t2", "value": 500}),
        event("remove_from_cart", "hat", at_s=40, context=agent),
        event("page_view", at_s=90_000, context=agent, user_id="u7"),
    ]
    alone, mixed = profile_of(*own), profile_of(*told[:1], *own, *told[1:])
    assert (mixed.events_seen, mixed.bot_events, mixed.is_bot) == (7, 4, False)
    mixed.events_seen, mixed.bot_events, mixed.position = alone.events_seen, 0, alone.position
    assert encode_profile(mixed) == encode_profile(alone)


def test_nothing_but_bots_is_a_bot_without_cart_orders_or_sessions() -> None:
    agent = {"userAgent": "GPTBot/1.2"}
    profile = profile_of(
        event("add_to_cart", "a", context=agent),
        event("purchase", "a", at_s=60, context=agent, params={"transaction_id": "1"}),
    )
    assert profile.is_bot
    assert (profile.cart, profile.orders, profile.sessions, sum(profile.counts), profile.recent) == ([], None, 0, 0, [])
    assert (profile.first_at_s, profile.last_at_s) == (START_S, START_S + 60)


def test_what_servers_told_before_the_visitor_came_is_no_sign_of_life() -> None:
    told = event("order_shipped", at_s=172_800, params={"order_id": "t1"})
    bought = order("purchase", "t1", "a")
    for events in ((told, bought), (bought, told)):
        assert profile_of(*events).last_at_s == START_S
    assert profile_of(told).last_at_s == START_S + 172_800


def test_a_click_leads_to_the_visit_of_its_campaign_or_is_one_of_its_own() -> None:
    def click(campaign: str) -> Event:
        return event("email_clicked", at_s=5_000, params={"campaign": campaign})

    def arrived(campaign: str) -> Event:
        context = {"campaign": {"source": "crm", "medium": "email", "name": campaign}}
        return event("page_view", at_s=5_060, session_id="s2", context=context)

    older = event("page_view", session_id="s1")
    for clicked, came, sessions in (
        ("Spring", "spring", 2),
        ("spring", "brand", 3),
        ("", "brand", 2),
        ("spring", "", 2),
    ):
        assert profile_of(older, click(clicked), arrived(came)).sessions == sessions


def test_an_order_told_again_without_a_session_brings_nobody_to_the_site_again() -> None:
    first = event("purchase", "a", session_id="s1", params={"transaction_id": "t"})
    later = event("purchase", "a", at_s=50_000, params={"transaction_id": "t"})
    told = profile_of(first, later)
    assert (told.sessions, told.last_at_s) == (1, START_S)
    other = profile_of(first, event("purchase", "a", at_s=50_000, params={"transaction_id": "u"}))
    assert (other.sessions, other.last_at_s) == (2, START_S + 50_000)
