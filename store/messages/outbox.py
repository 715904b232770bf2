"""Outbox: messages on their way out, each way tried until it succeeds or is given up, and then kept to be tried again.

Whoever takes a message has it for a while; if it dies meanwhile, the message comes back. So a message may arrive twice,
always under the same id, and is never lost.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, cast

from store import keys
from store.client import Client
from store.keys import USUAL_LIFETIMES, Lifetimes
from store.lua import read_script

MessageFate = Literal["done", "again", "aside"]
_MAX_LISTED: Final = 1_000


class _TakeArguments(NamedTuple):
    """ARGV of `take_messages.lua`, in its order."""

    now_s: str
    until_s: str
    most: int
    way: str


class _TakenMessage(NamedTuple):
    """What `take_messages.lua` returns, in its order, of each message."""

    message_id: bytes
    body: bytes
    tries: int


class _SettleKeys(NamedTuple):
    """KEYS of `settle_message.lua`, in its order."""

    outbox: str
    bodies: str
    undelivered: str
    journal_entry: str


class _SettleArguments(NamedTuple):
    """ARGV of `settle_message.lua`, in its order; pairs of field and value follow."""

    message_id: str
    way: str
    outcome: MessageFate
    at_s: str
    lifetime_s: int


class _RetryKeys(NamedTuple):
    """KEYS of `retry_undelivered.lua`, in its order."""

    undelivered: str
    outbox: str
    bodies: str


class _RetryArguments(NamedTuple):
    """ARGV of `retry_undelivered.lua`, in its order; names `<way>:<id>` follow."""

    now_s: str
    way: str
    lifetime_s: int


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

    def __init__(self, client: Client, site: str, partitions: int, lifetimes: Lifetimes = USUAL_LIFETIMES) -> None:
        self._client = client
        self._lifetime_s = int(lifetimes.outbox_s)
        self._site = site
        self._partitions = partitions
        self._take = client.register_script(read_script("take_messages"))
        self._settle = client.register_script(read_script("settle_message"))
        self._retry = client.register_script(read_script("retry_undelivered"))

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
            arguments = _TakeArguments(repr(now_s), repr(until_s), most - len(found), way)
            flat = self._take(keys=names, args=arguments)
            size = len(_TakenMessage._fields)
            for at in range(0, len(flat), size):
                taken = _TakenMessage(*flat[at : at + size])
                found.append(Outgoing(partition, taken.message_id.decode(), taken.body, int(taken.tries)))
        return found

    def delivered(self, way: str, message: Outgoing, fields: Mapping[str, str]) -> None:
        """Note that a message has arrived."""
        self._settled(way, message, "done", 0.0, fields)

    def again(self, way: str, message: Outgoing, at_s: float, fields: Mapping[str, str]) -> None:
        """Try a message again at a time."""
        self._settled(way, message, "again", at_s, fields)

    def set_aside(self, way: str, message: Outgoing, at_s: float, fields: Mapping[str, str]) -> None:
        """Give a message up for now: it is kept, to be seen and replayed."""
        self._settled(way, message, "aside", at_s, fields)

    def _settled(
        self, way: str, message: Outgoing, outcome: MessageFate, at_s: float, fields: Mapping[str, str]
    ) -> None:
        names = _SettleKeys(
            outbox=keys.outbox(self._site, message.partition, way),
            bodies=keys.outbox_bodies(self._site, message.partition),
            undelivered=keys.undelivered(self._site, message.partition),
            journal_entry=keys.journal_entry(self._site, message.partition, message.message_id),
        )
        arguments = _SettleArguments(message.message_id, way, outcome, repr(at_s), self._lifetime_s)
        flat = [part for pair in fields.items() for part in pair]
        self._settle(keys=names, args=[*arguments, *flat])

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
                    names = _RetryKeys(
                        undelivered=name,
                        outbox=keys.outbox(self._site, partition, way),
                        bodies=keys.outbox_bodies(self._site, partition),
                    )
                    arguments = _RetryArguments(repr(now_s), way, self._lifetime_s)
                    moved += int(self._retry(keys=names, args=[*arguments, *some]))
        return moved
