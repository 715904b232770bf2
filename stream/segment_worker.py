"""Segments: visitors enter and leave them, and change their stage, by events and by the passing of time.

Whatever is due is found by time, in one index a partition, and judged by whoever owns the partition; the save checks
that nobody else did so meanwhile. What moved is told in the event log: written with the membership, appended after,
forgotten when it is appended. A crash between the two tells it again, with the same `event_id`.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from models.catalog.assortment import Assortment
from models.events.events import encode_event
from models.segments.membership import Membership, SegmentConfig, Transition, advance, counts_between, transition_event
from models.visitor.profile import Profile
from store.clock import Clock
from store.site.segments import SegmentStore
from store.version import Version
from store.visitors.memberships import MembershipStore
from store.visitors.profiles import MembershipUpdate, ProfileStore
from stream.assortments import Assortments
from stream.decode import VisitorEvents
from stream.flow_context import FlowContext
from stream.isolation import POSTPONED_S, done_apart, site_apart
from stream.outbox_relay import relay_outbox
from stream.retry import retry_until_available

SEGMENT_TICK_S: Final = 0.25
"""How often visitors whose time has come are looked for."""
_PORTION: Final = 500
_BUDGET_S: Final = 0.2
"""Seconds a tick may take of a site and partition; what is left over comes with the next one."""


@dataclass(frozen=True, slots=True)
class SegmentJudge:
    """Judges one site's visitors at one moment; `events` are those about to be learned, by visitor."""

    site: str
    segment_config: SegmentConfig
    assortment: Assortment
    now_s: float
    by_events: bool
    events: VisitorEvents

    def before(self, visitor_id: str, profile: Profile, membership: Membership | None) -> MembershipUpdate:
        """Let the time pass until the visitor's first new event: what silence changed, it has changed before it."""
        new = next((event for position, event in self.events.get(visitor_id, ()) if position > profile.position), None)
        if new is None or membership is None:
            return MembershipUpdate(membership, [], [])
        until_s = min(self.now_s, new.at_s if self.by_events else new.accepted_at_s)
        if membership.due_s > until_s:
            return MembershipUpdate(membership, [], [])
        return self._advance(visitor_id, profile, membership, membership.due_s, until_s)

    def after(self, visitor_id: str, profile: Profile, membership: Membership | None) -> MembershipUpdate:
        """Judge the visitor when the newest event came, or when the time was due, and let the time pass until now."""
        if visitor_id in self.events or membership is None:
            from_s = profile.last_at_s if self.by_events else profile.accepted_at_s
        else:
            from_s = membership.due_s
        return self._advance(visitor_id, profile, membership, from_s, self.now_s)

    def _advance(
        self, visitor_id: str, profile: Profile, membership: Membership | None, from_s: float, to_s: float
    ) -> MembershipUpdate:
        after, moves = advance(profile, membership, self.segment_config, self.assortment, from_s, to_s)
        counts = counts_between(membership, after, moves) if moves or after is None else []
        return MembershipUpdate(
            after, counts, [told for move in moves if (told := self._told(visitor_id, profile, move))]
        )

    def _told(self, visitor_id: str, profile: Profile, move: Transition) -> bytes:
        event = transition_event(move, self.site, visitor_id, profile.user_id, max(move.at_s, profile.accepted_at_s))
        return b"" if event is None else encode_event(event)


