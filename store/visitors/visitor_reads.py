"""Visitor reads: all a request needs to know of a visitor, in one round trip where nobody has just logged in."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from models.catalog.assortment import Assortment
from models.events.events import Event
from models.events.names import VISITOR_DELETED, VISITOR_IDENTIFIED, VISITOR_LINKED
from models.segments.membership import decode_membership
from models.visitor.contact_history import ContactHistory
from models.visitor.given_parts import is_news, told_part
from models.visitor.identity import Link, add_link, owner_now
from models.visitor.profile import Profile, decode_profile
from models.visitor.profile_batch import Change, learn, with_part
from models.visitor.timeline import MAX_ENTRIES, TimelineEntry, decode_entry, timeline_entry_of
from store import keys
from store.client import AsyncClient, is_cluster
from store.log.log import partition_of
from store.refusals import UNAVAILABLE
from store.unreadable import OnUnreadable, log_unreadable, read_or_tell
from store.version import Version, version_of
from store.visitors.pending import read_pending

NO_SEGMENTS: Final[frozenset[str]] = frozenset()
_MAX_OWNERS: Final = 100_000
_WITHIN_S: Final = 5.0
"""Seconds a read may take where nobody waits for less."""
_SITE_VALUES: Final = 2
_LINKED: Final = VISITOR_LINKED.encode()


class StoredVisitor(NamedTuple):
    """What is stored under one id: its profile, the accepted events that are not in it yet, devices linked lately."""

    profile: Profile
    pending: list[tuple[int, Event]]
    linked: list[str]

    def learned(self, assortment: Assortment) -> Profile:
        """Give the profile with every accepted event in it; it is changed."""
        if not self.pending:
            return self.profile
        profiles = [self.profile]
        changes = [Change(0, position, event) for position, event in self.pending]
        learn(profiles, changes, assortment.vector_of_item, assortment.on_sale, assortment.item_groups.group_of)
        return profiles[0]


class VisitorRead(NamedTuple):
    """What is stored right now of the id asked for, of the visitor it belongs to, of devices just linked to them.

    `visitor_id` is the visitor's: the id asked for, unless that is a device of a known one. `catalog_version` is None
    where the node that has it did not answer. `segments` are the
    visitor's, as the stream last told, and `clock_s` is the site's clock (epoch seconds), where these were asked for.
    """

    asked: str
    visitor_id: str
    kept: dict[str, StoredVisitor]
    catalog_version: Version | None
    segments: frozenset[str] = NO_SEGMENTS
    clock_s: float = 0.0


class ReadOptions(NamedTuple):
    """What is to be read beside the visitor: the segments they are in, the site's clock."""

    segments: bool = False
    clock: bool = False


PROFILE_ONLY: Final = ReadOptions()


class _Read(NamedTuple):
    kept: dict[str, StoredVisitor]
    version: Version | None
    segments: dict[str, frozenset[str]]
    clock_s: float


class ResolvedVisitor(NamedTuple):
    """A visitor as known now, and as the device asked for would know them without the latest login."""

    visitor_id: str
    profile: Profile
    device: Profile


