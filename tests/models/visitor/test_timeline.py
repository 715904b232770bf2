"""Timeline: order, visits, dwell times and what followed a click are told from the entries alone."""

import itertools
from typing import Any

from models.events.events import Event, EventItem
from models.events.sessions import SESSION_GAP_S, Moment, visits_of
from models.visitor.timeline import (
    DescribedEntry,
    decode_entry,
    describe_entries,
    encode_entry,
    entry_title,
    kind_of,
    timeline_entry_of,
)
from tests.models.makers import START_S, event


def told(*events: Event) -> list[DescribedEntry]:
    """Store and read events as a visitor's timeline; newest first."""
    entries = [timeline_entry_of(position, event) for position, event in enumerate(events, start=1)]
    return describe_entries([decode_entry(encode_entry(entry)) for entry in entries if entry is not None])


def page(at_s: float, **fields: Any) -> Event:
    return event("page_view", at_s=at_s, **fields)


def test_entries_stand_newest_first_whatever_order_they_came_in() -> None:
    events = [page(0.0), event("search", at_s=10.0, params={"search_term": "a"}), event("view_item", "x", at_s=20.0)]
    for order in itertools.permutations(events):
        assert [entry.entry.event for entry in told(*order)] == ["view_item", "search", "page_view"]


def test_dwell_time_is_told_else_it_lasts_until_the_next_event_of_the_visit() -> None:
    newest_first = told(
        page(0.0),
        event("view_item", "a", at_s=30.0, params={"engagement_time_msec": 12_000}),
        page(40.0, params={"dwell_ms": "500", "engagement_time_msec": 9}),
        event("add_to_cart", "a", at_s=50.0),
        page(60.0),
        page(60.0 + SESSION_GAP_S + 1),
    )
    assert [entry.dwell_ms for entry in newest_first[::-1]] == [30_000, 12_000, 500, None, None, None]


def test_a_visit_ends_after_half_an_hour_and_by_its_session_id() -> None:
    assert visits_of([Moment(0, ""), Moment(SESSION_GAP_S, ""), Moment(2 * SESSION_GAP_S + 1, "")]) == [0, 0, 1]
    assert visits_of([Moment(0, "a"), Moment(1, ""), Moment(2, "b"), Moment(3, "a", True)]) == [0, 0, 1, -1]
    assert visits_of([]) == []


def test_a_visit_tells_its_source_region_and_device() -> None:
    landing = {
        "page": {"url": "https://shop.example/", "referrer": "https://www.google.com/search?q=kettle"},
        "location": {"region": "Bavaria", "country": "DE"},
        "device": {"type": "mobile"},
    }
    newest, *_, first = told(page(0.0, context=landing), page(5.0), page(5000.0))
    assert first.visit is not None
    assert first.visit["events"] == 2
    source = first.visit["source"]
    assert (source["channel"], source["search_engine"], source["keyword"]) == ("organic_search", "google", "kettle")
    assert (source["region"], source["device"]) == ("DE-Bavaria", "mobile")
    assert newest.visit is not None
    assert newest.visit["source"]["channel"] == "direct"


def test_a_clicked_mail_tells_what_was_looked_at_and_for_how_long() -> None:
    mail = {"campaign": "may", "subject": "New in May"}
    newest_first = told(
        event("email_sent", at_s=0.0, params=mail),
        event("email_opened", at_s=100.0, params=mail),
        event("email_clicked", at_s=110.0, params=mail),
        page(112.0),
        event("view_item", "a", at_s=120.0),
        event("add_to_cart", "a", at_s=150.0),
    )
    sent, opened, clicked, *_ = newest_first[::-1]
    assert sent.visit is None
    assert opened.visit is None
    assert clicked.visit is not None
    assert clicked.visit["source"]["channel"] == "email"
    assert clicked.visit["source"]["campaign"] == "may"
    assert clicked.followed is not None
    assert clicked.followed["entries"] == 3
    assert clicked.followed["dwell_ms"] == 38_000
    assert [(event.event, dwell) for event, dwell in clicked.followed["looked_at"]] == [
        ("page_view", 8_000),
        ("view_item", 30_000),
    ]
    assert [entry_title(entry.entry, lambda _: "") for entry in newest_first[::-1]][:3] == [
        "Was sent the mail “New in May”",
        "Opened the mail “New in May”",
        "Clicked a link in the mail “New in May”",
    ]


def test_titles_say_what_happened() -> None:
    names = {"a": "Kettle"}
    titles = {
        "Put 2 × Kettle into the cart": event("add_to_cart", items=(EventItem(item_id="a", quantity=2),)),
        "Ordered Kettle, order 7, 39.90 EUR": event(
            "purchase", "a", params={"transaction_id": "7", "value": 39.9, "currency": "EUR"}
        ),
        "Order 7 was shipped": event("order_shipped", params={"order_id": "7"}),
        "Searched for “pot {0}”": event("search", params={"search_term": "pot {0}"}),
        "Answered a survey: NPS 9 of 10": event("survey_answered", params={"nps": 9}),
        "Answered a survey: NPS 0 of 10, CSAT 5 of 5": event("survey_answered", params={"csat": 5, "nps": 0}),
        "Reviewed Kettle: 4.5 of 5": event("review_added", "a", params={"rating": 4.5}),
        "Called about “late parcel” for 120 s": event("call_ended", params={"topic": "late parcel", "duration_s": 120}),
        "Began a chat": event("chat_started"),
        "Gave the birthday 1990-04-23": event("birthday_given", params={"birthday": "1990-04-23"}),
        "Loyalty: gold, 120 points": event("loyalty_updated", params={"loyalty_tier": "gold", "loyalty_points": 120}),
        "Store visited": event("store_visited"),
    }
    for title, told in titles.items():
        entry = timeline_entry_of(1, told)
        assert entry is not None
        assert entry_title(entry, lambda item_id: names.get(item_id, "")) == title


def test_an_entry_is_small_whatever_the_event_carried() -> None:
    params: dict[str, Any] = {f"p{number}": "x" * 5_000 for number in range(50)}
    entry = timeline_entry_of(
        1, event("page_view", *(f"i{number}" for number in range(200)), params={"n": 2**70, **params})
    )
    assert entry is not None
    assert len(encode_entry(entry)) < 4_000
    assert decode_entry(encode_entry(entry)) == entry
    assert entry.at_s == START_S


def test_what_is_no_touchpoint_is_left_out() -> None:
    assert timeline_entry_of(1, event("view_promotion", params={"creative_name": "c"})) is None
    assert timeline_entry_of(1, event("campaign_cost", params={"cost": 1, "campaign": "x"})) is None
    assert kind_of("email_sent") == "mail"


def test_an_order_told_again_without_a_session_is_on_no_visit() -> None:
    first = event("purchase", "a", session_id="s1", params={"transaction_id": "t"})
    later = event("purchase", "a", at_s=50_000, params={"transaction_id": "t"})
    again, bought = told(first, later)
    assert (again.visit, bought.visit is None) == (None, False)
    other, _ = told(first, event("purchase", "a", at_s=50_000, params={"transaction_id": "u"}))
    assert other.visit is not None
    reloaded, _ = told(first, event("purchase", "a", at_s=50_000, session_id="s2", params={"transaction_id": "t"}))
    assert reloaded.visit is not None
