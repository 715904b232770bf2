"""Profiles: loaded and saved a micro-batch at a time, so that no worker ever overwrites newer state.

A save names the position the profile was loaded at, and the membership. Where what is stored has moved on meanwhile
(another worker took the partition over, the visitor was erased), that save is refused, and the visitor is loaded and
learned again. Profile, timeline, membership, counts, the time to look again and what is to be told are saved in one
step, so each touchpoint stands on the timeline once.
"""

import time
from collections.abc import Callable, Sequence
from operator import add
from struct import Struct
from typing import Final, NamedTuple, Protocol, cast

import msgspec

from models.events.events import Event
from models.segments.membership import CountChange, Membership, counts_between, decode_membership, encode_membership
from models.visitor.contact_history import ContactHistory, is_restrained
from models.visitor.given_parts import erased_profile
from models.visitor.identity import Link
from models.visitor.part_events import part_notices
from models.visitor.profile import Profile, decode_profile, encode_profile
from models.visitor.timeline import MAX_ENTRIES
from store import keys
from store.client import Client
from store.keys import Lifetimes
from store.lua import read_script
from store.unreadable import OnUnreadable, log_unreadable, read_or_tell
from store.visitors.device_links import LinkStore

_MAX_PER_CALL = 500
_GRACE_S: Final = 60.0
"""A visitor is looked at again so long after the profile's end, to see that it has gone."""

_NUMBERS: Final = Struct(">IIIIII")
_COUNTED_DEAD_LETTERS: Final = "dead_letters_at"


class SavedEvents(NamedTuple):
    """How many accepted events came to what: learned, known already, of a visitor who was erased after them.

    Of the applied ones `on_items` name items, `on_unknown_items` at least one that the catalog does not know.
    """

    applied: int = 0
    duplicates: int = 0
    erased: int = 0
    on_items: int = 0
    on_unknown_items: int = 0

    def plus(self, other: "SavedEvents") -> "SavedEvents":
        """Add two."""
        return SavedEvents(*map(add, self, other))


class ProfileUpdate(NamedTuple):
    """What learning made of one visitor's events: the new profile, what to count, and what its timeline gets.

    `entries` are new touchpoints in their stored form; `forget` drops those stored before; `notices` are events that
    tell other visitors' profiles of it; `links` is what is new of whose the device is.
    """

    profile: Profile
    counted: SavedEvents = SavedEvents()
    entries: Sequence[bytes] = ()
    forget: bool = False
    notices: Sequence[bytes] = ()
    links: Sequence[Link] = ()


class MembershipUpdate(NamedTuple):
    """A membership as it is now, what that changes in the counts, and events that tell of it."""

    membership: Membership | None
    counts: list[CountChange]
    notices: list[bytes]


class Judge(Protocol):
    """Says where visitors stand; `now_s` is epoch seconds of the site's clock."""

    @property
    def now_s(self) -> float:
        """The moment of judgement."""

    def before(self, visitor_id: str, profile: Profile, membership: Membership | None) -> MembershipUpdate:
        """Judge the profile as it was before it learned anything."""

    def after(self, visitor_id: str, profile: Profile, membership: Membership | None) -> MembershipUpdate:
        """Judge the profile as it is."""


class Forgetting:
    """Lets every membership go: for visitors who are erased."""

    now_s = 0.0

    def before(self, _: str, __: Profile, membership: Membership | None) -> MembershipUpdate:
        """Leave it for later."""
        return MembershipUpdate(membership, [], [])

    def after(self, _: str, profile: Profile, membership: Membership | None) -> MembershipUpdate:
        """Take it out, unless the visitor has come again since."""
        if profile.events_seen:
            return MembershipUpdate(membership, [], [])
        return MembershipUpdate(None, counts_between(membership, None, []), [])


class _Save(NamedTuple):
    visitor_id: str
    loaded_at: int
    learned: ProfileUpdate
    stored: bytes
    known: Membership | None
    judged: MembershipUpdate | None