class SegmentWorker:
    """Keeps the memberships of all sites.

    Parameters
    ----------
    context
        The event log, in which moves are told; sites served; what ends waiting.
    segments, memberships, profiles, assortments
        Where rules, memberships, profiles and catalogs are.
    clock
        What time it is for a site.
    """

    def __init__(
        self,
        context: FlowContext,
        segments: SegmentStore,
        memberships: MembershipStore,
        profiles: ProfileStore,
        assortments: Assortments,
        clock: Clock,
    ) -> None:
        self._segments = segments
        self._memberships = memberships
        self._profiles = profiles
        self._assortments = assortments
        self._clock = clock
        self._log = context.log
        self._sites = context.sites
        self._letters = context.dead_letters
        self._stop = context.stop
        self._known: dict[str, tuple[Version, SegmentConfig]] = {}
        self._judged: dict[tuple[str, int], Version] = {}
        self._cursors: dict[tuple[str, int], tuple[Version, int]] = {}

    def judge(self, site: str, events: VisitorEvents, assortment: Assortment) -> SegmentJudge:
        """Give the judge of a micro-batch, once its events have moved the clock."""
        newest_s = max((event.at_s for own in events.values() for _, event in own), default=0.0)
        now_s = self._clock.saw(site, newest_s)
        return SegmentJudge(site, self._current(site)[1], assortment, now_s, self._clock.by_events, events)

    def _current(self, site: str) -> tuple[Version, SegmentConfig]:
        """The site's rules as they are in the store now, and their version."""
        version = self._segments.version(site)
        known = self._known.get(site)
        if known is None or known[0] != version:
            known = (version, self._segments.segment_config(site))
            self._known[site] = known
        return known

    def tick(self, partitions: Collection[int]) -> None:
        """Judge whom time has moved, and whoever was not judged by the newest rules yet; tell what moved."""
        for site in sorted(self._sites):
            with site_apart(site):
                for partition in sorted(partitions):
                    what = f"judge partition {partition}"
                    retry_until_available(self._stop, what, partial(self._tick, site, partition))

    def _tick(self, site: str, partition: int) -> None:
        until = time.monotonic() + _BUDGET_S
        self._rejudge(site, partition, until)
        self._sweep(site, partition, until)
        self.relay_notices(site, partition)

    def _sweep(self, site: str, partition: int, until: float) -> None:
        while True:
            now_s = self._clock.now_s(site)
            visitors = self._memberships.due(site, partition, now_s, _PORTION)
            if visitors:
                self._judge(site, partition, visitors, now_s)
            if len(visitors) < _PORTION or time.monotonic() >= until:
                return

    def _rejudge(self, site: str, partition: int, until: float) -> None:
        version, _ = self._current(site)
        key = (site, partition)
        if key not in self._judged:
            self._judged[key] = self._segments.judged_version(site, partition)
        if self._judged[key] == version:
            return
        begun, cursor = self._cursors.get(key, (version, 0))
        if begun != version:  # the rules have changed again: everybody from the start
            cursor = 0
        while True:
            cursor, found = self._memberships.scan(site, partition, cursor, _PORTION)
            visitors = [visitor_id for visitor_id, _ in found]
            if visitors:
                self._judge(site, partition, visitors, self._clock.now_s(site))
            if cursor == 0:
                break
            self._cursors[key] = (version, cursor)
            if time.monotonic() >= until:
                return
        self._cursors.pop(key, None)
        self._segments.set_judged(site, partition, version)
        self._judged[key] = version

    def _judge(self, site: str, partition: int, visitors: list[str], now_s: float) -> None:
        """Judge visitors; one who cannot be judged is set aside, and tried again later."""
        judge = SegmentJudge(
            site, self._current(site)[1], self._assortments.current(site), now_s, self._clock.by_events, {}
        )

        def judge_some(some: Sequence[str]) -> None:
            what = f"save where visitors of partition {partition} stand"
            update = partial(self._profiles.update_memberships, site, partition, some, judge)
            retry_until_available(self._stop, what, update)

        def postpone(visitor_id: str, error: Exception) -> None:
            self._letters.visitor_failed(site, partition, visitor_id, error)
            self._memberships.postpone(site, partition, visitor_id, now_s + POSTPONED_S)

        done_apart(visitors, judge_some, postpone)

    def relay_notices(self, site: str, partition: int) -> None:
        """Append to the log what has moved and is not in it yet."""
        memberships = self._memberships
        relay_outbox(
            self._log,
            site,
            partial(memberships.notices, site, partition),
            partial(memberships.told, site, partition),
            partial(self._letters.notice_failed, site, partition),
        )
