"""Stages and segments under kills, pauses and replays: what is counted and told is as if nothing had happened."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from models.base.durations import DAY_S
from models.catalog.assortment import Assortment
from models.events.events import Event, decode_event
from models.events.names import NOTICES, SEGMENT_ENTERED, SEGMENT_LEFT, STAGE_CHANGED
from models.segments.conditions import Facts
from models.segments.lifecycle import STAGES, Thresholds, stage_of
from models.segments.membership import SegmentConfig
from models.segments.segments import MAX_SEGMENTS, parse_segment
from shopwindow.embedded import EmbeddedRedis
from shopwindow.settings import write_settings
from store import keys
from store.clock import EventClock
from store.keys import Lifetimes
from store.log.groups import PROFILE_GROUP
from store.log.log import partition_of
from store.site.catalog import CatalogStore
from store.site.segments import SegmentStore
from store.visitors.memberships import MembershipStore
from store.visitors.profiles import ProfileStore
from stream.assortments import Assortments
from stream.decode import Decoder
from stream.profile_flow import ProfileWorker
from stream.segment_worker import SegmentWorker
from tests.servers import Broker
from tests.stream.workers import (
    PARTITIONS,
    SESSION_TIMEOUT_S,
    START_S,
    World,
    assert_equal_profiles,
    make_events,
    undisturbed,
    world,
)

RULES = {
    "buyers": {"orders": {"min": 1}},
    "carts": {"all": [{"stage": "effective"}, {"orders": {"pattern": "none"}}]},
    "hour": {"activity": {"seen_within_days": 1 / 24}},
    "quiet": {"activity": {"silent_days": 2}},
    "taste": {"interest": {"category": "c1", "within_days": 1}},
}
SEGMENTS = [parse_segment({"segment_id": name, "rule": rule}) for name, rule in RULES.items()]
SEGMENT_CONFIG = SegmentConfig(Thresholds(), tuple(SEGMENTS))


@pytest.fixture(params=["redis", pytest.param("kafka", marks=pytest.mark.kafka)])
def place(request: pytest.FixtureRequest, redis_server: EmbeddedRedis, tmp_path: Path) -> Iterator[World]:
    """A site on each kind of log, whose clock its events move."""
    broker: Broker | None = request.getfixturevalue("kafka_broker") if request.param == "kafka" else None
    with world(request.param, redis_server.url, broker, tmp_path) as made:
        made.settings = replace(made.settings, clock="event")
        write_settings(made.settings, made.config)
        yield made


def quiet_event(site: str, visitor: str, at_s: float) -> Event:
    """A page view."""
    return Event(site=site, event="page_view", visitor_id=visitor, at_s=at_s, accepted_at_s=at_s)


def segmenting(place: World) -> SegmentWorker:
    """A worker's, in this process."""
    client = place.client
    return SegmentWorker(
        place.context(),
        SegmentStore(client, Thresholds()),
        MembershipStore(client),
        ProfileStore(client, Lifetimes(profile_s=3600.0)),
        Assortments(CatalogStore(client)),
        EventClock(client),
    )


def expected_counts(place: World, events: list[Event], positions: list[int]) -> dict[str, int]:
    """Members by stage and segment, worked out from the events alone."""
    now_s = max(event.at_s for event in events)
    counts: dict[str, int] = {}
    for profile in undisturbed(events, positions).values():
        facts = Facts(profile, Assortment(), Thresholds(), now_s)
        fields = [f"stage:{stage_of(profile, Thresholds(), now_s)[0]}"]
        fields += [f"segment:{segment.segment_id}" for segment in SEGMENTS if segment.rule.holds(facts)]
        for field in fields:
            counts[field] = counts.get(field, 0) + 1
    return counts


def counted(place: World) -> dict[str, int]:
    """Members by stage and segment, as counted."""
    tallies = SegmentStore(place.client, Thresholds()).tallies(place.site, PARTITIONS)
    return {field: tally.visitors for field, tally in tallies.items() if tally.visitors}


