"""Presence: what only somebody on the site causes, and what servers and mail tools tell."""

import pytest

from models.events.presence import alive, was_on_site
from tests.models.makers import event

TOLD_BY_SERVERS = (
    "order_paid",
    "order_shipped",
    "order_delivered",
    "order_returned",
    "order_cancelled",
    "refund",
    "review_added",
    "survey_answered",
    "loyalty_updated",
    "consent_updated",
    "subscribed",
    "email_sent",
    "email_opened",
    "email_bounced",
    "complaint_made",
    "call_ended",
    "birthday_given",
    "campaign_cost",
    "subscription_renewed",
)


@pytest.mark.parametrize("name", TOLD_BY_SERVERS)
def test_what_is_told_of_somebody_elsewhere_is_no_presence_unless_it_names_a_session_or_page(name: str) -> None:
    assert not alive(event(name))
    if name != "campaign_cost":
        assert was_on_site(event(name, session_id="s1"))
        assert was_on_site(event(name, params={"page_location": "https://shop.example/account"}))
        assert was_on_site(event(name, context={"page": {"path": "/account"}}))
    assert not was_on_site(event(name, session_id="s1", context={"channel": "server"}))


@pytest.mark.parametrize(
    "name",
    [
        "page_view",
        "screen_view",
        "app_open",
        "view_item",
        "search",
        "add_to_cart",
        "purchase",
        "login",
        "view_promotion",
    ],
)
def test_browsing_and_buying_are(name: str) -> None:
    assert was_on_site(event(name))
    assert not was_on_site(event(name, context={"channel": "server"}))
    assert not was_on_site(event(name, by_engine=True))


def test_a_clicked_mail_is_a_sign_of_life_on_the_way_to_the_site() -> None:
    assert alive(event("email_clicked"))
    assert not was_on_site(event("email_clicked"))
    assert not alive(event("segment_entered"))
    assert not alive(event("_visitor_linked", session_id="s"))