class VisitorReader:
    """Reads visitors.

    Parameters
    ----------
    client
        Client of the event loop it is used in; time is kept here, so it need not.
    partitions
        Partition count of the event log.
    on_unreadable
        Told of what cannot be read, each time it is; who cannot be read is somebody new.
    """

    def __init__(self, client: AsyncClient, partitions: int, on_unreadable: OnUnreadable = log_unreadable) -> None:
        self._client = client
        self._on_unreadable = on_unreadable
        self._on_nodes = is_cluster(client)
        self._partitions = partitions
        self._owners: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def read(
        self, site: str, asked: str, options: ReadOptions = PROFILE_ONLY, *, within_s: float = _WITHIN_S
    ) -> VisitorRead:
        """Read whoever goes by the id asked for, and in the same round trip what is wanted beside.

        Raises what the client raises, and TimeoutError where it takes longer than `within_s`.
        """
        async with asyncio.timeout(within_s):
            return await self._read_visitor(site, asked, options, within_s)

    async def _read_visitor(
        self, site: str, asked: str, options: ReadOptions, within_s: float = _WITHIN_S
    ) -> VisitorRead:
        guess = self._owners.get((site, asked), "")
        found = await self._read(site, [asked, guess] if guess else [asked], options, within_s)
        kept, segments = found.kept, found.segments
        visitor_id = _owner(kept[asked]) or asked
        self._remember(site, asked, visitor_id)
        if visitor_id not in kept:
            more = await self._read(site, [visitor_id], options, within_s)
            kept, segments = kept | more.kept, segments | more.segments
        # What these have learned before may still be on its way.
        missing = [device_id for device_id in kept[visitor_id].linked if device_id not in kept]
        if missing:
            kept |= (await self._read(site, missing)).kept
        return VisitorRead(asked, visitor_id, kept, found.version, segments.get(visitor_id, NO_SEGMENTS), found.clock_s)

    def _remember(self, site: str, asked: str, visitor_id: str) -> None:
        self._owners.pop((site, asked), None)
        if visitor_id != asked:
            self._owners[site, asked] = visitor_id
            if len(self._owners) > _MAX_OWNERS:
                self._owners.popitem(last=False)

    async def _read(
        self, site: str, ids: Sequence[str], options: ReadOptions = PROFILE_ONLY, within_s: float = _WITHIN_S
    ) -> _Read:
        if self._on_nodes:
            # What the site has lies on another node, perhaps: one that hangs must not take the visitor along.
            found, site_values = await asyncio.gather(
                self._values(lambda pipe: self._ask_of_visitors(pipe, site, ids, options)),
                self._site_values(site, options, within_s / 2),
            )
        else:
            values = await self._values(lambda pipe: self._ask(pipe, site, ids, options))
            size = _SITE_VALUES + options.clock
            site_values, found = values[:size], values[size:]
        kept = {
            visitor_id: self._kept(site, visitor_id, *found[2 * place : 2 * place + 2])
            for place, visitor_id in enumerate(ids)
        }
        memberships = found[2 * len(ids) :]
        segments = {
            visitor_id: self._segments(site, visitor_id, membership)
            for visitor_id, membership in zip(ids, memberships, strict=False)
        }
        if site_values is None:
            return _Read(kept, None, segments, 0.0)
        clock_s = float(site_values[_SITE_VALUES] or 0.0) if options.clock else 0.0
        return _Read(kept, version_of(*site_values[:_SITE_VALUES]), segments, clock_s)

    async def _values(self, ask: Callable[[Any], object]) -> list[Any]:
        async with self._client.pipeline(transaction=False) as pipe:
            ask(pipe)
            values: list[Any] = await pipe.execute()
        return values

    async def _site_values(self, site: str, options: ReadOptions, within_s: float) -> list[Any] | None:
        try:
            async with asyncio.timeout(within_s):
                return await self._values(lambda pipe: self._ask_of_site(pipe, site, options))
        except (TimeoutError, *UNAVAILABLE):
            return None

    def _ask(self, pipe: Any, site: str, ids: Sequence[str], options: ReadOptions) -> None:
        self._ask_of_site(pipe, site, options)
        self._ask_of_visitors(pipe, site, ids, options)

    def _ask_of_site(self, pipe: Any, site: str, options: ReadOptions) -> None:
        pipe.get(keys.catalog_version(site))
        pipe.get(keys.catalog_stamp(site))
        if options.clock:
            pipe.get(keys.clock(site))

    def _ask_of_visitors(self, pipe: Any, site: str, ids: Sequence[str], options: ReadOptions) -> None:
        homes = [(partition_of(site, visitor_id, self._partitions), visitor_id) for visitor_id in ids]
        for partition, visitor_id in homes:
            pipe.get(keys.profile(site, partition, visitor_id))
            pipe.lrange(keys.pending(site, partition, visitor_id), 0, -1)
        if options.segments:
            for partition, visitor_id in homes:
                pipe.hget(keys.memberships(site, partition), visitor_id)

    async def read_timeline(self, site: str, asked: str) -> tuple[str, list[TimelineEntry]]:
        """Give who goes by an id, and their touchpoints with every accepted event among them, in no order.

        What a device did before it was known whose it is stands in its own list, and is told from there. Raises as
        `read` does.
        """
        async with asyncio.timeout(_WITHIN_S):
            return await self._timeline(site, asked)

    async def _timeline(self, site: str, asked: str) -> tuple[str, list[TimelineEntry]]:
        visit = await self._read_visitor(site, asked, PROFILE_ONLY)
        profile = know(visit, Assortment()).profile
        entries = await self._entries(site, visit.visitor_id, 0, None)
        given = [part for part in profile.parts if part.user_id and not part.back]
        entries = [
            entry
            for entry in entries
            if entry.position > profile.given and not any(part.covers(entry.position, entry.at_s) for part in given)
        ]
        for joined in profile.joined:
            if joined.until:
                theirs = await self._entries(site, joined.device_id, joined.after, joined.until)
                entries += [entry for entry in theirs if joined.covers(entry.position, entry.at_s)]
        return visit.visitor_id, sorted(entries, key=lambda entry: entry.at_s)[-MAX_ENTRIES:]

    async def _entries(self, site: str, visitor_id: str, after: int, until: int | None) -> list[TimelineEntry]:
        """One list's touchpoints past a position and up to another."""
        partition = partition_of(site, visitor_id, self._partitions)
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.get(keys.profile(site, partition, visitor_id))
            pipe.lrange(keys.timeline(site, partition, visitor_id), 0, -1)
            pipe.lrange(keys.pending(site, partition, visitor_id), 0, -1)
            blob, stored, pending = await pipe.execute()
        entries = [
            entry
            for value in stored
            if (entry := read_or_tell(decode_entry, value, "timeline", site, visitor_id, self._on_unreadable))
        ]
        profile, waiting, _ = self._kept(site, visitor_id, blob, pending)
        changes = [Change(0, position, event) for position, event in waiting]
        # Learned into a copy that is thrown away: a client's retry is told from a new event as the stream will tell it.
        outcomes = learn([profile], changes, Assortment().vector_of_item)
        for (position, event), outcome in zip(waiting, outcomes, strict=True):
            if event.event == VISITOR_DELETED:
                entries = []
            elif outcome in ("applied", "told") and (entry := timeline_entry_of(position, event)) is not None:
                entries.append(entry)
        return [entry for entry in entries if entry.position > after and (until is None or entry.position <= until)]

    def _segments(self, site: str, visitor_id: str, value: bytes | None) -> frozenset[str]:
        if value is None:
            return NO_SEGMENTS
        membership = read_or_tell(decode_membership, value, "membership", site, visitor_id, self._on_unreadable)
        return frozenset(member.segment_id for member in membership.members) if membership else NO_SEGMENTS

    def _kept(self, site: str, visitor_id: str, blob: bytes | None, values: Sequence[bytes]) -> StoredVisitor:
        profile = Profile()
        if blob is not None:
            found = read_or_tell(decode_profile, blob, "profile", site, visitor_id, self._on_unreadable)
            profile = found or Profile(contact_history=ContactHistory(refused_at_s=time.time()))
        if not values:
            return StoredVisitor(profile, [], [])
        waiting = read_pending(values, after=profile.position)
        linked = {
            event.device_id for _, event in read_pending(_linked(values), after=0) if event.event == VISITOR_LINKED
        }
        return StoredVisitor(profile, waiting, sorted(linked))


