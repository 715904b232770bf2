"""Profile flow: events to visitor profiles, in micro-batches."""

import time
from collections.abc import Mapping
from functools import partial, reduce
from typing import NamedTuple

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.outputs import StatelessSinkPartition

from models.catalog.assortment import Assortment
from models.events.dead_letter import DeadLetter
from models.events.events import Event
from models.events.names import NOTICES, VISITOR_DELETED, VISITOR_IDENTIFIED
from models.visitor.cart import GroupOf
from models.visitor.identity import Link
from models.visitor.part_events import part_notices
from models.visitor.profile import Profile
from models.visitor.profile_batch import Change, learn, new_parts
from models.visitor.timeline import encode_entry, timeline_entry_of
from store.clock import Clock
from store.log.groups import PROFILE_GROUP
from store.log.log import Batch, GroupConsumer
from store.site.catalog import CatalogStore
from store.site.segments import SegmentStore
from store.visitors.memberships import MembershipStore
from store.visitors.profiles import ProfileStore, ProfileUpdate, SavedEvents
from stream.assortments import Assortments
from stream.dead_letter_writer import DeadLetterWriter
from stream.decode import Decoded, Decoder
from stream.flow_context import FlowContext
from stream.isolation import learned_apart
from stream.metrics import BATCH_SECONDS, EVENTS_READ, observe_lag
from stream.retry import Stop, retry_until_available
from stream.run import run_flow
from stream.segment_worker import SEGMENT_TICK_S, SegmentWorker
from stream.sink import LastStep
from stream.source import LogSource, Tick


class ProfiledBatch(NamedTuple):
    """A micro-batch whose profiles are saved: up to where, and what is left to set aside."""

    partition: int
    last_position: int
    dead_letters: list[DeadLetter]


def run_profile(
    context: FlowContext,
    profiles: ProfileStore,
    catalogs: CatalogStore,
    segments: SegmentStore,
    memberships: MembershipStore,
    clock: Clock,
) -> None:
    """Keep visitor profiles, and where visitors stand, until the flow is stopped."""

    def wire() -> Dataflow:
        assortments = Assortments(catalogs)
        segment_worker = SegmentWorker(context, segments, memberships, profiles, assortments, clock)
        return profile_flow(context, profiles, assortments, segment_worker)

    run_flow(wire, context.stop)


def profile_flow(
    context: FlowContext,
    profiles: ProfileStore,
    assortments: Assortments,
    segment_worker: SegmentWorker,
) -> Dataflow:
    """Wire the flow: read, decode, learn, commit; and with each tick, judge whom time has moved."""
    log, stop = context.log, context.stop
    consumer = retry_until_available(stop, "join the group", lambda: log.consume(PROFILE_GROUP))
    decoder = Decoder(PROFILE_GROUP, context.sites, log.partitions)
    worker = ProfileWorker(profiles, assortments, context, segment_worker)

    def decode(item: Batch | Tick) -> Decoded | Tick:
        return item if isinstance(item, Tick) else decoder(item)

    def learn_or_judge(item: Decoded | Tick) -> ProfiledBatch | None:
        if isinstance(item, Tick):
            segment_worker.tick(consumer.assignment)
            return None
        return worker(item)

    flow = Dataflow(PROFILE_GROUP)
    batches = op.input("read", flow, LogSource(lambda: consumer, context.max_records, stop, SEGMENT_TICK_S))
    # Batch: records of one partition; Tick: some time has passed
    decoded = op.map("decode", batches, decode)
    # Decoded: events with their positions, and dead letters; or still Tick
    done = op.map("learn", decoded, learn_or_judge)
    # ProfiledBatch: profiles are saved up to a position; None for a tick
    op.output("commit", done, LastStep(lambda: CommitSink(consumer, context.dead_letters, profiles, stop)))
    return flow


class ProfileWorker:
    """Learns a micro-batch: profiles are loaded, changed and saved, again where another writer was first.

    Without `segment_worker`, where visitors stand is left as it is.
    """

    def __init__(
        self,
        profiles: ProfileStore,
        assortments: Assortments,
        context: FlowContext,
        segment_worker: SegmentWorker | None = None,
    ) -> None:
        self._segment_worker = segment_worker
        self._profiles = profiles
        self._assortments = assortments
        self._letters = context.dead_letters
        self._stop = context.stop

    def __call__(self, decoded: Decoded) -> ProfiledBatch:
        """Make the micro-batch's events part of the stored profiles; what cannot be is set aside."""
        started = time.perf_counter()
        dead_letters = list(decoded.dead_letters)

        def refuse(told: tuple[int, Event], error: Exception) -> None:
            dead_letters.append(self._letters.event_failed(decoded.partition, *told, error))

        by_site: dict[str, dict[str, list[tuple[int, Event]]]] = {}
        for position, event in decoded.events:
            if event.event in NOTICES:
                continue
            visitors = by_site.setdefault(event.site, {})
            visitors.setdefault(event.visitor_id, []).append((position, event))
        for site, visitors in by_site.items():
            portions = learned_apart(visitors, partial(self._update, site, decoded.partition), refuse)
            saved = reduce(SavedEvents.plus, portions, SavedEvents())
            if self._segment_worker is not None:
                relay = partial(self._segment_worker.relay_notices, site, decoded.partition)
                retry_until_available(self._stop, f"tell what moved in partition {decoded.partition}", relay)
            EVENTS_READ.labels(PROFILE_GROUP, "applied").inc(saved.applied)
            EVENTS_READ.labels(PROFILE_GROUP, "duplicate").inc(saved.duplicates)
            EVENTS_READ.labels(PROFILE_GROUP, "erased").inc(saved.erased)
        BATCH_SECONDS.labels(PROFILE_GROUP).observe(time.perf_counter() - started)
        observe_lag(PROFILE_GROUP, decoded.events)
        return ProfiledBatch(decoded.partition, decoded.last_position, dead_letters)

    def _update(self, site: str, partition: int, visitors: Mapping[str, list[tuple[int, Event]]]) -> SavedEvents:
        what = f"save profiles of partition {partition}"
        return retry_until_available(self._stop, what, partial(self._learned, site, partition, visitors))

    def _learned(self, site: str, partition: int, visitors: Mapping[str, list[tuple[int, Event]]]) -> SavedEvents:
        assortment = self._assortments.current(site)

        def learned(visitor_ids: list[str], profiles: list[Profile]) -> list[ProfileUpdate]:
            return learn_visitors(visitor_ids, profiles, visitors, assortment)

        if self._segment_worker is None:
            return self._profiles.update_profiles(site, partition, list(visitors), learned)
        judge = self._segment_worker.judge(site, visitors, assortment)
        return self._profiles.update_profiles(site, partition, list(visitors), learned, judge)


