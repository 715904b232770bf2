"""Identity: whose a device is, and how what it learned joins the visitor it belongs to."""

import itertools
from random import Random

import pytest

from models.catalog.feature_hashing import vector_of
from models.events.events import Event
from models.events.names import VISITOR_DELETED
from models.visitor.identity import Link, add_link, belonging, identified, link_of, owner_at
from models.visitor.interest_sketch import Sketches
from models.visitor.profile import Profile, decode_profile, discrete_part, encode_profile
from models.visitor.profile_batch import Change, learn
from models.visitor.profile_merge import join_part, joining
from tests.models.makers import START_S, event


def learned(profile: Profile, *events: Event, first: int = 1) -> Profile:
    """The profile after events at positions from `first` on."""
    profiles = [profile]
    changes = [Change(0, first + place, event) for place, event in enumerate(events)]
    learn(profiles, changes, lambda item: vector_of((f"brand:{item.item_id}",)))
    return profiles[0]


def login(device: str, user: str, at_s: float) -> Event:
    return identified("demo", device, Link(START_S + at_s, user), START_S + at_s)


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


def test_a_part_joins_once() -> None:
    device = learned(Profile(), event("view_item", "a"), event("add_to_cart", "b"), login("v", "ann", 5))
    (part,) = device.parts
    told = joining("demo", "v", part, START_S + 5, START_S + 5)
    known = learned(Profile(), told, told, event("view_item", "c", at_s=9), told)
    assert known.events_seen == 3
    assert {line.item_id: line.quantity for line in known.cart} == {"b": 1}
    before = encode_profile(known)
    join_part(known, "v", part)
    assert encode_profile(known) == before


def vectors(profile: Profile, at_s: float) -> list[float]:
    found: list[float] = Sketches([profile.sketch]).as_of(0, START_S + at_s).ravel().tolist()
    return found


def shopping(seed: int, start_s: float) -> list[Event]:
    """A visitor who looks around and fills a cart, each event with a time of its own."""
    random = Random(seed)
    names = ["view_item", "view_item", "add_to_cart", "page_view", "add_to_wishlist"]
    return [
        event(
            random.choice(names), f"item{random.randrange(8)}", at_s=start_s + 7 * number, event_id=f"{seed}-{number}"
        )
        for number in range(12)
    ]


def test_parts_of_several_devices_join_in_any_order_as_if_all_had_been_one() -> None:
    histories = {"d1": shopping(1, 0.0), "d2": shopping(2, 31.5), "d3": shopping(3, 63.2)}
    own = shopping(4, 15.1)
    tells = []
    for device, history in histories.items():
        gave = learned(Profile(), *history, login(device, "ann", 500))
        tells.append(joining("demo", device, gave.parts[0], START_S + 500, START_S + 500))
    one = learned(Profile(), *sorted([*own, *itertools.chain(*histories.values())], key=lambda each: each.at_s))
    whole = discrete_part(one)
    for order in itertools.permutations(tells):
        for place in range(4):
            mixed = [*order[:place], *own, *order[place:]]
            found = discrete_part(learned(Profile(), *mixed))
            for name in ("events_seen", "counts", "first_at_s", "last_at_s", "intent"):
                assert found[name] == whole[name], name
            assert sorted(found["recent"]) == sorted(whole["recent"])
            assert sorted(line[:2] for line in found["cart"]) == sorted(line[:2] for line in whole["cart"])
            assert vectors(learned(Profile(), *mixed), 600) == pytest.approx(vectors(one, 600), rel=0.02, abs=0.02)


def test_orders_of_before_and_after_sum_up_and_the_same_order_counts_once() -> None:
    def order(order_id: str, item: str, at_s: float) -> Event:
        return event("purchase", item, at_s=at_s, params={"transaction_id": order_id, "value": 10.0})

    device = learned(Profile(), order("o1", "a", 10), order("o2", "b", 20), login("v", "ann", 30))
    told = joining("demo", "v", device.parts[0], START_S + 30, START_S + 30)
    for events in (
        [told, order("o2", "b", 20), order("o3", "a", 40)],
        [order("o2", "b", 20), order("o3", "a", 40), told],
    ):
        known = learned(Profile(), *events)
        assert (known.order_value.orders, known.order_value.revenue) == (3, 30.0)
        assert {purchases.item_id: purchases.count for purchases in known.history.item_purchases} == {"a": 2, "b": 1}
        assert [line.order_id for line in known.bought] == ["o1", "o2", "o3"]


def test_what_was_ordered_or_removed_before_the_part_arrived_is_not_back_in_the_cart() -> None:
    device = learned(
        Profile(), event("add_to_cart", "a"), event("add_to_cart", "b"), event("add_to_cart", "c"), login("v", "ann", 5)
    )
    told = joining("demo", "v", device.parts[0], START_S + 5, START_S + 5)
    bought = event("purchase", "a", at_s=6, params={"transaction_id": "o1"})
    dropped = event("remove_from_cart", "b", at_s=7)
    for events in itertools.permutations([told, bought, dropped]):
        assert [line.item_id for line in learned(Profile(), *events).cart] == ["c"]


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
