"""Unreadable: what is stored and cannot be read is told of once, and what is needed of it is there anew."""

import pytest

from models.segments.lifecycle import Thresholds
from models.segments.segments import parse_segment
from models.triggers.trigger import parse_trigger
from models.visitor.contact_policy import parse_policy
from models.visitor.profile import encode_profile
from store import keys
from store.client import Client
from store.keys import Lifetimes
from store.messages.trigger_states import TriggerStore
from store.site.catalog import CatalogStore
from store.site.models import ModelStore
from store.site.segments import SegmentStore
from store.site.snapshots import SnapshotFollower
from store.site.trigger_config import TriggerConfigStore
from store.unreadable import HEALED_BY, Unreadable, letter_of
from store.version import NO_VERSION
from store.visitors.memberships import MembershipStore
from store.visitors.profiles import ProfileStore, ProfileUpdate, SavedEvents
from tests.models.makers import item

BROKEN = (b"", b"\x00", b"not what it was", b"\xff" * 200)


@pytest.mark.parametrize("blob", BROKEN)
def test_in_the_place_of_a_profile_stands_a_new_one_to_whom_nothing_is_promoted(
    client: Client, site: str, blob: bytes
) -> None:
    told: list[Unreadable] = []
    profiles = ProfileStore(client, Lifetimes(profile_s=3_600.0), told.append)
    client.set(keys.profile(site, 0, "v"), blob)
    profile, other = profiles.load(site, 0, ["v", "w"])
    assert (profile.events_seen, profile.position) == (0, 0)
    assert profile.contact_history is not None
    assert profile.contact_history.opted_out
    assert other.contact_history is None
    assert [(found.kind, found.site, found.name, found.value) for found in told] == [("profile", site, "v", blob)]
    assert profiles.load(site, 0, ["v"]) == [profile]
    assert len(told) == 1, "told of once: another one is stored now"
    assert client.ttl(keys.profile(site, 0, "v")) > 399 * 86_400

    def seen(_: list[str], loaded: list[object]) -> list[ProfileUpdate]:
        return [ProfileUpdate(profile, SavedEvents(applied=1))]

    profile.position, profile.events_seen = 7, 1
    assert profiles.update_profiles(site, 0, ["v"], seen).applied == 1  # type: ignore[arg-type]
    assert profiles.load(site, 0, ["v"])[0].events_seen == 1


def test_another_process_that_was_first_is_not_written_over(client: Client, site: str) -> None:
    name = keys.profile(site, 0, "v")
    client.set(name, b"broken")
    healed = ProfileStore(client, Lifetimes(profile_s=3_600.0)).load(site, 0, ["v"])[0]
    healed.events_seen = 3

    def put_another(_: Unreadable) -> None:
        client.set(name, encode_profile(healed))

    client.set(name, b"broken")
    assert ProfileStore(client, Lifetimes(profile_s=3_600.0), put_another).load(site, 0, ["v"])[0].events_seen == 3


def test_in_the_place_of_a_trigger_state_stands_a_new_one(client: Client, site: str) -> None:
    told: list[Unreadable] = []
    store = TriggerStore(client, told.append)
    client.set(keys.trigger_state(site, 0, "v"), b"????????broken")
    ((revision, state),) = store.load(site, 0, ["v"])
    assert (revision, state.position) == (0, 0)
    assert [found.kind for found in told] == ["trigger_state"]
    assert store.load(site, 0, ["v"]) == [(0, state)]
    assert len(told) == 1


def test_a_membership_that_cannot_be_read_is_in_nothing_and_judged_anew(client: Client, site: str) -> None:
    told: list[Unreadable] = []
    store = MembershipStore(client, told.append)
    client.hset(keys.memberships(site, 0), "v", b"broken")
    assert store.get(site, 0, "v") is None
    cursor, found = store.scan(site, 0, 0, 10)
    assert (cursor, [(visitor_id, membership.members) for visitor_id, membership in found]) == (0, [("v", [])])
    assert {entry.kind for entry in told} == {"membership"}


def test_one_resource_that_cannot_be_read_costs_no_other(client: Client, site: str) -> None:
    told: list[Unreadable] = []
    catalogs = CatalogStore(client, on_unreadable=told.append)
    catalogs.put(site, "items", [item(1), item(2)], now_s=1.0)
    client.hset(keys.catalog(site, "items"), "p001", b"broken")
    assortment, _ = catalogs.refresh(site, catalogs.new_assortment(), NO_VERSION)
    assert sorted(assortment.items) == ["p002"]
    segments = SegmentStore(client, Thresholds(), told.append)
    segments.put_within(site, [parse_segment({"segment_id": "buyers", "rule": {"orders": {"min": 1}}})], 9)
    client.hset(keys.segments(site), "older", b'{"rule": "of another release"}')
    client.set(keys.thresholds(site), b"broken")
    config = segments.segment_config(site)
    assert ([segment.segment_id for segment in config.segments], config.thresholds) == (["buyers"], Thresholds())
    triggers = TriggerConfigStore(client, parse_policy({"attribution_days": 3}), told.append)
    triggers.put_within(site, [parse_trigger({"trigger_id": "x", "when": {"birthday": {}}})], 9)
    client.hset(keys.triggers(site), "y", b"{}")
    client.set(keys.contact_policy(site), b"[]")
    configured = triggers.read(site)
    assert (sorted(configured.own), configured.policy.attribution_days) == (["x"], 3)
    assert [(entry.kind, entry.name) for entry in told] == [
        ("resource", "items p001"),
        ("resource", "segment older"),
        ("resource", "thresholds"),
        ("resource", "trigger y"),
        ("resource", "contact policy"),
    ]


def test_models_that_cannot_be_read_leave_those_before_them(client: Client, site: str) -> None:
    told: list[Unreadable] = []
    models = ModelStore(client)
    followed = SnapshotFollower(models, site, told.append)
    models.lead(site)
    models.publish(site, b"checkpoint", 4, b"broken", b"broken")
    before = followed.snapshot
    assert not followed.look()
    assert not followed.look()
    assert followed.snapshot is before
    assert [(entry.kind, entry.value) for entry in told] == [("snapshot", b"broken")], "tried once"
    models.set_checkpoint_aside(site)
    assert models.checkpoint(site) is None
    assert client.get(keys.unreadable_checkpoint(site)) == b"checkpoint"
    assert 0 < client.ttl(keys.unreadable_checkpoint(site)) <= keys.UNREADABLE_LIFETIME_S


def test_what_is_told_names_it_why_and_what_mends_it() -> None:
    for kind, healed_by in HEALED_BY.items():
        letter = letter_of(Unreadable(kind, "shop", "v", b"x" * 600_000, KeyError("gone")), "profile", 5.0)
        assert letter.message == (
            f"{kind} 'v' of site 'shop' cannot be read and is set aside (KeyError: 'gone'); {healed_by}"
        )
        assert (letter.code, letter.name, len(letter.value)) == (f"{kind}_unreadable", "v", 500_000)
