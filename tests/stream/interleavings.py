"""One history, taken in by the real intake and learned by real workers, in an order of partitions drawn by a seed."""

import asyncio
from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Any, NamedTuple

import msgspec
import numpy as np

from api.intake.identity_resolution import IdentityResolver
from api.intake.log_appender import Incoming, event_record
from api.intake.order_spreading import OrderSpreader
from models.catalog.assortment import Assortment
from models.events.events import Event, decode_event, encode_event
from models.events.names import VISITOR_DELETED
from models.segments.lifecycle import Thresholds
from models.segments.segments import MAX_SEGMENTS
from models.visitor.contact_history import contacts_of
from models.visitor.identity import Link, identified
from models.visitor.interest_sketch import Sketches
from models.visitor.profile import Profile, discrete_part
from store.client import Client, connect_async
from store.clock import EventClock
from store.dead_letters import DeadLetterStore
from store.keys import Lifetimes
from store.log.groups import PROFILE_GROUP
from store.log.log import Batch, EventLog, partition_of
from store.log.redis_log import RedisLog
from store.site.catalog import CatalogStore
from store.site.segments import SegmentStore
from store.visitors.device_links import LinkStore
from store.visitors.memberships import MembershipStore
from store.visitors.order_tellers import OrderTellerStore
from store.visitors.pending import Accepted, keep_pending
from store.visitors.profiles import ProfileStore
from store.visitors.visitor_reads import VisitorReader, know
from stream.assortments import Assortments
from stream.dead_letter_writer import DeadLetterWriter
from stream.decode import Decoder
from stream.flow_context import FlowContext
from stream.outbox_relay import relay_outbox
from stream.profile_flow import CommitSink, ProfileWorker
from stream.retry import Stop
from stream.segment_worker import SegmentWorker
from tests.stream.histories import Erasure, History, segments

PARTITIONS = 4
_LIFETIME_S = 36_000.0
_BAD = 0.02
"""Share of requests behind which something comes that no profile can use."""


class Outcome(NamedTuple):
    """What was left: everything by visitor, what became of events by outcome, and how many were accepted."""

    visitors: dict[str, dict[str, Any]]
    interests: dict[str, "np.ndarray[Any, np.dtype[np.float64]]"]
    counts: dict[str, int]
    accepted: int
    log: list[tuple[str, str, float, str]]


class _Interrupted(SegmentWorker):
    """A worker that dies now and then before it has told what it saved, or before it knows that it did."""

    def __init__(self, random: Random, *given: Any) -> None:
        super().__init__(*given)
        self.random = random
        self.dies = True

    def relay_notices(self, site: str, partition: int) -> None:
        draw = self.random.random() if self.dies else 1.0
        if draw < 0.15:
            return
        if draw < 0.25:
            told = lambda _: 0  # noqa: E731 - forgets nothing, as one who dies after the append
            relay_outbox(self._log, site, partial(self._memberships.notices, site, partition), told, _no_letter)
            return
        super().relay_notices(site, partition)


def _no_letter(notice: bytes, error: Exception) -> None:
    raise AssertionError(notice) from error


