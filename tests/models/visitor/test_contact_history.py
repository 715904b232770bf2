"""Contact: what reached a visitor is bounded, counted once, and joined; of consent the latest word counts."""

from math import inf

from models.events.events import Event
from models.visitor.contact_history import (
    MAX_CAMPAIGNS,
    MAX_CASES,
    MAX_CONTACTS,
    Contact,
    ContactHistory,
    complaints_within,
    contacts_of,
    is_restrained,
    learn_contact,
    merged_contacts,
    message_id,
    parted_contacts,
    trouble_of,
    without_contacts,
)
from models.visitor.order_value import sold_reduced
from models.visitor.profile import Profile, apply_one, decode_profile, encode_profile
from tests.models.makers import START_S, event


def learned(*events: object) -> ContactHistory | None:
    """Learn events one after the other."""
    history: ContactHistory | None = None
    for told in events:
        history = learn_contact(history, told)  # type: ignore[arg-type]
    return history


def banner(campaign: str, at_s: float = 0.0, **params: object) -> object:
    """A banner seen."""
    return event("view_promotion", at_s=at_s, params={"creative_name": "c", "promotion_id": campaign, **params})


def test_banners_and_messages_are_kept_with_channel_and_campaign() -> None:
    history = learned(
        event("page_view"),
        banner("spring", 1),
        banner("spring", 2, viewable=False),
        event("email_sent", at_s=3, params={"campaign": "news"}),
        event("message_sent", at_s=4, params={"channel": "on_site", "purpose": "service"}),
    )
    assert contacts_of(history) == [
        Contact(START_S + 1, "banner", "spring"),
        Contact(START_S + 3, "message", "news"),
        Contact(START_S + 4, "on_site", "", promotional=False),
    ]


def test_a_message_of_ours_counts_once_whoever_tells_of_it() -> None:
    one = message_id(3, "shop", "v1", "welcome", "welcome")
    history = learned(
        event("message_sent", event_id=one, params={"message_id": one, "campaign": "welcome"}),
        event("email_sent", at_s=5, event_id="other", params={"message_id": one, "campaign": "welcome"}),
    )
    assert contacts_of(history) == [Contact(START_S, "message", "welcome", ours=True)]


def test_what_is_kept_has_a_bound() -> None:
    history = learned(*(banner(f"k{number}", number) for number in range(3 * MAX_CAMPAIGNS)))
    assert history is not None
    kept = contacts_of(history)
    assert len(kept) == MAX_CONTACTS
    assert [history.campaign for history in kept[-2:]] == [f"k{3 * MAX_CAMPAIGNS - 2}", f"k{3 * MAX_CAMPAIGNS - 1}"]
    assert len(history.campaigns) <= MAX_CAMPAIGNS
    messages = learned(*(event("email_sent", at_s=number) for number in range(100)), banner("k", 200))
    assert len(contacts_of(messages)) == MAX_CONTACTS + 1


def test_complaints_and_low_scores_suspend_until_resolved() -> None:
    assert trouble_of(event("survey_answered", params={"nps": 6})) == "nps 6"
    assert trouble_of(event("survey_answered", params={"nps": "3"})) == "nps 3"
    assert trouble_of(event("survey_answered", params={"nps": 7})) == ""
    assert trouble_of(event("review_added", params={"rating": 2})) == "rating 2"
    assert trouble_of(event("review_added", params={"rating": 3})) == ""
    assert trouble_of(event("complaint_made")) == "complained"
    assert trouble_of(event("complaint_resolved")) == ""
    history = learned(event("complaint_made"))
    assert history is not None
    assert history.suspended()
    history = learn_contact(history, event("complaint_resolved", at_s=10))
    assert history is not None
    assert not history.suspended()
    late = learn_contact(history, event("complaint_made", at_s=5))  # made before it was resolved, told after
    assert late is not None
    assert not late.suspended()


def test_the_latest_word_on_messages_counts_whatever_order_it_comes_in() -> None:
    history = learned(event("consent_updated", at_s=9, params={"marketing": True}), event("email_unsubscribed", at_s=5))
    assert history is not None
    assert not history.opted_out
    history = learn_contact(history, event("unsubscribed", at_s=20))
    assert history is not None
    assert history.opted_out


def test_two_records_of_one_visitor_join() -> None:
    one = learned(banner("a", 1), event("email_sent", at_s=3), event("complaint_made", at_s=3))
    other = learned(banner("b", 2), event("complaint_resolved", at_s=4))
    joined = merged_contacts(one, other)
    assert joined is not None
    assert [contact.at_s - START_S for contact in contacts_of(joined)] == [1, 2, 3]
    assert not joined.suspended()
    assert merged_contacts(None, other) is other


def test_what_the_shop_sends_is_no_sign_of_life_and_is_stored_with_the_profile() -> None:
    profile = Profile()
    apply_one(profile, event("page_view"), sold_reduced)
    apply_one(profile, event("email_sent", at_s=500, params={"campaign": "news"}), sold_reduced)
    assert profile.last_at_s == START_S
    assert profile.events_seen == 2
    assert decode_profile(encode_profile(profile)).contact_history == profile.contact_history


def history_of(*events: Event) -> ContactHistory:
    """What is kept after events, the first of which tells something."""
    found = learned(*events)
    assert found is not None
    return found


def complaint(name: str, at_s: float, **params: object) -> Event:
    return event(name, at_s=at_s, params=params)


