"""Identity: whose a device is, and how what it learned joins the visitor it belongs to."""

import itertools

import pytest

from models.events.events import Event
from models.events.names import VISITOR_DELETED
from models.visitor.identity import Link, add_link, belonging, link_of, owner_at
from models.visitor.profile import Profile, decode_profile
from tests.models.makers import event
from tests.models.visitor.devices import learned, login


def test_a_user_id_links_the_device_and_a_logout_ends_it() -> None:
    anonymous = Event(site="demo", event="view_item", visitor_id="d1", at_s=5.0, accepted_at_s=5.0)
    known = Event(site="demo", event="login", visitor_id="d1", user_id="ann", at_s=10.0, accepted_at_s=10.0)
    logout = Event(site="demo", event="logout", visitor_id="d1", at_s=20.0, accepted_at_s=20.0)
    assert link_of(anonymous, []) is None
    links = add_link([], link_of(known, []) or Link(0, ""))
    assert links == [Link(10.0, "ann")]
    assert link_of(known, links) is None
    ended = link_of(logout, links)
    assert ended == Link(20.0, "")
    assert link_of(logout, add_link(links, ended)) is None or owner_at(add_link(links, ended), 20.0) == ""
    assert belonging(anonymous, links) is anonymous
    later = Event(site="demo", event="view_item", visitor_id="d1", at_s=15.0, accepted_at_s=15.0)
    theirs = belonging(later, links)
    assert (theirs.visitor_id, theirs.user_id, theirs.device_id, theirs.sender_id) == ("ann", "ann", "d1", "d1")
    assert belonging(anonymous, []) is anonymous


def test_a_logout_of_nobody_known_and_a_login_before_the_next_of_the_same_are_links_too() -> None:
    logout = Event(site="demo", event="logout", visitor_id="d1", at_s=20.0, accepted_at_s=20.0)
    earlier = Event(site="demo", event="login", visitor_id="d1", user_id="ann", at_s=10.0, accepted_at_s=90.0)
    assert link_of(logout, []) == Link(20.0, "")
    assert link_of(logout, [Link(20.0, "")]) is None, "told again"
    assert link_of(earlier, [Link(30.0, "ann")]) == Link(10.0, "ann"), "another may have come between"
    links = [Link(20.0, ""), Link(30.0, "bob")]
    assert owner_at(links, 15.0) == "bob"
    assert owner_at(add_link(links, link_of(earlier, links) or Link(0, "")), 15.0) == "ann"


def test_of_changes_at_the_same_time_the_later_told_is_the_later() -> None:
    first = Event(site="demo", event="login", visitor_id="d1", user_id="bob", at_s=10.0, accepted_at_s=10.0)
    second = Event(site="demo", event="login", visitor_id="d1", user_id="ann", at_s=10.0, accepted_at_s=10.0)
    links = add_link([], link_of(first, []) or Link(0, ""))
    links = add_link(links, link_of(second, links) or Link(0, ""))
    assert [link.user_id for link in links] == ["bob", "ann"]


def test_a_visitor_who_goes_by_the_known_id_is_no_device() -> None:
    own = Event(site="demo", event="login", visitor_id="ann", user_id="ann", at_s=10.0, accepted_at_s=10.0)
    assert link_of(own, []) is None
    assert belonging(own, []) is own


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_links_told_in_any_order_name_the_same_owners(order: tuple[int, ...]) -> None:
    known = [Link(10.0, "ann"), Link(20.0, ""), Link(30.0, "bob")]
    links: list[Link] = []
    for place in order:
        links = add_link(links, known[place])
    assert [owner_at(links, at_s) for at_s in (0.0, 10.0, 20.0, 29.0, 30.0)] == ["ann", "ann", "bob", "bob", "bob"]


def test_a_login_gives_away_what_was_learned_and_the_device_begins_anew() -> None:
    device = learned(
        Profile(),
        event("view_item", "a"),
        event("add_to_cart", "b"),
        login("v", "ann", 5),
        event("view_item", "c", at_s=9),
    )
    # What is learned after the login goes after it: the device is ann's.
    assert [(part.user_id, part.after, part.until) for part in device.parts] == [("ann", 0, 3), ("ann", 3, 4)]
    assert (device.events_seen, device.recent, device.cart, device.sketch) == (0, [], [], b"")
    first = decode_profile(device.parts[0].state)
    assert (first.events_seen, [line.item_id for line in first.cart]) == (2, ["b"])
    assert first.sketch


def test_a_second_login_on_the_device_gets_only_what_was_done_since_the_first() -> None:
    device = learned(
        Profile(),
        event("view_item", "a"),
        login("v", "ann", 5),
        login("v", "", 10),
        event("view_item", "b", at_s=12),
        login("v", "bob", 20),
    )
    gave = {part.user_id: [seen.item_id for seen in decode_profile(part.state).recent] for part in device.parts}
    assert gave == {"ann": ["a"], "bob": ["b"]}
    assert device.user_id == "bob"


def test_an_erased_device_gives_nothing_away() -> None:
    device = learned(Profile(), event("view_item", "a"), login("v", "ann", 5), event(VISITOR_DELETED))
    assert (device.parts, device.links) == ([], [])
