"""Given parts: each is told as it is now, and an erasure leaves to others what is theirs."""

import pytest

from models.events.names import VISITOR_DELETED
from models.visitor.given_parts import is_news, told_parts
from models.visitor.identity import MAX_HANDS, MAX_IDENTITY_PARTS
from models.visitor.part_events import joining
from models.visitor.profile import Profile, decode_profile, encode_profile
from models.visitor.profile_batch import new_parts, with_part
from tests.models.makers import START_S, event
from tests.models.visitor.devices import learned, login

SHARED = (
    event("add_to_cart", "x", at_s=1),
    login("v1", "ann", 5),
    event("logout", at_s=9),
    login("v1", "", 9),
    event("add_to_cart", "y", at_s=12),
    login("v1", "bob", 20),
)


def deleted(user_id: str) -> Profile:
    """A device that two visitors used, erased with one of them, once all that was told is on its way."""
    device = learned(Profile(), *SHARED)
    new_parts(device, 0)
    device = decode_profile(encode_profile(device))
    return learned(device, event(VISITOR_DELETED, user_id=user_id), first=7)


def test_an_erasure_takes_back_what_the_visitor_was_given_and_leaves_others_theirs() -> None:
    device = deleted("ann")
    told = new_parts(device, 6)
    assert {(part.user_id, part.back, part.told_at) for part in told} == {("ann", True, 7)}
    assert decode_profile(told[0].state) == Profile(), "it says nothing of what was done"
    assert all(decode_profile(part.state) == Profile() for part in device.parts if part.state)
    assert (device.events_seen, device.links, device.cart) == (0, [], [])


def test_what_others_were_given_before_an_erasure_is_still_told_after_it() -> None:
    device = learned(Profile(), *SHARED, event(VISITOR_DELETED, user_id="ann"))
    told = {(part.user_id, part.back): decode_profile(part.state) for part in new_parts(device, 0)}
    assert [line.item_id for line in told["bob", False].cart] == ["y"]
    assert ("ann", False) not in told
    assert not any(part.state for part in device.parts if part.user_id == "bob"), "and then forgotten"


@pytest.mark.parametrize("user_id", ["", "eve"])
def test_an_erasure_of_nobody_who_was_given_anything_takes_nothing_back(user_id: str) -> None:
    assert not any(part.back for part in deleted(user_id).parts)


def test_a_part_is_news_until_it_is_held_as_it_is() -> None:
    device = learned(Profile(), *SHARED[:2])
    (part,) = told_parts(device, 0)
    ann = Profile()
    assert is_news(ann, "v1", part)
    ann = with_part(ann, "v1", part)
    assert not is_news(ann, "v1", part)
    device = learned(device, event("view_item", "z", at_s=3, event_id="late"), first=3)
    (again,) = told_parts(device, 2)
    assert is_news(ann, "v1", again)
    ann = with_part(ann, "v1", again)
    assert (ann.events_seen, [seen.item_id for seen in ann.recent]) == (2, ["x", "z"])
    assert with_part(ann, "v1", part).events_seen == 2, "what was told before takes nothing's place"


def test_of_more_gifts_than_a_device_remembers_each_is_told() -> None:
    told = [event("view_item", f"i{number}", at_s=10 * number + 1) for number in range(8)]
    logins = [login("v1", f"u{number}", 10 * number + 5) for number in range(8)]
    mixed = [each for pair in zip(told, logins, strict=True) for each in pair]
    outs = [login("v1", "", 10 * number + 9) for number in range(8)]
    device = learned(Profile(), *(each for pair in zip(mixed[::2], mixed[1::2], outs, strict=True) for each in pair))
    parts = new_parts(device, 0)
    assert [part.user_id for part in parts] == [f"u{number}" for number in range(8)]
    assert sum(bool(part.state) for part in device.parts) == MAX_IDENTITY_PARTS


def test_a_part_of_which_nothing_is_left_to_tell_is_no_news() -> None:
    device = learned(Profile(), *SHARED)
    ann = Profile()
    for part in new_parts(device, 0):
        ann = with_part(ann, "v1", part) if part.user_id == "ann" else ann
    others = [login("v1", f"u{number}", 30 + number) for number in range(MAX_IDENTITY_PARTS)]
    looks = [event("view_item", "z", at_s=30.5 + number) for number in range(MAX_IDENTITY_PARTS)]
    late = event("view_item", "late", at_s=3, event_id="late")  # of ann's, in the very batch in which that is over
    mixed = [each for pair in zip(others, looks, strict=True) for each in pair]
    device = learned(device, late, *mixed, first=7)
    new_parts(device, 6)
    over = next(part for part in device.parts if part.user_id == "ann" and part.told_at == 7)
    assert (over.over, over.state) == (True, b"")
    assert not is_news(ann, "v1", over), "it comes by the log, and cannot be told twice"


@pytest.mark.parametrize("number", [2, 3])
def test_what_belongs_to_each_other_is_handed_round_no_more_than_a_few_times(number: int) -> None:
    ring = [f"u{place}" for place in range(number)]
    profiles = {
        user: learned(Profile(), event("view_item", user, at_s=place), login(user, ring[place - 1], 5 + place))
        for place, user in enumerate(ring)
    }
    told = {user: new_parts(profile, 0) for user, profile in profiles.items()}
    rounds = 0
    while any(told.values()):
        rounds += 1
        assert rounds <= 2 * MAX_HANDS
        before = {user: profile.position for user, profile in profiles.items()}
        for user, parts in told.items():
            for part in parts:
                held = profiles[part.user_id]
                gift = joining("demo", user, part, START_S + 9, START_S + 9)
                profiles[part.user_id] = learned(held, gift, first=held.position + 1)
        told = {user: new_parts(profile, before[user]) for user, profile in profiles.items()}
    assert rounds > 1
