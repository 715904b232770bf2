"""Whatever happens to workers, profiles come out as if nothing had: shown with real processes, on both logs."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest

from models.catalog.assortment import Assortment
from models.catalog.resources import CatalogItem
from models.events.dead_letter import DeadLetter
from models.events.events import Event, EventItem, encode_event
from models.visitor.profile import Profile, encode_profile
from shopwindow.embedded import EmbeddedRedis
from store import keys
from store.dead_letters import NOBODY, DeadLetterStore
from store.keys import Lifetimes
from store.log.groups import PROFILE_GROUP
from store.log.log import partition_of
from store.site.catalog import CatalogStore
from store.visitors.profiles import ProfileStore
from stream import profile_flow
from stream.assortments import Assortments
from stream.decode import Decoder, VisitorEvents
from stream.profile_flow import ProfileWorker
from tests.servers import Broker
from tests.stream.workers import (
    PARTITIONS,
    SESSION_TIMEOUT_S,
    World,
    assert_equal_profiles,
    make_events,
    undisturbed,
    world,
)

EVENTS = 3_000
CHUNKS = 30


@pytest.fixture(params=["redis", pytest.param("kafka", marks=pytest.mark.kafka)])
def place(request: pytest.FixtureRequest, redis_server: EmbeddedRedis, tmp_path: Path) -> Iterator[World]:
    """A site on each kind of log."""
    broker: Broker | None = request.getfixturevalue("kafka_broker") if request.param == "kafka" else None
    with world(request.param, redis_server.url, broker, tmp_path) as made:
        yield made


@pytest.mark.slow
def test_killed_and_paused_workers_leave_the_profiles_of_an_undisturbed_run(place: World) -> None:
    """SIGKILL in the middle, SIGSTOP while another takes over, SIGCONT: nothing lost, nothing twice."""
    events = make_events(place.site, EVENTS, visitors=60, seed=7)
    size = EVENTS // CHUNKS
    positions: list[int] = []
    with ExitStack() as workers:
        first = workers.enter_context(place.worker("profile"))
        second = workers.enter_context(place.worker("profile"))
        for chunk in range(CHUNKS):
            positions += place.append(events[chunk * size : (chunk + 1) * size])
            time.sleep(0.1)
            if chunk == 12:
                first.send_signal(signal.SIGKILL)
                first.wait()
                workers.enter_context(place.worker("profile"))
            if chunk == 18:
                second.send_signal(signal.SIGSTOP)
        time.sleep(SESSION_TIMEOUT_S * 2)  # the paused worker's partitions have moved, and are being read
        place.wait_until_committed(PROFILE_GROUP, within_s=60)
        second.send_signal(signal.SIGCONT)  # it wakes up with a micro-batch half done
        more = make_events(place.site, 200, visitors=60, seed=8)
        more_positions = place.append(more)
        place.wait_until_committed(PROFILE_GROUP, within_s=60)
    expected = undisturbed([*events, *more], [*positions, *more_positions])
    assert_equal_profiles(place.profiles(list(expected)), expected)
    counts = ProfileStore(place.client, Lifetimes(profile_s=3600.0)).counts(place.site, PARTITIONS)
    assert sum(len(entries) for entries in _timelines(place, list(expected)).values()) == counts["applied"]
    assert counts["applied"] == sum(profile.events_seen for profile in expected.values())
    assert counts["applied"] + counts["duplicates"] == len(events) + len(more)


@pytest.mark.slow
def test_a_worker_told_to_stop_commits_and_leaves_at_once(place: World) -> None:
    """SIGTERM: what was read is learned and committed, and another worker goes on without waiting for a timeout."""
    events = make_events(place.site, 400, visitors=20, seed=9)
    positions = place.append(events[:200])
    with place.worker("profile") as first:
        place.wait_until_committed(PROFILE_GROUP, within_s=60)
        first.terminate()
        assert first.wait(timeout=10) == 0
    with place.worker("profile"):
        positions += place.append(events[200:])
        place.wait_until_committed(PROFILE_GROUP, within_s=60)
    expected = undisturbed(events, positions)
    assert_equal_profiles(place.profiles(list(expected)), expected)


def test_the_whole_log_learned_twice_more_changes_no_byte(place: World) -> None:
    """Every record is replayed into profiles that reflect it already."""
    events = make_events(place.site, 500, visitors=20, seed=10)
    place.append(events)
    profiles = ProfileStore(place.client, Lifetimes(profile_s=3600.0))
    learning = ProfileWorker(profiles, Assortments(CatalogStore(place.client)), place.context())
    decoder = Decoder(PROFILE_GROUP, frozenset({place.site}), PARTITIONS)
    seen: list[dict[str, bytes]] = []
    counts: list[dict[str, int]] = []
    timelines: list[dict[str, list[bytes]]] = []
    for _ in range(3):
        reader = place.log.reader(dict.fromkeys(range(PARTITIONS), 0))
        reached = [0] * PARTITIONS
        while reached != place.log.ends():
            for batch in reader.poll(37, 1.0):
                learning(decoder(batch))
                reached[batch.partition] = batch.last_position
        reader.close()
        visitors = sorted({event.visitor_id for event in events})
        seen.append({visitor: encode_profile(profile) for visitor, profile in place.profiles(visitors).items()})
        counts.append(profiles.counts(place.site, PARTITIONS))
        timelines.append(_timelines(place, visitors))
    assert timelines[0] == timelines[1] == timelines[2]
    assert sum(len(entries) for entries in timelines[0].values()) == counts[0]["applied"]
    assert seen[0] == seen[1] == seen[2]
    assert counts[0] == counts[1] == counts[2]
    assert counts[0]["applied"] + counts[0].get("duplicates", 0) == len(events)


def _timelines(place: World, visitors: list[str]) -> dict[str, list[bytes]]:
    """What is stored of each visitor's touchpoints."""
    found: dict[str, list[bytes]] = {}
    for visitor in visitors:
        name = keys.timeline(place.site, partition_of(place.site, visitor, PARTITIONS), visitor)
        found[visitor] = cast(list[bytes], place.client.lrange(name, 0, -1))
        assert place.client.ttl(name) > 0
    return found