class _SharedKeys(NamedTuple):
    """The last of KEYS of `save_profiles.lua`, in its order, behind the visitors' profiles and timelines."""

    counts: str
    memberships: str
    due: str
    membership_counts: str
    notices: str


class _SaveArguments(NamedTuple):
    """ARGV of `save_profiles.lua`, in its order."""

    profile_lifetime_ms: int
    timeline_lifetime_ms: int
    counts_lifetime_s: int
    memberships_lifetime_s: int
    most_entries: int
    rows: bytes


class _SavedRow(NamedTuple):
    """One of the rows of `save_profiles.lua`, in its order; what each may be is said there."""

    visitor: bytes
    loaded_at: bytes
    profile: bytes
    loaded_membership: bytes
    membership: bytes
    due_s: bytes
    moved: bytes
    line: bytes
    applied: int
    duplicates: int
    on_items: int
    on_unknown_items: int
    erased: int
    least_lifetime_s: int


_TEXTS: Final = 8


class _CountRow(NamedTuple):
    """`change` of `save_profiles.lua`, in its order."""

    field: str
    by: int
    at_s: str


class _Moved(NamedTuple):
    """`moved` of `save_profiles.lua`, in its order."""

    count_changes: Sequence[_CountRow]
    notices_told: Sequence[str]


_AT_ONCE_MS: Final = 1


