"""Profile stretches: what was done on both sides of a change of hands is told apart once it is known whose it is."""

import itertools
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from models.events.events import Event
from models.visitor.identity import MAX_CUTS, owner_at
from models.visitor.profile import Profile, decode_profile, encode_profile
from models.visitor.profile_batch import new_parts, with_part
from tests.models.makers import event
from tests.models.visitor.devices import learned, login, vectors

X = event("add_to_cart", "x", at_s=100)
LOGOUT = event("logout", at_s=200)
OUT = login("v1", "", 200)
Y = event("add_to_cart", "y", at_s=300)
BOB = login("v1", "bob", 400)
LATE_ANN = login("v1", "ann", 50)


def played(*batches: Sequence[Event]) -> tuple[Profile, dict[str, Profile]]:
    """What the device's profile is after batches, and those of the visitors it gave something to."""
    device, visitors, position = Profile(), dict[str, Profile](), 0
    for batch in batches:
        device = learned(device, *batch, first=position + 1)
        for part in new_parts(device, position):
            visitors[part.user_id] = with_part(visitors.get(part.user_id, Profile()), "v1", part)
        position += len(batch)
        device = decode_profile(encode_profile(device))
    return device, visitors


def carts(visitors: dict[str, Profile]) -> dict[str, list[str]]:
    return {user_id: sorted(line.item_id for line in visitor.cart) for user_id, visitor in visitors.items()}


def ways(*events: Event) -> list[list[list[Event]]]:
    """At once, each alone, and in two batches cut anywhere."""
    halves = [[list(events[:place]), list(events[place:])] for place in range(1, len(events))]
    return [[list(events)], [[told] for told in events], *halves]


@pytest.mark.parametrize("batches", ways(X, LOGOUT, OUT, Y, BOB, LATE_ANN))
def test_what_was_before_the_logout_goes_to_the_late_login_and_what_was_since_stays(batches: list[list[Event]]) -> None:
    _, visitors = played(*batches)
    assert carts({"ann": visitors["ann"], "bob": visitors["bob"]}) == {"ann": ["x"], "bob": ["y"]}
    assert [seen.item_id for seen in visitors["bob"].recent] == ["y"]
    assert visitors["bob"].joined[-1].covers(4, Y.at_s)
    assert not visitors["bob"].joined[-1].covers(1, X.at_s)
    assert visitors["ann"].joined[-1].covers(1, X.at_s)
    assert not visitors["ann"].joined[-1].covers(4, Y.at_s)
    assert (visitors["ann"].events_seen, visitors["bob"].events_seen) == (2, 1)
    assert decode_profile(encode_profile(visitors["bob"])) == visitors["bob"]


@pytest.mark.parametrize("batches", ways(X, LOGOUT, OUT, Y, LATE_ANN, BOB))
def test_a_login_before_the_logout_gets_nothing_of_what_came_after_it(batches: list[list[Event]]) -> None:
    device, visitors = played(*batches)
    assert carts(visitors) == {"ann": ["x"], "bob": ["y"]}
    assert device.cart == []


@pytest.mark.parametrize("at_once", [False, True])
def test_an_event_told_after_a_logout_goes_by_its_own_time(at_once: bool) -> None:
    told = [LOGOUT, Y, X, OUT, BOB, LATE_ANN]
    _, visitors = played(told) if at_once else played(*([event] for event in told))
    assert carts(visitors) == {"ann": ["x"], "bob": ["y"]}


@pytest.mark.parametrize("at_once", [False, True])
def test_what_was_mixed_before_the_logout_was_told_stays_together(at_once: bool) -> None:
    told = [X, Y, LOGOUT, OUT, BOB, LATE_ANN]
    _, visitors = played(told) if at_once else played(*([event] for event in told))
    assert carts(visitors)["bob"] == ["x", "y"]


def test_what_is_told_late_of_before_the_logout_belongs_to_before_it() -> None:
    late = event("add_to_cart", "late", at_s=150)
    _, visitors = played([X, LOGOUT, OUT], [Y], [late], [BOB], [LATE_ANN])
    assert carts(visitors) == {"ann": ["late", "x"], "bob": ["y"]}
    of_ann, of_bob = visitors["ann"].joined[-1], visitors["bob"].joined[-1]
    assert of_ann.covers(5, late.at_s)
    assert not of_bob.covers(5, late.at_s)


def test_without_any_login_a_logout_costs_a_device_nothing() -> None:
    device, visitors = played([X, LOGOUT, OUT, Y], [event("view_item", "z", at_s=500)])
    assert visitors == {}
    assert (device.events_seen, sorted(line.item_id for line in device.cart)) == (4, ["x", "y"])
    for number in range(20):
        device = learned(
            device,
            event("view_item", f"i{number}", at_s=600 + number),
            event("logout", at_s=600.5 + number),
            first=device.position + 1,
        )
    assert len(device.parts) == MAX_CUTS + 1
    assert all(decode_profile(part.state).event_ids == b"" for part in device.parts if part.state)


def test_an_order_of_before_the_logout_knows_what_became_of_it_since() -> None:
    params: dict[str, Any] = {"order_id": "o", "value": 50}
    bought = event("purchase", "x", at_s=100, params=params)
    refund = event("refund", "x", at_s=300, params={"order_id": "o", "value": 20})
    other = event("purchase", "y", at_s=310, params={"order_id": "p", "value": 7})
    _, visitors = played([bought, LOGOUT, OUT], [refund, other], [BOB], [LATE_ANN])
    assert visitors["ann"].order_value.revenue == 30
    assert visitors["bob"].order_value.revenue == 7


def test_interests_are_told_apart_too() -> None:
    _, visitors = played([X, LOGOUT, OUT, Y], [BOB], [LATE_ANN])
    alone = learned(Profile(), Y)
    assert vectors(visitors["bob"], 600) == pytest.approx(vectors(alone, 600), rel=0.05, abs=0.05)
    alone = learned(Profile(), X)
    assert vectors(visitors["ann"], 600) == pytest.approx(vectors(alone, 600), rel=0.05, abs=0.05)


def test_three_who_use_a_device_one_after_the_other_are_told_apart_by_two_logouts() -> None:
    again, out = event("logout", at_s=350), login("v1", "", 350)
    third, last = event("add_to_cart", "z", at_s=360), login("v1", "eve", 500)
    late = [LATE_ANN, login("v1", "bob", 250)]
    for logins in itertools.permutations([last, *late]):
        device, visitors = played([X, LOGOUT, OUT], [Y, again, out], [third], *([told] for told in logins))
        owned = carts(visitors)
        assert (owned["ann"], owned["bob"], owned["eve"]) == (["x"], ["y"], ["z"]), [told.user_id for told in logins]
        assert {owner_at(device.links, told.at_s) for told in (X, Y, third)} == {"ann", "bob", "eve"}


def test_an_old_profile_is_read_and_a_replay_changes_nothing() -> None:
    device = learned(Profile(), X, LOGOUT, OUT, Y)
    before = encode_profile(device)
    assert encode_profile(learned(device, X, LOGOUT, OUT, Y)) == before
    assert msgspec.msgpack.decode(before[8:]) is not None
