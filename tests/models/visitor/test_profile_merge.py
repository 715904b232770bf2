"""Profile merge: a part joins once, in any order."""

import itertools

import msgspec
import pytest

from models.events.events import Event
from models.visitor.part_events import joining, takes_back
from models.visitor.profile import Profile, discrete_part, encode_profile
from models.visitor.profile_batch import new_parts, with_part
from tests.models.makers import START_S, event
from tests.models.visitor.devices import learned, login, shopping, vectors


def test_a_part_joins_once() -> None:
    device = learned(Profile(), event("view_item", "a"), event("add_to_cart", "b"), login("v", "ann", 5))
    (part,) = device.parts
    told = joining("demo", "v", part, START_S + 5, START_S + 5)
    known = learned(Profile(), told, told, event("view_item", "c", at_s=9), told)
    assert known.events_seen == 3
    assert {line.item_id: line.quantity for line in known.cart} == {"b": 1}
    before = encode_profile(known)
    assert encode_profile(with_part(known, "v", part)) == before


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


def test_what_went_to_a_later_login_is_taken_back_once_an_earlier_one_is_told() -> None:
    history = shopping(1, 0.0)
    device = learned(Profile(), *history, login("v", "bob", 500))
    (gift,) = device.parts
    late = login("v", "ann", 400)
    late = msgspec.structs.replace(late, accepted_at_s=late.at_s + 1_000)
    told = learned(device, late, first=device.position + 1)
    back, again = told.parts
    assert [(part.user_id, part.back) for part in told.parts] == [("bob", True), ("ann", False)]
    assert new_parts(told, told.position - 1) == [back, again]
    assert new_parts(told, told.position) == []
    given, taken, given_anew = (joining("demo", "v", part, START_S, START_S) for part in (gift, back, again))
    assert [takes_back(event) for event in (given, taken, given_anew)] == [False, True, False]
    assert len({given.event_id, taken.event_id, given_anew.event_id}) == 3

    own = shopping(4, 15.1)
    plain = learned(Profile(), *own)
    bob = learned(Profile(), given, *own, taken, taken)
    ann = learned(Profile(), given_anew, given_anew)
    for name in ("events_seen", "counts", "joined", "sessions"):
        assert discrete_part(bob)[name] == discrete_part(plain)[name], name
    assert {(seen.item_id, seen.at_s) for seen in bob.recent} <= {(seen.item_id, seen.at_s) for seen in plain.recent}
    assert {line.item_id: line.quantity for line in bob.cart} == {line.item_id: line.quantity for line in plain.cart}
    assert bob.order_value.orders == plain.order_value.orders
    assert vectors(bob, 600) == pytest.approx(vectors(plain, 600), rel=0.05, abs=0.05)
    alone = learned(Profile(), *history)
    assert (ann.events_seen, len(ann.recent), len(ann.cart)) == (alone.events_seen, len(alone.recent), len(alone.cart))


def test_what_was_never_joined_is_not_taken_out() -> None:
    device = learned(Profile(), event("view_item", "a"), login("v", "bob", 5))
    back = msgspec.structs.replace(device.parts[0], back=True)
    bob = learned(Profile(), event("view_item", "a"))
    before = encode_profile(bob)
    assert encode_profile(with_part(bob, "v", back)) == before
    device = learned(device, login("v", "ann", 9), first=3)
    assert [part.user_id for part in device.parts] == ["bob"], "a later login takes nothing back"
