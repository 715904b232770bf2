"""Part events: what a part had brought is gone again once it is taken back, and what the visitor had said stays."""

from typing import Any

import msgspec
import pytest

from models.events.events import Event
from models.visitor.contact_history import contacts_of, plain_contact
from models.visitor.part_events import joining
from models.visitor.profile import Profile
from tests.models.makers import START_S, event
from tests.models.visitor.devices import learned, login

BROUGHT = (
    event("purchase", "x", at_s=10, params={"order_id": "theirs", "value": 50}),
    event("complaint_made", at_s=11),
    event("complaint_made", at_s=12, params={"case_id": "c1"}),
    event("email_unsubscribed", at_s=13),
    event("review_added", at_s=14, params={"rating": 1}),
    event("survey_answered", at_s=15, params={"nps": 2}),
    event("sign_up", at_s=16),
    event("add_to_cart", "x", at_s=17),
    event("view_promotion", at_s=18, params={"creative_name": "c"}),
    event("email_sent", at_s=19, params={"campaign": "theirs"}),
)


def mistaken(*before: Event, since: tuple[Event, ...] = ()) -> tuple[Profile, Profile]:
    """The profile of who was given what was another's, once that is known, and the profile of the other."""
    device = learned(Profile(), *BROUGHT, login("v1", "bob", 500))
    device = learned(device, login("v1", "ann", 5), first=device.position + 1)
    back, again = device.parts
    gift = msgspec.structs.replace(back, back=False, told_at=back.told_at - 1)
    given, taken, to_ann = (joining("demo", "v1", part, START_S + 500, START_S + 500) for part in (gift, back, again))
    return learned(Profile(), *before, given, *since, taken), learned(Profile(), to_ann)


def record_of(profile: Profile) -> dict[str, Any]:
    return {
        **plain_contact(profile.contact_history, 2.0),
        "satisfaction": profile.satisfaction,
        "intent": profile.intent,
        "orders": profile.order_value.orders,
        "cart": [line.item_id for line in profile.cart],
        "contacts": [contact.campaign for contact in contacts_of(profile.contact_history)],
    }


OWN: list[tuple[Event, ...]] = [
    (),
    (event("view_item", "y", at_s=1),),
    (event("complaint_made", at_s=1),),
    (event("email_unsubscribed", at_s=1),),
    (event("email_unsubscribed", at_s=1), event("email_subscribed", at_s=2)),
    (event("review_added", at_s=1, params={"rating": 2}), event("survey_answered", at_s=2, params={"nps": 9})),
    (event("complaint_made", at_s=1, params={"case_id": "c1"}),),
    (event("sign_up", at_s=1),),
    (event("email_sent", at_s=1, params={"campaign": "mine"}),),
]


@pytest.mark.parametrize("own", OWN)
def test_what_a_wrong_login_brought_is_as_if_it_had_never_been(own: tuple[Event, ...]) -> None:
    bob, ann = mistaken(*own)
    assert record_of(bob) == record_of(learned(Profile(), *own))
    assert record_of(ann) == record_of(learned(Profile(), *BROUGHT))
    assert (record_of(ann)["promotions_suspended"], record_of(ann)["messages_refused"]) == (True, True)


@pytest.mark.parametrize("own", OWN)
def test_what_was_said_since_stays(own: tuple[Event, ...]) -> None:
    later = tuple(msgspec.structs.replace(told, at_s=told.at_s + 900) for told in own)
    bob, _ = mistaken(since=later)
    assert record_of(bob) == record_of(learned(Profile(), *later))