def know(visit: VisitorRead, assortment: Assortment) -> ResolvedVisitor:
    """Put together what is known of a visitor, every accepted event in it."""
    profiles = {visitor_id: kept.learned(assortment) for visitor_id, kept in visit.kept.items()}
    profile, own = profiles[visit.visitor_id], profiles[visit.asked]
    group_of = assortment.item_groups.group_of
    for device_id, device in profiles.items():
        if device_id == visit.visitor_id:
            continue
        for part in device.parts:
            if part.user_id == visit.visitor_id and is_news(profile, device_id, part):
                profile = with_part(profile, device_id, told_part(device, part, group_of), group_of)
    return ResolvedVisitor(visit.visitor_id, profile, own)


def before_login(known: ResolvedVisitor) -> Profile | None:
    """Give the profile a device had when its visitor logged in, if they have looked at nothing since; else None."""
    links, parts = known.device.links, known.device.parts
    if known.profile is known.device or not owner_now(links):
        return None
    if known.profile.recent and known.profile.recent[-1].at_s > links[-1].at_s:
        return None
    given = [part for part in parts if part.user_id == owner_now(links) and not part.back]
    if not given or given[-1].told_at < known.device.given or not given[-1].state:
        return Profile()  # where the device has changed hands too often since, what it was is not known any more
    return decode_profile(given[-1].state)


def _linked(values: Sequence[bytes]) -> list[bytes]:
    return [value for value in values if _LINKED in value]


def _owner(kept: StoredVisitor) -> str:
    """Whose a device is after all that was accepted."""
    links = kept.profile.links
    for _, event in kept.pending:
        if event.event == VISITOR_DELETED:
            links = []
        elif event.event == VISITOR_IDENTIFIED:
            links = add_link(links, Link(event.at_s, event.user_id))
    return owner_now(links)
