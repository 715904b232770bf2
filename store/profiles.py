"""Profiles: loaded and saved a micro-batch at a time, so that no worker ever overwrites newer state.

A save names the position the profile was loaded at. Where the stored profile has moved on meanwhile (another worker
took the partition over, the visitor was erased), that save is refused, and the visitor is loaded and learned again.
The timeline is written in the same step as the profile, so each touchpoint stands on it once.
"""

from collections.abc import Callable, Sequence
from struct import Struct
from typing import NamedTuple, cast

from models.profile import Profile, decode_profile, encode_profile
from models.timeline import MAX_ENTRIES
from store import keys
from store.client import Client

_MAX_PER_CALL = 500

# KEYS: each profile and its timeline, then the site's counts. ARGV: profile lifetime in ms, counts lifetime in s,
# entries a timeline keeps, then for each profile its head (`_HEAD`), its new form, whose first 8 bytes are a position
# as the head's are, and its new entries.
_SAVE = """
local refused = {}
local all_applied, all_duplicates = 0, 0
local a = 4
for i = 1, #KEYS - 1, 2 do
  local applied, duplicates, forget, entries = struct.unpack('>I4I4I4I4', ARGV[a], 9)
  local stored = redis.call('GETRANGE', KEYS[i], 0, 7)
  if stored == '' then stored = string.rep('\\0', 8) end
  if stored ~= string.sub(ARGV[a], 1, 8) then
    refused[#refused + 1] = (i - 1) / 2
  else
    redis.call('SET', KEYS[i], ARGV[a + 1], 'PX', ARGV[1])
    all_applied = all_applied + applied
    all_duplicates = all_duplicates + duplicates
    if forget == 1 then redis.call('DEL', KEYS[i + 1]) end
    if entries > 0 then
      local size = redis.call('RPUSH', KEYS[i + 1], unpack(ARGV, a + 2, a + 1 + entries))
      if size > tonumber(ARGV[3]) then redis.call('LTRIM', KEYS[i + 1], -ARGV[3], -1) end
    end
    redis.call('PEXPIRE', KEYS[i + 1], ARGV[1])
  end
  a = a + 2 + entries
end
local counts = KEYS[#KEYS]
if all_applied > 0 then redis.call('HINCRBY', counts, 'applied', all_applied) end
if all_duplicates > 0 then redis.call('HINCRBY', counts, 'duplicates', all_duplicates) end
redis.call('EXPIRE', counts, ARGV[2])
return refused
"""


_HEAD = Struct(">QIIII")
"""Position a profile was loaded at, events applied, duplicates, 1 where the timeline so far is to go, new entries."""


class Learned(NamedTuple):
    """What learning made of one visitor's events: the new profile, what to count, and what its timeline gets.

    `entries` are new touchpoints in their stored form; `forget` drops those stored before.
    """

    profile: Profile
    applied: int
    duplicates: int
    entries: Sequence[bytes] = ()
    forget: bool = False


class ProfileStore:
    """Visitor profiles in Redis.

    Parameters
    ----------
    client
        Blocking client.
    lifetime_s
        A profile lives this long after its last write.
    """

    def __init__(self, client: Client, lifetime_s: float) -> None:
        self._client = client
        self._lifetime_ms = int(lifetime_s * 1000)
        self._save = client.register_script(_SAVE)

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
        learn: Callable[[list[str], list[Profile]], list[Learned]],
    ) -> tuple[int, int]:
        """Load, learn and save visitors; those refused are done again from what is stored now.

        Parameters
        ----------
        site, partition
            Whose profiles, and the log partition all these visitors belong to.
        visitor_ids
            Each once.
        learn
            Given visitors and their stored profiles, gives what to save; called again for refused ones.

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
                some = waiting[start : start + _MAX_PER_CALL]
                profiles = self.load(site, partition, some)
                loaded_at = [profile.position for profile in profiles]
                learned = learn(some, profiles)
                changed = [
                    (visitor_id, at, one)
                    for visitor_id, at, one in zip(some, loaded_at, learned, strict=True)
                    if one.profile.position != at
                ]
                again = set(self._write(site, partition, changed))
                for index, (visitor_id, _, one) in enumerate(changed):
                    if index in again:
                        refused.append(visitor_id)
                    else:
                        applied += one.applied
                        duplicates += one.duplicates
            waiting = refused
        return applied, duplicates

    def _write(self, site: str, partition: int, changed: Sequence[tuple[str, int, Learned]]) -> list[int]:
        if not changed:
            return []
        names: list[str] = []
        arguments: list[bytes | int] = [self._lifetime_ms, keys.COUNTS_LIFETIME_S, MAX_ENTRIES]
        for visitor_id, loaded_at, one in changed:
            names += [keys.profile(site, partition, visitor_id), keys.timeline(site, partition, visitor_id)]
            entries = one.entries[-MAX_ENTRIES:]
            arguments.append(_HEAD.pack(loaded_at, one.applied, one.duplicates, one.forget, len(entries)))
            arguments.append(encode_profile(one.profile))
            arguments.extend(entries)
        refused: list[int] = self._save(keys=[*names, keys.counts(site, partition)], args=arguments)
        return refused

    def erase(self, site: str, partition: int, visitor_id: str, position: int) -> None:
        """Replace a profile by an empty one that reflects `position`, so that no earlier event is learned again."""

        def empty(_: list[str], profiles: list[Profile]) -> list[Learned]:
            return [
                Learned(one if one.position >= position else Profile(position=position), 1, 0, forget=True)
                for one in profiles
            ]

        self.update(site, partition, [visitor_id], empty)
        self._client.delete(keys.pending(site, partition, visitor_id))

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