class ProfileStore:
    """Visitor profiles in Redis.

    Parameters
    ----------
    client
        Blocking client.
    lifetimes
        How long profiles live after their last write, those of visitors whom something restrains from being sent
        messages, and timelines.
    on_unreadable
        Told of what cannot be read, before a new one stands in its place.

    Attributes
    ----------
    links
        Whose the devices are.
    """

    def __init__(self, client: Client, lifetimes: Lifetimes, on_unreadable: OnUnreadable = log_unreadable) -> None:
        self._client = client
        self._lifetime_ms = int(lifetimes.profile_s * 1000)
        self._timeline_lifetime_ms = int((lifetimes.timeline_s or lifetimes.profile_s) * 1000)
        self._restrained_lifetime_s = int(lifetimes.restrained_s)
        self._on_unreadable = on_unreadable
        self._replace = client.register_script(read_script("replace_value"))
        self._save = client.register_script(read_script("save_profiles"))
        self._count = client.register_script(read_script("count_once"))
        self.links = LinkStore(client, lifetimes.profile_s)

    def load(self, site: str, partition: int, visitor_ids: Sequence[str]) -> list[Profile]:
        """Read profiles; a new one for each visitor not known."""
        names = [keys.profile(site, partition, visitor_id) for visitor_id in visitor_ids]
        blobs = cast(list[bytes | None], self._client.mget(names)) if names else []
        return [
            self._read(site, partition, visitor_id, blob) for visitor_id, blob in zip(visitor_ids, blobs, strict=True)
        ]

    def _read(self, site: str, partition: int, visitor_id: str, blob: bytes | None) -> Profile:
        """Read a profile; in the place of one that cannot be read stands a new one, of whom nothing is promoted to
        until they agree: whatever held that back is not known any more."""
        if blob is None:
            return Profile()
        profile = read_or_tell(decode_profile, blob, "profile", site, visitor_id, self._on_unreadable)
        if profile is not None:
            return profile
        fresh = Profile(contact_history=ContactHistory(refused_at_s=time.time()))
        if self.put_in_place(site, partition, visitor_id, blob, fresh):
            return fresh
        return self.load(site, partition, [visitor_id])[0]  # another process was first

    def stored(self, site: str, partition: int, visitor_id: str) -> bytes | None:
        """Give a profile as it is stored; None for a visitor not known."""
        return cast(bytes | None, self._client.get(keys.profile(site, partition, visitor_id)))

    def put_in_place(self, site: str, partition: int, visitor_id: str, of: bytes | None, profile: Profile) -> bool:
        """Put a profile in the place `of` what is stored; False, and nothing is written, where that has changed."""
        lifetime_ms = max(self._lifetime_ms, 1000 * self._restrained_lifetime_s)
        name = keys.profile(site, partition, visitor_id)
        return bool(self._replace(keys=[name], args=[of or b"", encode_profile(profile), lifetime_ms]))

    def forget_erased(self, site: str, partition: int, visitor_id: str, user_id: str) -> None:
        """Let go of what holds the place of an erased profile, once no flow reads anything of before it any more; not
        where the visitor has been seen since, nor what is still to be told to others than the user."""
        name = keys.profile(site, partition, visitor_id)
        blob = cast(bytes | None, self._client.get(name))
        profile = decode_profile(blob) if blob else None
        if blob and profile and is_nobody(profile, user_id):
            self._replace(keys=[name], args=[blob, b"", _AT_ONCE_MS])

    def update_profiles(
        self,
        site: str,
        partition: int,
        visitor_ids: Sequence[str],
        learn: Callable[[list[str], list[Profile]], list[ProfileUpdate]],
        judge: Judge | None = None,
    ) -> SavedEvents:
        """Load, learn, judge and save visitors; those refused are done again from what is stored now.

        Parameters
        ----------
        site, partition
            Whose profiles, and the log partition all these visitors belong to.
        visitor_ids
            Each once.
        learn
            Given visitors and their stored profiles, gives what to save; called again for refused ones. It may change
            the profiles it is given.
        judge
            Says where the visitors stand; None leaves that as it is.

        Returns
        -------
        SavedEvents
            As counted by the saves that succeeded.
        """
        counted = SavedEvents()
        waiting = list(visitor_ids)
        while waiting:
            refused: list[str] = []
            for start in range(0, len(waiting), _MAX_PER_CALL):
                saves = self._saves(site, partition, waiting[start : start + _MAX_PER_CALL], learn, judge)
                again = set(self._write(site, partition, saves, judge.now_s if judge else 0.0))
                for index, save in enumerate(saves):
                    if index in again:
                        refused.append(save.visitor_id)
                    else:
                        counted = counted.plus(save.learned.counted)
                        # Here already, but for an intake that died between its append and this.
                        self.links.add(((site, partition, save.visitor_id), link) for link in save.learned.links)
            waiting = refused
        return counted

    def _saves(
        self,
        site: str,
        partition: int,
        visitor_ids: Sequence[str],
        learn: Callable[[list[str], list[Profile]], list[ProfileUpdate]],
        judge: Judge | None,
    ) -> list[_Save]:
        visitors = list(visitor_ids)
        # Read one after the other, both are checked together when they are saved.
        stored = [membership or b"" for membership in self._memberships(site, partition, visitors)]
        profiles = self.load(site, partition, visitors)
        loaded_at = [profile.stamp for profile in profiles]
        if judge is None:
            learned = learn(visitors, profiles)
            rows = zip(visitors, loaded_at, learned, stored, strict=True)
            return [_Save(*row, None, None) for row in rows if row[2].profile.stamp != row[1]]
        known = [
            read_or_tell(decode_membership, blob, "membership", site, visitor_id, self._on_unreadable)
            for visitor_id, blob in zip(visitors, stored, strict=True)
        ]
        judged = [
            judge.before(visitor_id, profile, membership)
            for visitor_id, profile, membership in zip(visitors, profiles, known, strict=True)
        ]
        saves: list[_Save] = []
        for index, update in enumerate(learn(visitors, profiles)):
            visitor_id, first = visitors[index], judged[index]
            then = judge.after(visitor_id, update.profile, first.membership)
            both = MembershipUpdate(then.membership, first.counts + then.counts, first.notices + then.notices)
            saves.append(_Save(visitor_id, loaded_at[index], update, stored[index], known[index], both))
        return saves

    def _memberships(self, site: str, partition: int, visitor_ids: list[str]) -> list[bytes | None]:
        if not visitor_ids:
            return []
        return cast(list[bytes | None], self._client.hmget(keys.memberships(site, partition), visitor_ids))

    def _write(self, site: str, partition: int, saves: Sequence[_Save], now_s: float) -> list[int]:
        if not saves:
            return []
        shared = _SharedKeys(
            counts=keys.counts(site, partition),
            memberships=keys.memberships(site, partition),
            due=keys.due(site, partition),
            membership_counts=keys.membership_counts(site, partition),
            notices=keys.notices(site, partition),
        )
        profiles = [keys.profile(site, partition, save.visitor_id) for save in saves]
        timelines = [keys.timeline(site, partition, save.visitor_id) for save in saves]
        arguments = _SaveArguments(
            profile_lifetime_ms=self._lifetime_ms,
            timeline_lifetime_ms=self._timeline_lifetime_ms,
            counts_lifetime_s=keys.COUNTS_LIFETIME_S,
            memberships_lifetime_s=keys.MEMBERSHIPS_LIFETIME_S,
            most_entries=MAX_ENTRIES,
            rows=b"".join(_packed(self._row(save, now_s)) for save in saves),
        )
        refused: list[int] = self._save(keys=[*profiles, *timelines, *shared], args=arguments)
        return refused

    def _row(self, save: _Save, now_s: float) -> _SavedRow:
        learned = save.learned
        changed = learned.profile.stamp != save.loaded_at
        membership, due, moved = self._membership_of(save, now_s)
        return _SavedRow(
            visitor=save.visitor_id.encode(),
            loaded_at=save.loaded_at.to_bytes(8, "big"),
            profile=encode_profile(learned.profile) if changed else b"",
            loaded_membership=save.stored,
            membership=membership,
            due_s=due,
            moved=moved,
            line=_line(learned),
            **learned.counted._asdict(),
            least_lifetime_s=self._restrained_lifetime_s if is_restrained(learned.profile.contact_history) else 0,
        )

    def _membership_of(self, save: _Save, now_s: float) -> tuple[bytes, bytes, bytes]:
        """The new membership, when to look again, and what moved."""
        if save.judged is None:
            return save.stored, b"", _moved([], save.learned.notices)
        membership, counts, notices = save.judged
        notices = [*notices, *save.learned.notices]
        if membership is None:
            return b"", b"", _moved(counts, notices)
        if membership is save.known:
            return save.stored, b"", _moved(counts, notices)
        due_s = min(membership.due_s, now_s + self._lifetime_ms / 1000 + _GRACE_S)
        keep = save.known is not None and save.known.due_s == due_s
        stored = encode_membership(msgspec.structs.replace(membership, due_s=due_s))
        return stored, b"" if keep else repr(due_s).encode(), _moved(counts, notices)

    def erase(self, site: str, partition: int, erasure: Event, position: int) -> None:
        """Replace a profile by an empty one, now: no event before the erasure, at a log position, is learned any more.

        Those that the log still holds are counted as they are passed over. A device that others used is left to the
        stream, which comes to the erasure once it has told them of what they did there.
        """
        device = (site, partition, erasure.visitor_id)
        users = {link.user_id for link in self.links.read([device]).get(device, [])}
        is_shared = bool(users - {"", erasure.user_id})

        def empty(_: list[str], profiles: list[Profile]) -> list[ProfileUpdate]:
            return [_erased(profile, erasure, position, is_shared=is_shared) for profile in profiles]

        self.update_profiles(site, partition, [erasure.visitor_id], empty, Forgetting())
        self._client.delete(keys.pending(site, partition, erasure.visitor_id))
        self.links.forget(device)

    def update_memberships(self, site: str, partition: int, visitor_ids: Sequence[str], judge: Judge) -> None:
        """Judge visitors of whom nothing new is known, and save where they stand; their profiles stay as they are."""

        def unchanged(_: list[str], profiles: list[Profile]) -> list[ProfileUpdate]:
            return [ProfileUpdate(profile) for profile in profiles]

        self.update_profiles(site, partition, visitor_ids, unchanged, judge)

    def counts(self, site: str, partitions: int) -> dict[str, int]:
        """Events of a site by outcome, and of the applied ones those on items, summed over its partitions."""
        totals: dict[str, int] = {}
        for partition in range(partitions):
            found = cast(dict[bytes, bytes], self._client.hgetall(keys.counts(site, partition)))
            found.pop(_COUNTED_DEAD_LETTERS.encode(), None)
            for name, value in found.items():
                totals[name.decode()] = totals.get(name.decode(), 0) + int(value)
        return totals

    def count_rejected(self, site: str, events: int) -> None:
        """Add to a site's count of events that the intake refused."""
        name = keys.counts(site, 0)
        with self._client.pipeline() as pipe:
            pipe.hincrby(name, "rejected", events)
            pipe.expire(name, keys.COUNTS_LIFETIME_S)
            pipe.execute()

    def count_dead_letters(self, site: str, partition: int, positions: Sequence[int]) -> None:
        """Add to a site's count of events that the stream set aside, those of a partition at these log positions;
        each once, however often it is told."""
        self._count(
            keys=[keys.counts(site, partition)],
            args=[keys.COUNTS_LIFETIME_S, "dead_letters", _COUNTED_DEAD_LETTERS, *positions],
        )


