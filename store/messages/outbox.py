"""Outbox: messages on their way out, each way tried until it succeeds or is given up, and then kept to be tried again.

Whoever takes a message has it for a while; if it dies meanwhile, the message comes back. So a message may arrive twice,
always under the same id, and is never lost.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, cast

from store import keys
from store.client import Client

# KEYS: outbox, bodies. ARGV: now and until when it is taken (epoch seconds), most, way.
_TAKE = """
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
local found = {}
for i = 1, #ids do
  local body = redis.call('HGET', KEYS[2], ARGV[4] .. ':' .. ids[i])
  if body then
    redis.call('ZADD', KEYS[1], ARGV[2], ids[i])
    found[#found + 1] = ids[i]
    found[#found + 1] = body
    found[#found + 1] = redis.call('HINCRBY', KEYS[2], 'tries:' .. ARGV[4] .. ':' .. ids[i], 1)
  else
    redis.call('ZREM', KEYS[1], ids[i])
  end
end
return found
"""

# KEYS: outbox, bodies, undelivered, journal entry. ARGV: id, way, what becomes of it (done, again or aside), when it is
# tried again or set aside (epoch seconds), lifetime in s, then fields and values for the journal.
_SETTLE = """
if redis.call('ZSCORE', KEYS[1], ARGV[1]) == false then return 0 end
local name = ARGV[2] .. ':' .. ARGV[1]
if ARGV[3] == 'again' then
  redis.call('ZADD', KEYS[1], ARGV[4], ARGV[1])
else
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[2], 'tries:' .. name)
  if ARGV[3] == 'aside' then
    redis.call('ZADD', KEYS[3], ARGV[4], name)
    redis.call('EXPIRE', KEYS[3], ARGV[5])
  else
    redis.call('HDEL', KEYS[2], name)
  end
end
if redis.call('EXISTS', KEYS[4]) == 1 then
  for a = 6, #ARGV, 2 do redis.call('HSET', KEYS[4], ARGV[a], ARGV[a + 1]) end
end
return 1
"""

# KEYS: undelivered, outbox, bodies. ARGV: now (epoch seconds), way, lifetime in s, then names `way:id`.
_REPLAY = """
local moved = 0
for a = 4, #ARGV do
  local id = string.sub(ARGV[a], #ARGV[2] + 2)
  if redis.call('ZREM', KEYS[1], ARGV[a]) == 1 and redis.call('HEXISTS', KEYS[3], ARGV[a]) == 1 then
    redis.call('ZADD', KEYS[2], ARGV[1], id)
    moved = moved + 1
  end
end
redis.call('EXPIRE', KEYS[2], ARGV[3])
return moved
"""
_MAX_LISTED: Final = 1_000


class Outgoing(NamedTuple):
    """A message to be delivered; `tries` counts this one."""

    partition: int
    message_id: str
    body: bytes
    tries: int


class Undelivered(NamedTuple):
    """A message that was set aside; `at_s` epoch seconds by the wall clock."""

    way: str
    message_id: str
    at_s: float
    body: bytes


class Outbox:
    """One site's messages on their way out, in Redis; blocking, thread-safe."""

    def __init__(self, client: Client, site: str, partitions: int) -> None:
        self._client = client
        self._site = site
        self._partitions = partitions
        self._take = client.register_script(_TAKE)
        self._settle = client.register_script(_SETTLE)
        self._replay = client.register_script(_REPLAY)

    def take(self, way: str, most: int, now_s: float, until_s: float) -> list[Outgoing]:
        """Take messages that are due, the oldest of each partition first; they come back at `until_s`."""
        found: list[Outgoing] = []
        with self._client.pipeline(transaction=False) as pipe:
            for partition in range(self._partitions):
                pipe.zcount(keys.outbox(self._site, partition, way), "-inf", now_s)
            counts = cast(list[int], pipe.execute())
        for partition, count in enumerate(counts):
            if not count or len(found) >= most:
                continue
            names = [keys.outbox(self._site, partition, way), keys.outbox_bodies(self._site, partition)]
            flat = self._take(keys=names, args=[repr(now_s), repr(until_s), most - len(found), way])
            for message_id, body, tries in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
                found.append(Outgoing(partition, message_id.decode(), body, int(tries)))
        return found

    def delivered(self, way: str, one: Outgoing, fields: Mapping[str, str]) -> None:
        """Note that a message has arrived."""
        self._settled(way, one, "done", 0.0, fields)

    def again(self, way: str, one: Outgoing, at_s: float, fields: Mapping[str, str]) -> None:
        """Try a message again at a time."""
        self._settled(way, one, "again", at_s, fields)

    def set_aside(self, way: str, one: Outgoing, at_s: float, fields: Mapping[str, str]) -> None:
        """Give a message up for now: it is kept, to be seen and replayed."""
        self._settled(way, one, "aside", at_s, fields)

    def _settled(self, way: str, one: Outgoing, what: str, at_s: float, fields: Mapping[str, str]) -> None:
        names = [
            keys.outbox(self._site, one.partition, way),
            keys.outbox_bodies(self._site, one.partition),
            keys.undelivered(self._site, one.partition),
            keys.journal_entry(self._site, one.partition, one.message_id),
        ]
        flat = [part for pair in fields.items() for part in pair]
        self._settle(keys=names, args=[one.message_id, way, what, repr(at_s), keys.OUTBOX_LIFETIME_S, *flat])

    def waiting(self, way: str) -> int:
        """How many messages are on their way out."""
        with self._client.pipeline(transaction=False) as pipe:
            for partition in range(self._partitions):
                pipe.zcard(keys.outbox(self._site, partition, way))
            return sum(cast(list[int], pipe.execute()))

    def undelivered(self, most: int) -> list[Undelivered]:
        """Give messages that were set aside, the newest first."""
        found: list[Undelivered] = []
        for partition in range(self._partitions):
            name = keys.undelivered(self._site, partition)
            raw = cast(
                list[tuple[bytes, float]], self._client.zrange(name, 0, _MAX_LISTED - 1, desc=True, withscores=True)
            )
            if not raw:
                continue
            members = [member.decode() for member, _ in raw]
            bodies = cast(list[bytes | None], self._client.hmget(keys.outbox_bodies(self._site, partition), members))
            for (_, at_s), member, body in zip(raw, members, bodies, strict=True):
                way, _, message_id = member.partition(":")
                found.append(Undelivered(way, message_id, at_s, body or b"{}"))
        return sorted(found, key=lambda message: (-message.at_s, message.message_id))[:most]

    def replay(self, now_s: float, message_id: str = "") -> int:
        """Try messages that were set aside again: one, or all; gives how many."""
        moved = 0
        for partition in range(self._partitions):
            name = keys.undelivered(self._site, partition)
            members = [member.decode() for member in cast(list[bytes], self._client.zrange(name, 0, -1))]
            for way in {member.partition(":")[0] for member in members}:
                some = [
                    member
                    for member in members
                    if member.startswith(f"{way}:") and (not message_id or member == f"{way}:{message_id}")
                ]
                if some:
                    names = [
                        name,
                        keys.outbox(self._site, partition, way),
                        keys.outbox_bodies(self._site, partition),
                    ]
                    moved += int(self._replay(keys=names, args=[repr(now_s), way, keys.OUTBOX_LIFETIME_S, *some]))
        return moved