def notices(place: World) -> list[Event]:
    """What was told, in log order of each partition; a notice told twice stands once."""
    reader = place.log.reader(dict.fromkeys(range(PARTITIONS), 0))
    reached = [0] * PARTITIONS
    found: dict[str, Event] = {}
    while reached != place.log.ends():
        for batch in reader.poll(1_000, 1.0):
            reached[batch.partition] = batch.last_position
            for record in batch.records:
                event = decode_event(record.value)
                if event.event in NOTICES:
                    assert found.setdefault(event.event_id, event) == event
    reader.close()
    return list(found.values())


def assert_told(place: World, counts: dict[str, int]) -> None:
    """Each visitor enters and leaves in turn, each stage begins where the last ended, and the sums are the counts."""
    inside: set[tuple[str, str]] = set()
    stages: dict[str, str] = {}
    for notice in notices(place):
        if notice.event == STAGE_CHANGED:
            assert stages.get(notice.visitor_id, "potential") == notice.params["from"]
            stages[notice.visitor_id] = notice.params["to"]
            continue
        member = (notice.visitor_id, notice.params["segment_id"])
        assert (member in inside) == (notice.event == SEGMENT_LEFT), notice
        inside ^= {member}
    for segment in SEGMENTS:
        told = sum(segment_id == segment.segment_id for _, segment_id in inside)
        assert told == counts.get(f"segment:{segment.segment_id}", 0)
    for stage in STAGES[1:]:
        assert sum(told == stage for told in stages.values()) == counts.get(f"stage:{stage}", 0)


def wait_until_counted(place: World, counts: dict[str, int]) -> None:
    """Wait until counts are as they should be, and all is told."""
    deadline_s = time.monotonic() + 30
    while counted(place) != counts or any(
        place.client.llen(keys.notices(place.site, partition)) for partition in range(PARTITIONS)
    ):
        assert time.monotonic() < deadline_s, (counted(place), counts)
        time.sleep(0.05)


@pytest.mark.slow
def test_killed_and_paused_workers_count_and_tell_as_if_nothing_had_happened(place: World) -> None:
    """SIGKILL between two batches, SIGSTOP while another takes over; then silence makes everybody move."""
    SegmentStore(place.client, Thresholds()).put_within(place.site, SEGMENTS, MAX_SEGMENTS)
    events = make_events(place.site, 1_500, visitors=60, seed=21)
    positions: list[int] = []
    with ExitStack() as workers:
        first = workers.enter_context(place.worker("profile"))
        second = workers.enter_context(place.worker("profile"))
        for chunk in range(15):
            positions += place.append(events[chunk * 100 : (chunk + 1) * 100])
            time.sleep(0.1)
            if chunk == 5:
                first.send_signal(signal.SIGKILL)
                first.wait()
                workers.enter_context(place.worker("profile"))
            if chunk == 9:
                second.send_signal(signal.SIGSTOP)
        time.sleep(SESSION_TIMEOUT_S * 2)
        place.wait_until_committed(PROFILE_GROUP, within_s=60)
        second.send_signal(signal.SIGCONT)
        counts = expected_counts(place, events, positions)
        wait_until_counted(place, counts)
        assert_told(place, counts)
        # The clock is moved by one visitor; all others go silent, one worker dying in the middle of it.
        for days in (1.0, 3.0, 31.0, 95.0):
            later = quiet_event(place.site, "clock", START_S + days * DAY_S)
            events.append(later)
            positions += place.append([later])
            if days == 3.0:
                second.send_signal(signal.SIGKILL)
                second.wait()
        counts = expected_counts(place, events, positions)
        assert counts["stage:lost"] == len({event.visitor_id for event in events}) - 1
        wait_until_counted(place, counts)
    assert_told(place, counts)
    expected = undisturbed(events, positions)
    assert_equal_profiles(place.profiles(list(expected)), expected)