class _Committing:
    """Commits as a group of one member does."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def commit(self, positions: dict[int, int]) -> None:
        self._log.commit(PROFILE_GROUP, positions)


class _Run:
    def __init__(self, client: Client, site: str, seed: int) -> None:
        self.random, self.site, self.client = Random(seed), site, client
        self.log = RedisLog(client, f"log-{site}", PARTITIONS, _LIFETIME_S)
        self.dead = DeadLetterStore(client)
        self.profiles = ProfileStore(client, Lifetimes(profile_s=_LIFETIME_S))
        self.links = LinkStore(client, _LIFETIME_S)
        self.tellers = OrderTellerStore(client, PARTITIONS, _LIFETIME_S)
        self.resolver = IdentityResolver(self.links, PARTITIONS)
        self.spreader = OrderSpreader(self.tellers, self.links, PARTITIONS)
        store = SegmentStore(client, Thresholds())
        store.put_within(site, segments(), MAX_SEGMENTS)
        stop, assortments = Stop(), Assortments(CatalogStore(client))
        letters = DeadLetterWriter(self.dead, PROFILE_GROUP, stop)
        context = FlowContext(self.log, frozenset({site}), 100, stop, letters)
        judging = (context, store, MembershipStore(client), self.profiles, assortments, EventClock(client))
        self.judge = _Interrupted(self.random, *judging)
        self.worker = ProfileWorker(self.profiles, assortments, context, self.judge)
        self.decoder = Decoder(PROFILE_GROUP, frozenset({site}), PARTITIONS)
        self.sink = CommitSink(_Committing(self.log), letters, self.profiles, stop)  # type: ignore[arg-type]
        self.done = [0] * PARTITIONS
        self.accepted = 0
        self.told: list[tuple[str, str, float, str]] = []

    def take_in(self, events: Sequence[Event]) -> None:
        records = [event_record(msgspec.structs.replace(event, site=self.site), PARTITIONS) for event in events]
        self.accepted += len(records)
        self.append(self.spreader.prepare(self.resolver.prepare(records)))

    def append(self, records: Sequence[Incoming]) -> list[int]:
        events = [decode_event(record.value) for record in records]
        self.told += [(event.visitor_id, event.event, event.at_s, event.event_id) for event in events]
        positions = self.log.append([(record.partition, record.value) for record in records])
        self.links.add(
            ((record.site, record.partition, record.visitor_id), record.link) for record in records if record.link
        )
        self.spreader.remember(records)
        accepted = [
            Accepted(record.site, record.partition, record.visitor_id, position, record.value)
            for record, position in zip(records, positions, strict=True)
        ]
        keep_pending(self.client, accepted)
        return positions

    def spoil(self) -> None:
        """Put a record of the site where nobody looks for it, as an accepted event of another release may be."""
        event = Event(site=self.site, event="view_item", visitor_id="d0", at_s=1.7e9, accepted_at_s=1.7e9)
        elsewhere = (partition_of(self.site, "d0", PARTITIONS) + 1) % PARTITIONS
        self.log.append([(elsewhere, encode_event(event))])
        self.accepted += 1

    def erase(self, erasure: Erasure) -> None:
        """As `DELETE /v1/visitors/{id}` does, with workers at work between its steps."""
        erased = [erasure.user_id, *erasure.devices]
        holders = {device: self._holder(device) for device in erasure.devices}
        now_s = erasure.at_s
        deleted = [
            event_record(
                Event(
                    site=self.site,
                    event=VISITOR_DELETED,
                    visitor_id=name,
                    user_id=erasure.user_id,
                    at_s=now_s,
                    accepted_at_s=now_s,
                ),
                PARTITIONS,
            )
            for name in erased
        ]
        positions = self.append(deleted)
        for record, position in zip(deleted, positions, strict=True):
            self.work(self.random.choice([0, 0, 1]))
            self.profiles.erase(self.site, record.partition, decode_event(record.value), position)
        others = {
            device: Link(now_s, holder) for device, holder in holders.items() if holder not in ("", erasure.user_id)
        }
        told = [
            event_record(identified(self.site, device, link, now_s), PARTITIONS, link)
            for device, link in others.items()
        ]
        self.append(told)

    def _holder(self, device: str) -> str:
        place = (self.site, partition_of(self.site, device, PARTITIONS), device)
        known = self.links.read([place]).get(place, [])
        return known[-1].user_id if known else ""

    def work(self, times: int) -> None:
        """Learn some micro-batches of partitions drawn at random; now and then one comes again."""
        for _ in range(times):
            ends = self.log.ends()
            behind = [partition for partition in range(PARTITIONS) if self.done[partition] < ends[partition]]
            if not behind:
                return
            self.learn(self.random.choice(behind), self.random.choice([1, 1, 2, 3, 5, 10, 60]))

    def learn(self, partition: int, most: int) -> None:
        reader = self.log.reader({partition: self.done[partition]})
        batches = reader.poll(most, 1.0)
        reader.close()
        for batch in batches:
            if self.judge.dies and self.random.random() < 0.1:  # killed before the commit
                cut = self.random.randint(1, len(batch.records))
                done = self.worker(self.decoder(Batch(batch.partition, batch.records[:cut])))
                if self.random.random() < 0.5:
                    self.sink.write_batch([done])
            self.sink.write_batch([self.worker(self.decoder(batch))])
            self.done[batch.partition] = batch.last_position

    def drain(self) -> None:
        """Learn all there is, until nothing more is told."""
        self.judge.dies = False
        while True:
            for partition in range(PARTITIONS):
                self.judge.relay_notices(self.site, partition)
            if self.done == self.log.ends():
                break
            self.work(10)
        self.judge.tick(range(PARTITIONS))  # time has moved those who were judged before the last event

    def close(self) -> None:
        self.log.close()


def run_history(client: Client, url: str, history: History, seed: int, site: str = "shop") -> Outcome:
    """Take a history in and learn it, its partitions interleaved and cut as the seed draws; `client` is emptied."""
    client.flushdb()
    run = _Run(client, site, seed)
    bad = Random(len(history.steps))  # the same in each run of a history
    lag = run.random.choice([0.3, 1.0, 3.0])
    for step in history.steps:
        if isinstance(step, Erasure):
            run.erase(step)
        else:
            run.take_in(step)
        if bad.random() < _BAD:
            run.spoil()
        run.work(int(run.random.expovariate(1.0 / lag)))
    run.drain()
    visitors, interests = asyncio.run(_look(url, run, history.ids))
    counts = run.profiles.counts(site, PARTITIONS)
    run.close()
    return Outcome(visitors, interests, counts, run.accepted, run.told)


async def _look(url: str, run: _Run, ids: Sequence[str]) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    client = connect_async(url)
    reader = VisitorReader(client, PARTITIONS)
    seen: dict[str, dict[str, Any]] = {}
    interests: dict[str, Any] = {}
    for name in ids:
        visit = await reader.read(run.site, name)
        stored = visit.kept[name].profile
        profile = know(visit, Assortment()).profile
        owner, entries = await reader.read_timeline(run.site, name)
        membership = MembershipStore(run.client).get(run.site, partition_of(run.site, name, PARTITIONS), name)
        seen[name] = {
            "owner": owner,
            "stored": plain_profile(stored),
            "known": plain_profile(profile),
            "timeline": sorted(
                msgspec.json.encode(msgspec.structs.replace(entry, position=0)).decode() for entry in entries
            ),
            "stage": membership.stage if membership else None,
            "members": [member.segment_id for member in membership.members] if membership else None,
        }
        interests[name] = Sketches([profile.sketch]).as_of(0, profile.last_at_s)[:, :].ravel()
    await client.aclose()
    return seen, interests


def plain_profile(profile: Profile) -> dict[str, Any]:
    """Everything a profile says, but for places in the log, of which what workers tell each other takes some."""
    plain = discrete_part(profile)
    for name in ("position", "given", "parts", "event_ids", "joined", "contact_history"):
        del plain[name]
    plain["contacts"] = [tuple(contact) for contact in contacts_of(profile.contact_history)]
    if profile.contact_history is not None:
        bare = msgspec.structs.replace(profile.contact_history, banners=b"", messages=b"", campaigns=[])
        plain["restraints"] = msgspec.to_builtins(bare)
    if not profile.events_seen:
        del plain["accepted_at_s"]  # of a device that gave all away, by the clock of the machine
    plain["devices"] = sorted({joined.device_id for joined in profile.joined})
    plain["value"] = profile.order_value._asdict()
    plain["bought"] = [tuple(line) for line in profile.bought]
    return plain


def differences(one: Outcome, other: Outcome) -> list[str]:
    """Where two runs differ, as `visitor.view.field`; interests beyond the rounding they are stored with."""
    found = ["log"] if one.log != other.log else []
    for name, seen in one.visitors.items():
        theirs = other.visitors[name]
        for view, value in seen.items():
            if isinstance(value, dict):
                found += [f"{name}.{view}.{field}" for field in value if value[field] != theirs[view].get(field)]
            elif value != theirs[view]:
                found.append(f"{name}.{view}")
        mine, rest = one.interests[name], other.interests[name]
        if np.linalg.norm(mine - rest) > 1e-2 * np.linalg.norm(mine) + 1e-9:
            found.append(f"{name}.interests")
    if not one.counts.get("erased") and not other.counts.get("erased"):  # else it depends on how far behind workers are
        found += [f"counts.{name}" for name in one.counts if one.counts[name] != other.counts.get(name)]
    return found


def accounted_for(outcome: Outcome) -> int:
    """How many accepted events are accounted for."""
    return sum(outcome.counts.get(name, 0) for name in ("applied", "duplicates", "dead_letters", "erased"))