def is_nobody(profile: Profile, user_id: str) -> bool:
    """Whether a profile tells of nothing that anybody did, but perhaps of whom it gave to, and has nothing left for
    others than the user.

    >>> is_nobody(Profile(position=7), ""), is_nobody(Profile(position=7, events_seen=1), "")
    (True, False)
    """
    told = profile.events_seen or profile.links or profile.joined or profile.contact_history
    return not told and all(
        part.user_id in ("", user_id) or part.back or (part.over and not part.state) for part in profile.parts
    )


def _erased(profile: Profile, erasure: Event, position: int, *, is_shared: bool) -> ProfileUpdate:
    if profile.position >= position:
        return ProfileUpdate(profile)
    if is_shared or (profile.erased_in_turn and profile.erased_until > profile.position):
        profile.erased_until, profile.erased_in_turn = position, True
        return ProfileUpdate(profile)
    erased = erased_profile(profile, erasure.user_id, position, profile.position)
    told = part_notices(erasure.site, erasure.visitor_id, erased.parts, erasure.at_s, erasure.accepted_at_s)
    erased.position, erased.erased_until = profile.position, position
    return ProfileUpdate(erased, forget=True, notices=told)


def _packed(row: _SavedRow) -> bytes:
    """Give a row as the script unpacks it: each text behind its length, then the numbers."""
    texts, numbers = row[:_TEXTS], _NUMBERS.pack(*row[_TEXTS:])
    lengths_and_texts = [part for text in texts for part in (len(text).to_bytes(4, "big"), text)]
    return b"".join((*lengths_and_texts, numbers))


def _moved(counts: Sequence[CountChange], notices: Sequence[bytes]) -> bytes:
    if not counts and not notices:
        return b""
    changes = [_CountRow(count.field, count.by, repr(count.at_s)) for count in counts]
    return msgspec.msgpack.encode(_Moved(changes, [notice.decode() for notice in notices]))


def _line(learned: ProfileUpdate) -> bytes:
    """What a timeline gets: whether it goes first, then its entries, each behind its length; nothing for neither."""
    entries = learned.entries[-MAX_ENTRIES:]
    if not entries and not learned.forget:
        return b""
    lengths = [part for entry in entries for part in (len(entry).to_bytes(4, "big"), entry)]
    return b"".join((b"1" if learned.forget else b"0", *lengths))