def test_events_on_items_the_catalog_lacks_are_counted_once_and_those_on_groups_are_not(place: World) -> None:
    catalog = CatalogStore(place.client)
    catalog.put(place.site, "items", [CatalogItem(item_id="cap-s", item_group_id="cap")], time.time())

    def told(event_id: str, *item_ids: str) -> Event:
        items = tuple(EventItem(item_id=item_id) for item_id in item_ids)
        name = "view_item" if items else "page_view"
        return Event(
            site=place.site, event=name, visitor_id="v", at_s=1e9, accepted_at_s=1e9, event_id=event_id, items=items
        )

    events = [told("1", "cap-s"), told("2", "cap"), told("3", "ghost", "phantom"), told("4", "cap", "ghost"), told("5")]
    place.append([*events, events[2]])
    learning = ProfileWorker(
        ProfileStore(place.client, Lifetimes(profile_s=3600.0)), Assortments(catalog), place.context()
    )
    decoder = Decoder(PROFILE_GROUP, frozenset({place.site}), PARTITIONS)
    (batch,) = place.log.reader({partition_of(place.site, "v", PARTITIONS): 0}).poll(1_000, 2.0)
    for _ in range(2):
        learning(decoder(batch))
    counts = ProfileStore(place.client, Lifetimes(profile_s=3600.0)).counts(place.site, PARTITIONS)
    assert counts == {"applied": 5, "duplicates": 1, "on_items": 4, "on_unknown_items": 2}


