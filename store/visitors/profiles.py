"""Profiles: loaded and saved a micro-batch at a time, so that no worker ever overwrites newer state.

A save names the position the profile was loaded at, and the standing. Where what is stored has moved on meanwhile
(another worker took the partition over, the visitor was erased), that save is refused, and the visitor is loaded and
learned again. Profile, timeline, standing, counts, the time to look again and what is to be told are saved in one step,
so each touchpoint stands on the timeline once.
"""

from collections.abc import Callable, Sequence
from struct import Struct
from typing import Final, NamedTuple, Protocol, cast

import msgspec

from models.segments.membership import CountChange, Membership, counts_between, decode_membership, encode_membership
from models.visitor.identity import Link
from models.visitor.profile import Profile, decode_profile, encode_profile
from models.visitor.timeline import MAX_ENTRIES
from store import keys
from store.client import Client
from store.visitors.device_links import LinkStore

_MAX_PER_CALL = 500
_GRACE_S: Final = 60.0
"""A visitor is looked at again so long after the profile's end, to see that it has gone."""

# KEYS: profiles, their timelines, then the site's counts, standings, due times, standing counts, notices. ARGV: profile
# lifetime in ms, lifetimes in s of counts and of standings, entries a timeline keeps, then all rows in one value, which
# costs far less to send and read than as many arguments. A row, each text behind its length in 4 bytes: visitor,
# position loaded at, new profile (both start with 8 bytes of position; empty leaves it), standing loaded, and the new
# one (the same leaves it, an empty one is taken out), when to look again (empty leaves it), what to count of standings
# (field, by, at) and to tell, in msgpack, or nothing, for the timeline 1 where it is to go first, else 0, and its new
# entries, each behind its length, or nothing; then events applied and duplicates, 4 bytes each.
_SAVE = """
local refused = {}
local applied, duplicates, stood = 0, 0, false
local n = (#KEYS - 5) / 2
local last = 2 * n
local counts, standings, due, tally = KEYS[last + 1], KEYS[last + 2], KEYS[last + 3], KEYS[last + 4]
local notices = KEYS[last + 5]
local none = string.rep('\\0', 8)
local place = 1
for i = 1, n do
  local row = {}
  row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9], row[10], place = struct.unpack(
    '>I4c0I4c0I4c0I4c0I4c0I4c0I4c0I4c0I4I4', ARGV[5], place)
  local stored = redis.call('GETRANGE', KEYS[i], 0, 7)
  if stored == '' then stored = none end
  local standing = redis.call('HGET', standings, row[1]) or ''
  if stored ~= row[2] or standing ~= row[4] then
    refused[#refused + 1] = i - 1
  else
    if row[3] ~= '' then redis.call('SET', KEYS[i], row[3], 'PX', ARGV[1]) end
    if row[8] ~= '' then
      if string.sub(row[8], 1, 1) == '1' then redis.call('DEL', KEYS[n + i]) end
      local entries, at = {}, 2
      while at <= #row[8] do
        entries[#entries + 1], at = struct.unpack('>I4c0', row[8], at)
      end
      if #entries > 0 then
        local size = redis.call('RPUSH', KEYS[n + i], unpack(entries))
        if size > tonumber(ARGV[4]) then redis.call('LTRIM', KEYS[n + i], -ARGV[4], -1) end
      end
    end
    if row[3] ~= '' then redis.call('PEXPIRE', KEYS[n + i], ARGV[1]) end
    applied = applied + row[9]
    duplicates = duplicates + row[10]
    if row[5] ~= standing then
      stood = true
      if row[5] == '' then
        redis.call('HDEL', standings, row[1])
        redis.call('ZREM', due, row[1])
      else
        redis.call('HSET', standings, row[1], row[5])
      end
    end
    if row[6] ~= '' then redis.call('ZADD', due, row[6], row[1]) end
    if row[7] ~= '' then
      stood = true
      local moved = cmsgpack.unpack(row[7])
      for _, one in ipairs(moved[1]) do
        redis.call('HINCRBY', tally, one[1], one[2])
        local at = 'at:' .. one[1]
        if tonumber(redis.call('HGET', tally, at) or '0') < tonumber(one[3]) then
          redis.call('HSET', tally, at, one[3])
        end
      end
      for _, notice in ipairs(moved[2]) do redis.call('RPUSH', notices, notice) end
    end
  end
end
if applied > 0 then redis.call('HINCRBY', counts, 'applied', applied) end
if duplicates > 0 then redis.call('HINCRBY', counts, 'duplicates', duplicates) end
redis.call('EXPIRE', counts, ARGV[2])
if stood then for k = last + 2, last + 5 do redis.call('EXPIRE', KEYS[k], ARGV[3]) end end
return refused
"""
_COUNTS: Final = Struct(">II")


