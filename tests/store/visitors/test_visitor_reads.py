"""Visits: whoever goes by an id, with every event accepted before, whatever the stream has learned of it."""

from collections.abc import Sequence

import pytest

from models.catalog.assortment import Assortment
from models.events.events import Event, encode_event
from models.segments.membership import Member, Membership
from models.visitor.identity import MAX_IDENTITY_PARTS, Link, identified, linked
from models.visitor.profile import Profile, recent_items
from models.visitor.profile_batch import Change, learn, new_parts
from store import keys
from store.client import AsyncClient, Client
from store.clock import EventClock
from store.keys import Lifetimes
from store.log.log import partition_of
from store.version import NO_VERSION, Version
from store.visitors.pending import Accepted, keep_pending
from store.visitors.profiles import ProfileStore, ProfileUpdate, SavedEvents
from store.visitors.visitor_reads import (
    PROFILE_ONLY,
    ReadOptions,
    ResolvedVisitor,
    VisitorRead,
    VisitorReader,
    before_login,
    know,
)
from tests.models.makers import START_S, event
from tests.store.conftest import Place
from tests.store.visitors.makers import SameForAll, look, put_membership

PARTITIONS = 8


def visit(place: Place, site: str, visitor: str, options: ReadOptions = PROFILE_ONLY) -> VisitorRead:
    """Read whoever goes by an id."""

    async def read(client: AsyncClient) -> VisitorRead:
        return await VisitorReader(client, PARTITIONS).read(site, visitor, options)

    return place.ask(read)


def accept(client: Client, site: str, visitor: str, events: Sequence[tuple[int, Event]]) -> None:
    """Have events accepted at positions of the visitor's partition."""
    home = partition_of(site, visitor, PARTITIONS)
    keep_pending(
        client, [Accepted(site, home, visitor, position, encode_event(accepted)) for position, accepted in events]
    )


def test_a_visit_sees_every_accepted_event_once(client: Client, place: Place, site: str) -> None:
    def both(visitors: list[str], profiles: list[Profile]) -> list[ProfileUpdate]:
        learn(profiles, [Change(0, 1, look(1)), Change(0, 2, look(2))], Assortment().vector_of_item)
        return [ProfileUpdate(profiles[0], SavedEvents(2))]

    nobody = visit(place, site, "v")
    assert (nobody.visitor_id, nobody.kept["v"].pending, nobody.catalog_version) == ("v", [], NO_VERSION)
    ProfileStore(client, Lifetimes(profile_s=60.0)).update_profiles(
        site, partition_of(site, "v", PARTITIONS), ["v"], both
    )
    # Of these the stream has learned 2 meanwhile.
    accept(client, site, "v", [(2, look(2)), (3, look(3))])
    profile = know(visit(place, site, "v"), Assortment()).profile
    assert recent_items(profile) == ["p003", "p002", "p001"]
    assert (profile.position, profile.events_seen) == (3, 3)


def test_a_device_is_read_as_the_visitor_who_logged_in_on_it(client: Client, place: Place, site: str) -> None:
    link = Link(START_S + 5.0, "ann")
    accept(client, site, "phone", [(1, look(1)), (2, identified(site, "phone", link, START_S + 5.0))])
    accept(client, site, "ann", [(1, linked(site, "phone", link, START_S + 5.0))])
    by_device, by_user = visit(place, site, "phone"), visit(place, site, "ann")
    assert (by_device.asked, by_device.visitor_id) == ("phone", "ann")
    on_device, as_user = know(by_device, Assortment()), know(by_user, Assortment())
    for known in (on_device, as_user):
        assert (known.visitor_id, recent_items(known.profile)) == ("ann", ["p001"])
    before = before_login(on_device)
    assert before is not None
    assert recent_items(before) == ["p001"], "as the device was before it was known whose it is"
    assert before_login(as_user) is None


def test_a_device_that_was_handed_back_is_itself_again(client: Client, place: Place, site: str) -> None:
    """One reader remembers whose the device was, and must not go by it any more."""
    link, logout = Link(START_S + 5.0, "ann"), Link(START_S + 9.0, "")

    async def read_twice(asking: AsyncClient) -> list[str]:
        reader = VisitorReader(asking, PARTITIONS)
        accept(client, site, "phone", [(1, identified(site, "phone", link, link.at_s))])
        first = await reader.read(site, "phone")
        known = await reader.read(site, "phone")
        accept(client, site, "phone", [(2, identified(site, "phone", logout, logout.at_s))])
        return [first.visitor_id, known.visitor_id, (await reader.read(site, "phone")).visitor_id]

    assert place.ask(read_twice) == ["ann", "ann", "phone"]


def test_what_a_device_was_before_a_login_is_not_known_once_it_changed_hands_too_often() -> None:
    told = [event("view_item", "x", visitor="d", at_s=1), identified("demo", "d", Link(START_S + 5, "ann"), START_S)]
    for number in range(1, MAX_IDENTITY_PARTS):
        login = identified("demo", "d", Link(START_S + 10 * number, f"u{number}"), START_S)
        told += [login, event("view_item", "x", visitor="d", at_s=10 * number + 5)]
    told.append(identified("demo", "d", Link(START_S + 80, "eve"), START_S))
    told += [event("view_item", "late", visitor="d", at_s=2), event("view_item", "x", visitor="d", at_s=90)]
    devices = [Profile()]
    changes = [Change(0, position, told_event) for position, told_event in enumerate(told, start=1)]
    learn(devices, changes, Assortment().vector_of_item)
    new_parts(devices[0], 0)
    devices[0].links.append(Link(START_S + 95, "ann"))
    assert before_login(ResolvedVisitor("ann", Profile(), devices[0])) == Profile()


def test_segments_and_clock_are_read_where_they_are_asked_for(client: Client, place: Place, site: str) -> None:
    judge = SameForAll(Membership(moves=1, stage="active", members=[Member("buyers", START_S)]))
    put_membership(client, site, partition_of(site, "v", PARTITIONS), ["v"], judge)
    EventClock(client).saw(site, START_S + 1.5)
    client.set(keys.catalog_version(site), 4)
    asked = visit(place, site, "v", ReadOptions(segments=True, clock=True))
    assert (asked.segments, asked.clock_s, asked.catalog_version) == (frozenset({"buyers"}), START_S + 1.5, Version(4))
    assert visit(place, site, "w", ReadOptions(segments=True)).segments == frozenset()
    plain = visit(place, site, "v")
    assert (plain.segments, plain.clock_s, plain.catalog_version) == (frozenset(), 0.0, Version(4))


def test_the_timeline_has_what_is_not_learned_yet_and_a_clients_retry_once(
    client: Client, place: Place, site: str
) -> None:
    again = event("view_item", "p9", at_s=2.0, event_id="same")
    accept(client, site, "v", [(1, look(1)), (2, again), (3, again)])

    async def read(asking: AsyncClient) -> tuple[str, list[int]]:
        visitor_id, entries = await VisitorReader(asking, PARTITIONS).read_timeline(site, "v")
        return visitor_id, [entry.position for entry in entries]

    assert place.ask(read) == ("v", [1, 2])


def test_a_read_that_takes_too_long_is_given_up(place: Place, site: str) -> None:
    async def read(asking: AsyncClient) -> VisitorRead:
        return await VisitorReader(asking, PARTITIONS).read(site, "v", within_s=0.0)

    with pytest.raises(TimeoutError):
        place.ask(read)