def test_promotions_go_on_when_the_last_of_several_cases_is_resolved() -> None:
    opened = (complaint("complaint_made", 1, case_id="a"), complaint("complaint_made", 2, ticket_id="b"))
    assert history_of(*opened, complaint("complaint_resolved", 3, case_id="a")).suspended()
    both = history_of(*opened, *(complaint("complaint_resolved", 3 + n, case_id=name) for n, name in enumerate("ab")))
    assert not both.suspended()
    late = history_of(complaint("complaint_resolved", 3, case_id="a"), complaint("complaint_made", 1, case_id="a"))
    assert not late.suspended(), "told in the wrong order"
    whole = history_of(*opened, complaint("complaint_made", 3), complaint("complaint_resolved", 4))
    assert not whole.suspended(), "all is made good"
    again = history_of(*opened, complaint("complaint_resolved", 4), complaint("complaint_made", 5, case_id="a"))
    assert again.suspended()


def test_cases_of_two_visitors_who_are_one_are_put_together_and_are_bounded() -> None:
    one = history_of(complaint("complaint_made", 1, case_id="a"), complaint("review_added", 1, rating=3))
    other = history_of(complaint("complaint_resolved", 2, case_id="a"), complaint("complaint_made", 3, case_id="b"))
    for both in (merged_contacts(one, other), merged_contacts(other, one)):
        assert both is not None
        assert both.suspended()
        assert [case.case_id for case in both.cases if case.opened_at_s > case.resolved_at_s] == ["b"]
        assert both.suspended(3.0)
    many = history_of(*(complaint("complaint_made", n, case_id=f"c{n}") for n in range(MAX_CASES + 5)))
    assert len(many.cases) == MAX_CASES


def test_the_stars_that_are_a_complaint_are_a_setting() -> None:
    rated = history_of(complaint("review_added", 1, rating=3))
    assert (rated.suspended(), rated.suspended(3.0), rated.suspended(2.5)) == (False, True, False)
    poor = history_of(complaint("review_added", 1, rating=1.5), complaint("review_added", 2, rating=5))
    assert (poor.suspended(), poor.suspended(1.0), poor.suspended(0.0)) == (True, False, False)
    resolved = history_of(complaint("review_added", 1, rating=1), complaint("complaint_resolved", 2))
    assert not resolved.suspended(4.0)
    assert is_restrained(poor)
    assert not is_restrained(history_of(complaint("review_added", 1, rating=5)))


def test_what_was_said_without_a_number_is_made_good_by_any_resolution() -> None:
    numbered = complaint("complaint_resolved", 9, case_id="t9")
    assert not history_of(complaint("review_added", 1, rating=1), numbered).suspended()
    assert not history_of(complaint("complaint_made", 1), numbered).suspended()
    opened = complaint("complaint_made", 2, case_id="t9")
    assert not history_of(complaint("review_added", 1, rating=1), opened, numbered).suspended()
    other = complaint("complaint_made", 3, case_id="t10")
    assert history_of(complaint("complaint_made", 1), opened, other, numbered).suspended(), "t10 is open"
    assert history_of(numbered, complaint("complaint_made", 10)).suspended()


def test_half_stars_are_told_apart() -> None:
    half = history_of(complaint("review_added", 1, rating=2.5))
    assert (half.suspended(2.5), half.suspended(2.0)) == (True, False)
    older = ContactHistory(rated_at_s=[0.0, 5.0, 0.0, 0.0, 0.0])  # whole stars, as records had them
    assert (older.suspended(2.0), older.suspended(1.5)) == (True, False)
    both = merged_contacts(older, half)
    assert both is not None
    assert (both.suspended(2.0), both.suspended(1.5)) == (True, False)
    assert learn_contact(older, complaint("review_added", 9, rating=5)) is not None
    assert older.suspended(2.0)


def test_of_a_refusal_and_an_agreement_at_one_moment_the_refusal_counts() -> None:
    told = (event("email_subscribed"), event("email_unsubscribed"))
    assert history_of(*told).opted_out
    assert history_of(*reversed(told)).opted_out
    assert not history_of(*told, event("email_subscribed", at_s=1)).opted_out
    assert not ContactHistory().opted_out


def test_complaints_are_divided_by_time() -> None:
    told = history_of(
        complaint("complaint_made", 1),
        complaint("complaint_made", 2, case_id="a"),
        complaint("review_added", 3, rating=1.5),
        banner("spring", 4),  # type: ignore[arg-type]
        complaint("complaint_resolved", 9, case_id="a"),
    )
    before, after = complaints_within(told, 0.0, START_S + 5), complaints_within(told, START_S + 5, inf)
    assert before is not None
    assert after is not None
    assert (before.suspended(0.0), after.suspended(), contacts_of(before)) == (True, False, [])
    assert [(case.opened_at_s, case.resolved_at_s) for case in after.cases] == [(0.0, START_S + 9)]
    assert complaints_within(told, START_S + 9, inf) is None
    assert complaints_within(None, 0.0, inf) is None


def test_a_part_taken_out_leaves_ratings_of_any_version_as_they_were() -> None:
    older = ContactHistory(rated_at_s=[0.0, 5.0, 0.0, 0.0, 0.0])
    part = history_of(complaint("review_added", 7, rating=2), complaint("review_added", 8, rating=0.5))
    left = parted_contacts(merged_contacts(older, part), part, older)
    assert left is not None
    assert (left.suspended(0.5), left.suspended(1.5), left.suspended(2.0)) == (False, False, True)
    assert parted_contacts(part, part, None) is None
    copy = without_contacts(part)
    assert copy == part
    assert copy is not part
