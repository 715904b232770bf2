"""Segments of a site: rules and thresholds with a version, and how many visitors are where."""

import pytest

from models.segments.lifecycle import Thresholds
from models.segments.membership import Member, Membership
from models.segments.segments import parse_segment
from store.client import Client
from store.site.segments import MemberCount, SegmentStore
from store.version import NO_VERSION
from tests.store.visitors.makers import SameForAll, put_membership

GIVEN = Thresholds(dormant_after_days=10.0, lost_after_days=20.0)
BUYERS = parse_segment({"segment_id": "buyers", "name": "Buyers", "rule": {"orders": {"min": 1}}})
SILENT = parse_segment({"segment_id": "silent", "rule": {"activity": {"silent_days": 9}}})


@pytest.fixture
def store(client: Client) -> SegmentStore:
    """Where sites have the thresholds they are given."""
    return SegmentStore(client, GIVEN)


def test_segments_come_back_by_id_and_the_version_moves_with_every_change_alone(store: SegmentStore, site: str) -> None:
    assert (store.version(site), store.segment_config(site).segments) == (NO_VERSION, ())
    assert store.put_within(site, [SILENT, BUYERS], 2)
    assert store.put_within(site, [BUYERS], 2)
    assert store.put_within(site, [], 2)
    assert store.version(site).number == 1
    found = store.segment_config(site).segments
    assert [(segment.segment_id, segment.name) for segment in found] == [("buyers", "Buyers"), ("silent", "")]
    assert [segment.raw for segment in found] == [BUYERS.raw, SILENT.raw]
    other = parse_segment({"segment_id": "other", "rule": {"orders": {"min": 2}}})
    assert not store.put_within(site, [other], 2), "there would be three"
    assert store.delete(site, "silent")
    assert not store.delete(site, "silent")
    assert store.version(site).number == 2


def test_a_sites_own_thresholds_go_before_those_it_is_given(store: SegmentStore, site: str) -> None:
    assert store.segment_config(site).thresholds == GIVEN
    own = Thresholds(dormant_after_days=3.0, lost_after_days=5.0)
    store.put_thresholds(site, own)
    assert store.segment_config(site).thresholds == own
    assert store.version(site).number == 1


def test_all_is_settled_once_every_partition_was_judged_by_the_present_version(store: SegmentStore, site: str) -> None:
    assert store.settled(site, 2)
    store.put_within(site, [BUYERS], 9)
    store.set_judged(site, 0, store.version(site))
    assert not store.settled(site, 2)
    store.set_judged(site, 1, store.version(site))
    assert store.settled(site, 2)
    store.put_within(site, [SILENT], 9)
    assert not store.settled(site, 2)


def test_members_are_summed_over_partitions_and_the_latest_change_counts(
    store: SegmentStore, client: Client, site: str
) -> None:
    for partition, visitors, at_s in ((0, ["a", "b"], 30.0), (1, ["c"], 20.0)):
        membership = Membership(moves=1, stage="effective", at_s=at_s, due_s=99.0, members=[Member("buyers", at_s)])
        put_membership(client, site, partition, visitors, SameForAll(membership))
    assert store.segment_tally(site, 2, "buyers").visitors == 3
    assert store.segment_tally(site, 1, "buyers").visitors == 2
    assert store.segment_tally(site, 2, "nobody") == MemberCount(0, 0.0)
    stages = store.stage_tallies(site, 2)
    assert stages["effective"].visitors == 3
    assert stages["lost"] == MemberCount(0, 0.0)


def test_all_are_judged_again_by_what_has_changed_elsewhere(store: SegmentStore, site: str) -> None:
    version = store.version(site)
    store.judge_anew(site)
    assert store.version(site).number == version.number + 1
    assert not store.settled(site, 1)