def test_a_profile_moved_on_by_another_writer_is_learned_again_from_there(place: World) -> None:
    """The fence: a save based on an older state than what is stored is refused, and done again."""
    events = [event for event in make_events(place.site, 400, visitors=1, seed=11) if event.visitor_id == "v0"]
    positions = place.append(events)
    partition = partition_of(place.site, "v0", PARTITIONS)
    profiles = ProfileStore(place.client, Lifetimes(profile_s=3600.0))
    learning = ProfileWorker(profiles, Assortments(CatalogStore(place.client)), place.context())
    decoder = Decoder(PROFILE_GROUP, frozenset({place.site}), PARTITIONS)
    (batch,) = place.log.reader({partition: 0}).poll(1_000, 2.0)
    half = batch.records[: len(batch.records) // 2]
    loaded = profiles.load

    def load_then_be_overtaken(*arguments: object) -> object:
        """Load, and before the save comes, let another worker save the whole batch."""
        found = loaded(*arguments)  # type: ignore[arg-type]
        profiles.load = loaded  # type: ignore[method-assign]
        other = ProfileWorker(
            ProfileStore(place.client, Lifetimes(profile_s=3600.0)),
            Assortments(CatalogStore(place.client)),
            place.context(),
        )
        other(decoder(batch))
        return found

    profiles.load = load_then_be_overtaken  # type: ignore[method-assign,assignment]
    learning(decoder(batch._replace(records=half)))
    expected = undisturbed(events, positions)
    assert_equal_profiles(place.profiles(["v0"]), expected)
    counts = profiles.counts(place.site, PARTITIONS)
    assert counts["applied"] + counts.get("duplicates", 0) == len(events)


def test_poison_goes_to_the_dead_letters_and_stops_nothing(place: World) -> None:
    """Bytes that are no event, an event of no site of ours and one in the wrong partition, between good ones."""
    good = make_events(place.site, 60, visitors=5, seed=12)
    positions = place.append(good[:30])
    wrong = (partition_of(place.site, "v0", PARTITIONS) + 1) % PARTITIONS
    foreign = b'{"site":"nobody","event":"page_view","visitor_id":"v0","at_s":1.0,"accepted_at_s":1.0}'
    stray = f'{{"site":"{place.site}","event":"page_view","visitor_id":"v0","at_s":1.0,"accepted_at_s":1.0}}'
    place.log.append([(0, b"\xff\x00 not an event"), (1, foreign), (wrong, stray.encode()), (2, b"{}")])
    positions += place.append(good[30:])
    with place.worker("profile"):
        place.wait_until_committed(PROFILE_GROUP, within_s=60)
    expected = undisturbed(good, positions)
    assert_equal_profiles(place.profiles(list(expected)), expected)
    letters = [letter for _, letter in DeadLetterStore(place.client).newest([place.site, NOBODY], None, 1_000).letters]
    assert {"event_undecodable", "partition_wrong", "site_unknown"} <= {letter.code for letter in letters}
    assert [letter.code for letter in place.dead_letters()] == ["partition_wrong"]
    assert foreign in [letter.value for letter in letters]


def test_what_cannot_be_learned_is_set_aside_and_costs_no_other_event(place: World) -> None:
    """A broken profile, a profile of another type and a timeline of another type, among whole ones."""
    events = make_events(place.site, 120, visitors=6, seed=14)
    homes = {event.visitor_id: partition_of(place.site, event.visitor_id, PARTITIONS) for event in events}
    broken, typed, listless, *whole = sorted(homes)
    place.client.set(keys.profile(place.site, homes[broken], broken), b"12345678 broken")
    place.client.rpush(keys.profile(place.site, homes[typed], typed), b"a list")
    place.client.set(keys.timeline(place.site, homes[listless], listless), b"no list")
    positions = place.append(events)
    with place.worker("profile"):
        place.wait_until_committed(PROFILE_GROUP, within_s=60)
    expected = undisturbed(events, positions)
    others = [typed, listless, *whole]
    assert_equal_profiles(place.profiles(others), {visitor: expected[visitor] for visitor in others})
    healed = place.profiles([broken])[broken]
    assert (healed.events_seen, healed.counts) == (expected[broken].events_seen, expected[broken].counts)
    assert [(letter.code, letter.name) for letter in place.dead_letters()] == [("profile_unreadable", broken)]
    counts = ProfileStore(place.client, Lifetimes(profile_s=3600.0)).counts(place.site, PARTITIONS)
    assert counts["applied"] + counts.get("duplicates", 0) == len(events)


def test_one_event_that_cannot_be_learned_costs_no_other(place: World, monkeypatch: pytest.MonkeyPatch) -> None:
    events = make_events(place.site, 60, visitors=3, seed=15)
    doomed = events[17]
    positions = place.append(events)
    learn_all = profile_flow.learn_visitors

    def learn_all_but_one(ids: list[str], profiles: list[Profile], told: VisitorEvents, assortment: Assortment) -> Any:
        if any(event == doomed for visitor in ids for _, event in told[visitor]):
            raise ZeroDivisionError("this one")
        return learn_all(ids, profiles, told, assortment)

    monkeypatch.setattr(profile_flow, "learn_visitors", learn_all_but_one)
    profiles = ProfileStore(place.client, Lifetimes(profile_s=3600.0))
    learning = ProfileWorker(profiles, Assortments(CatalogStore(place.client)), place.context(PROFILE_GROUP))
    decoder = Decoder(PROFILE_GROUP, frozenset({place.site}), PARTITIONS)
    reader = place.log.reader(dict.fromkeys(range(PARTITIONS), 0))
    letters: list[DeadLetter] = []
    reached = [0] * PARTITIONS
    while reached != place.log.ends():
        for batch in reader.poll(1_000, 1.0):
            letters += learning(decoder(batch)).dead_letters
            reached[batch.partition] = batch.last_position
    reader.close()
    assert [(letter.code, letter.message, letter.value) for letter in letters] == [
        ("learn_failed", "ZeroDivisionError: this one", encode_event(doomed))
    ]
    rest = [(event, position) for event, position in zip(events, positions, strict=True) if event != doomed]
    expected = undisturbed([event for event, _ in rest], [position for _, position in rest])
    found = place.profiles(list(expected))
    for visitor, profile in expected.items():
        assert (found[visitor].events_seen, found[visitor].counts) == (profile.events_seen, profile.counts)
    counts = profiles.counts(place.site, PARTITIONS)
    assert counts["applied"] + counts.get("duplicates", 0) == len(rest)
