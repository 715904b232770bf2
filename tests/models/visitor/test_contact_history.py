"""Contact: what reached a visitor is bounded, counted once, and joined; of consent the latest word counts."""

from models.visitor.contact_history import (
    MAX_CAMPAIGNS,
    MAX_CONTACTS,
    Contact,
    ContactHistory,
    contacts_of,
    learn_contact,
    merged_contacts,
    message_id,
    trouble_of,
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
    assert history.suspended
    history = learn_contact(history, event("complaint_resolved", at_s=10))
    assert history is not None
    assert not history.suspended
    late = learn_contact(history, event("complaint_made", at_s=5))  # made before it was resolved, told after
    assert late is not None
    assert not late.suspended


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
    assert not joined.suspended
    assert merged_contacts(None, other) is other


def test_what_the_shop_sends_is_no_sign_of_life_and_is_stored_with_the_profile() -> None:
    profile = Profile()
    apply_one(profile, event("page_view"), sold_reduced)
    apply_one(profile, event("email_sent", at_s=500, params={"campaign": "news"}), sold_reduced)
    assert profile.last_at_s == START_S
    assert profile.events_seen == 2
    assert decode_profile(encode_profile(profile)).contact_history == profile.contact_history