class ProfileUpdate(NamedTuple):
    """What learning made of one visitor's events: the new profile, what to count, and what its timeline gets.

    `entries` are new touchpoints in their stored form; `forget` drops those stored before; `notices` are events that
    tell other visitors' profiles of it; `links` is what is new of whose the device is.
    """

    profile: Profile
    applied: int
    duplicates: int
    entries: Sequence[bytes] = ()
    forget: bool = False
    notices: Sequence[bytes] = ()
    links: Sequence[Link] = ()


class MembershipUpdate(NamedTuple):
    """A standing as it is now, what that changes in the counts, and events that tell of it."""

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
    """Lets every standing go: for visitors who are erased."""

    now_s = 0.0

    def before(self, visitor_id: str, profile: Profile, membership: Membership | None) -> MembershipUpdate:
        """Leave it for later."""
        return MembershipUpdate(membership, [], [])

    def after(self, visitor_id: str, profile: Profile, membership: Membership | None) -> MembershipUpdate:
        """Take it out."""
        return MembershipUpdate(None, counts_between(membership, None, []), [])


class _Save(NamedTuple):
    visitor_id: str
    loaded_at: int
    learned: ProfileUpdate
    stored: bytes
    known: Membership | None
    judged: MembershipUpdate | None


class ProfileStore:
    """Visitor profiles in Redis.

    Parameters
    ----------
    client
        Blocking client.
    lifetime_s
        A profile lives this long after its last write.

    Attributes
    ----------
    links
        Whose the devices are.
    """

    def __init__(self, client: Client, lifetime_s: float) -> None:
        self._client = client
        self._lifetime_ms = int(lifetime_s * 1000)
        self._save = client.register_script(_SAVE)
        self.links = LinkStore(client, lifetime_s)

    def load(self, site: str, partition: int, visitor_ids: Sequence[str]) -> list[Profile]:
        """Read profiles; a new one for each visitor not known."""
        names = [keys.profile(site, partition, visitor_id) for visitor_id in visitor_ids]
        blobs = cast(list[bytes | None], self._client.mget(names)) if names else []
        return [decode_profile(blob) for blob in blobs]

    def update(
        self,
        site: str,
        partition: int,
        visitor_ids: Sequence[str],
        learn: Callable[[list[str], list[Profile]], list[ProfileUpdate]],
        judge: Judge | None = None,
    ) -> tuple[int, int]:
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
        tuple of int
            Events applied and duplicates, as counted by the saves that succeeded.
        """
        applied = duplicates = 0
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
                        applied += save.learned.applied
                        duplicates += save.learned.duplicates
                        # Here already, but for an intake that died between its append and this.
                        self.links.add(((site, partition, save.visitor_id), link) for link in save.learned.links)
            waiting = refused
        return applied, duplicates

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
        loaded_at = [profile.position for profile in profiles]
        if judge is None:
            learned = learn(visitors, profiles)
            rows = zip(visitors, loaded_at, learned, stored, strict=True)
            return [_Save(*row, None, None) for row in rows if row[2].profile.position != row[1]]
        known = [decode_membership(blob) for blob in stored]
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
        names = [keys.profile(site, partition, save.visitor_id) for save in saves]
        names += [keys.timeline(site, partition, save.visitor_id) for save in saves]
        names += [keys.counts(site, partition), keys.memberships(site, partition), keys.due(site, partition)]
        names += [keys.membership_counts(site, partition), keys.notices(site, partition)]
        rows = b"".join(self._row(save, now_s) for save in saves)
        arguments: list[bytes | int] = [
            self._lifetime_ms,
            keys.COUNTS_LIFETIME_S,
            keys.MEMBERSHIPS_LIFETIME_S,
            MAX_ENTRIES,
            rows,
        ]
        refused: list[int] = self._save(keys=names, args=arguments)
        return refused

    def _row(self, save: _Save, now_s: float) -> bytes:
        learned = save.learned
        changed = learned.profile.position != save.loaded_at
        membership, due, moved = self._membership_of(save, now_s)
        texts = (
            save.visitor_id.encode(),
            save.loaded_at.to_bytes(8, "big"),
            encode_profile(learned.profile) if changed else b"",
            save.stored,
            membership,
            due,
            moved,
            _line(learned),
        )
        lengths_and_texts = [part for text in texts for part in (len(text).to_bytes(4, "big"), text)]
        return b"".join((*lengths_and_texts, _COUNTS.pack(learned.applied, learned.duplicates)))

    def _membership_of(self, save: _Save, now_s: float) -> tuple[bytes, bytes, bytes]:
        """The new standing, when to look again, and what moved."""
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

    def erase(self, site: str, partition: int, visitor_id: str, position: int) -> None:
        """Replace a profile by an empty one that reflects `position`, so that no earlier event is learned again."""

        def empty(_: list[str], profiles: list[Profile]) -> list[ProfileUpdate]:
            return [
                ProfileUpdate(
                    profile if profile.position >= position else Profile(position=position), 1, 0, forget=True
                )
                for profile in profiles
            ]

        self.update(site, partition, [visitor_id], empty, Forgetting())
        self._client.delete(keys.pending(site, partition, visitor_id))
        self.links.forget((site, partition, visitor_id))

    def update_memberships(self, site: str, partition: int, visitor_ids: Sequence[str], judge: Judge) -> None:
        """Judge visitors of whom nothing new is known, and save where they stand; their profiles stay as they are."""

        def unchanged(_: list[str], profiles: list[Profile]) -> list[ProfileUpdate]:
            return [ProfileUpdate(profile, 0, 0) for profile in profiles]

        self.update(site, partition, visitor_ids, unchanged, judge)

    def counts(self, site: str, partitions: int) -> dict[str, int]:
        """Events of a site by outcome, summed over its partitions."""
        totals: dict[str, int] = {}
        for partition in range(partitions):
            found = cast(dict[bytes, bytes], self._client.hgetall(keys.counts(site, partition)))
            for name, value in found.items():
                totals[name.decode()] = totals.get(name.decode(), 0) + int(value)
        return totals

    def count_dead_letters(self, site: str, partition: int, dead_letters: int) -> None:
        """Add to a site's count of events set aside by the stream."""
        name = keys.counts(site, partition)
        with self._client.pipeline() as pipe:
            pipe.hincrby(name, "dead_letters", dead_letters)
            pipe.expire(name, keys.COUNTS_LIFETIME_S)
            pipe.execute()


def _moved(counts: Sequence[CountChange], notices: Sequence[bytes]) -> bytes:
    if not counts and not notices:
        return b""
    told = [(count.field, count.by, repr(count.at_s)) for count in counts]
    return msgspec.msgpack.encode((told, [notice.decode() for notice in notices]))


def _line(learned: ProfileUpdate) -> bytes:
    """What a timeline gets: whether it goes first, then its entries, each behind its length; nothing for neither."""
    entries = learned.entries[-MAX_ENTRIES:]
    if not entries and not learned.forget:
        return b""
    lengths = [part for entry in entries for part in (len(entry).to_bytes(4, "big"), entry)]
    return b"".join((b"1" if learned.forget else b"0", *lengths))