def test_two_workers_that_look_at_the_same_moment_move_a_visitor_once(place: World) -> None:
    """The fence of the timer: both have loaded the visitor before either saves."""
    store = SegmentStore(place.client, Thresholds())
    store.put_within(place.site, SEGMENTS, MAX_SEGMENTS)
    one, other = segmenting(place), segmenting(place)
    partition = partition_of(place.site, "v", PARTITIONS)
    profiles = ProfileStore(place.client, Lifetimes(profile_s=3600.0))
    learning = ProfileWorker(profiles, Assortments(CatalogStore(place.client)), place.context(), one)
    decoder = Decoder(PROFILE_GROUP, frozenset({place.site}), PARTITIONS)
    place.append([quiet_event(place.site, "v", START_S)])
    (batch,) = place.log.reader({partition: 0}).poll(10, 2.0)
    learning(decoder(batch))
    assert counted(place) == {"stage:potential": 1, "segment:hour": 1}
    EventClock(place.client).saw(place.site, START_S + 40 * DAY_S)
    load = ProfileStore.load

    def load_then_be_overtaken(self: ProfileStore, *arguments: object) -> object:
        """Load, and before the save comes, let another worker judge."""
        found = load(self, *arguments)  # type: ignore[arg-type]
        ProfileStore.load = load  # type: ignore[method-assign]
        other.tick([partition])
        return found

    ProfileStore.load = load_then_be_overtaken  # type: ignore[method-assign,assignment]
    try:
        one.tick([partition])
    finally:
        ProfileStore.load = load  # type: ignore[method-assign]
    assert counted(place) == {"stage:dormant": 1, "segment:quiet": 1}
    told = [(notice.event, notice.at_s - START_S, notice.params.get("segment_id", "")) for notice in notices(place)]
    assert told == [
        (SEGMENT_ENTERED, 0.0, "hour"),
        (SEGMENT_LEFT, DAY_S / 24, "hour"),
        (SEGMENT_ENTERED, 2 * DAY_S, "quiet"),
        (STAGE_CHANGED, 30 * DAY_S, ""),
    ]


def test_what_was_not_told_before_a_crash_is_told_after_it(place: World) -> None:
    """Killed between the save and the append, and between the append and the note that it was made."""
    store = SegmentStore(place.client, Thresholds())
    store.put_within(place.site, SEGMENTS, MAX_SEGMENTS)
    worker = segmenting(place)
    partition = partition_of(place.site, "v", PARTITIONS)
    learning = ProfileWorker(
        ProfileStore(place.client, Lifetimes(profile_s=3600.0)),
        Assortments(CatalogStore(place.client)),
        place.context(),
        worker,
    )
    worker.relay_notices = lambda site, partition: None  # type: ignore[method-assign]
    place.append([quiet_event(place.site, "v", START_S)])
    (batch,) = place.log.reader({partition: 0}).poll(10, 2.0)
    learning(Decoder(PROFILE_GROUP, frozenset({place.site}), PARTITIONS)(batch))
    assert notices(place) == []
    waiting = MembershipStore(place.client).notices(place.site, partition)
    assert len(waiting) == 1
    place.log.append([(partition, waiting[0])])  # and then it dies
    segmenting(place).tick([partition])
    assert [notice.event for notice in notices(place)] == [SEGMENT_ENTERED]
    assert place.log.ends()[partition] == 3  # told twice, with one id
    segmenting(place).tick([partition])
    assert place.log.ends()[partition] == 3


def test_whose_profile_has_ended_is_counted_no_more(place: World) -> None:
    """The key's lifetime took the profile; the membership, counts and due time follow, and every key has an end."""
    SegmentStore(place.client, Thresholds()).put_within(place.site, SEGMENTS, MAX_SEGMENTS)
    worker = segmenting(place)
    partition = partition_of(place.site, "v", PARTITIONS)
    learning = ProfileWorker(
        ProfileStore(place.client, Lifetimes(profile_s=3600.0)),
        Assortments(CatalogStore(place.client)),
        place.context(),
        worker,
    )
    place.append([quiet_event(place.site, "v", START_S)])
    (batch,) = place.log.reader({partition: 0}).poll(10, 2.0)
    learning(Decoder(PROFILE_GROUP, frozenset({place.site}), PARTITIONS)(batch))
    worker.tick([partition])
    for key in place.client.scan_iter(match=f"{place.site}:*"):
        assert place.client.ttl(key) > 0, key
    place.client.delete(keys.profile(place.site, partition, "v"))
    EventClock(place.client).saw(place.site, START_S + 3_700.0)  # the lifetime, and a minute
    worker.tick([partition])
    assert counted(place) == {}
    assert MembershipStore(place.client).get(place.site, partition, "v") is None
    assert place.client.zcard(keys.due(place.site, partition)) == 0