def learn_visitors(
    visitor_ids: list[str],
    profiles: list[Profile],
    events: Mapping[str, list[tuple[int, Event]]],
    assortment: Assortment,
) -> list[ProfileUpdate]:
    """Apply each visitor's events to the profile loaded for it, all vectors together, and note its touchpoints."""
    changes = [
        Change(row, position, event)
        for row, visitor_id in enumerate(visitor_ids)
        for position, event in events[visitor_id]
    ]
    loaded = [profile.position for profile in profiles]
    links: list[list[Link]] = [[] for _ in profiles]
    links_from = [profile.erased_until for profile in profiles]
    group_of = assortment.item_groups.group_of
    outcomes = learn(profiles, changes, assortment.vector_of_item, assortment.on_sale, group_of)
    counted = {outcome: [0] * len(profiles) for outcome in ("applied", "duplicate", "erased")}
    on_items = [0] * len(profiles)
    on_unknown_items = [0] * len(profiles)
    entries: list[list[bytes]] = [[] for _ in profiles]
    forget = [False] * len(profiles)
    notices = [
        _joinings(visitor_id, profile, loaded_at, events[visitor_id][-1][1], group_of)
        for visitor_id, profile, loaded_at in zip(visitor_ids, profiles, loaded, strict=True)
    ]
    for change, outcome in zip(changes, outcomes, strict=True):
        row, event = change.row, change.event
        if outcome in counted:
            counted[outcome][row] += 1
        if outcome == "applied":
            on_items[row] += bool(event.items)
            on_unknown_items[row] += any(not assortment.knows(item.item_id) for item in event.items)
        if outcome in ("applied", "told") and (entry := timeline_entry_of(change.position, event)) is not None:
            entries[row].append(encode_entry(entry))
        elif outcome == "notice" and event.event == VISITOR_DELETED:
            entries[row], links[row], forget[row] = [], [], True
        elif outcome == "notice" and event.event == VISITOR_IDENTIFIED and change.position > links_from[row]:
            links[row].append(Link(event.at_s, event.user_id))
    numbers = zip(*counted.values(), on_items, on_unknown_items, strict=True)
    rows = zip(profiles, (SavedEvents(*row) for row in numbers), entries, forget, notices, links, strict=True)
    return [ProfileUpdate(*row) for row in rows]


def _joinings(device_id: str, profile: Profile, loaded_at: int, latest: Event, group_of: GroupOf) -> list[bytes]:
    """What tells the visitors a device belongs to of the parts it has given them in this micro-batch."""
    if not profile.parts:
        return []
    parts = new_parts(profile, loaded_at, group_of)
    return part_notices(latest.site, device_id, parts, latest.at_s, latest.accepted_at_s)


class CommitSink(StatelessSinkPartition[ProfiledBatch | None]):
    """Sets dead letters aside, then commits the log position: what is committed has left nothing behind."""

    def __init__(
        self, consumer: GroupConsumer, dead_letters: DeadLetterWriter, profiles: ProfileStore, stop: Stop
    ) -> None:
        self._consumer = consumer
        self._dead_letters = dead_letters
        self._profiles = profiles
        self._stop = stop

    def write_batch(self, items: list[ProfiledBatch | None]) -> None:
        """Finish micro-batches."""
        finished = [done for done in items if done is not None]
        for done in finished:
            if done.dead_letters:
                self._set_aside(done)
        positions = {done.partition: done.last_position for done in finished}
        if not positions:
            return
        retry_until_available(self._stop, f"commit {positions}", lambda: self._consumer.commit(positions))

    def _set_aside(self, done: ProfiledBatch) -> None:
        self._dead_letters.set_aside(done.dead_letters)
        by_site: dict[str, list[int]] = {}
        for letter in done.dead_letters:
            if letter.site:
                by_site.setdefault(letter.site, []).append(letter.position)
        for site, positions in by_site.items():
            count = partial(self._profiles.count_dead_letters, site, done.partition, sorted(set(positions)))
            retry_until_available(self._stop, f"count dead letters of {site}", count)
        EVENTS_READ.labels(PROFILE_GROUP, "dead_letter").inc(len(done.dead_letters))
