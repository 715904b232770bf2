"""Trigger states, timers and what fires: saved together, a micro-batch at a time, so that each message is written once.

A save names the revision a trigger state was loaded at; where the stored one has moved on, that save is refused and the
visitor is done again. Trigger state, timer, journal entry, outboxes, on-site message, and the event that tells of it
are written in one step.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple, cast

import msgspec

from models.base.errors import InvalidError, show_value
from models.triggers.message_outcomes import MessageOutcome
from models.triggers.trigger import WAYS
from models.triggers.trigger_state import TriggerState, decode_trigger_state, encode_trigger_state
from models.visitor.contact_history import partition_of_message
from store import keys
from store.client import Client
from store.keys import USUAL_LIFETIMES, Lifetimes
from store.lua import read_script
from store.unreadable import OnUnreadable, log_unreadable, read_or_tell

MAX_ON_SITE: Final = 20
MAX_NEWS: Final = 1_000
MAX_JOURNAL: Final = 100_000
"""Entries a partition's journal lists; beyond it the oldest goes."""
MAX_JOURNAL_OF: Final = 500
MAX_WANTING: Final = 10_000
_MAX_PER_CALL: Final = 200
_MAX_NOTICES: Final = 1_000


class _SaveArguments(NamedTuple):
    """The first of ARGV of `save_trigger_states.lua`, in its order; a `_SavedRow` for each trigger state follows."""

    trigger_state_lifetime_s: int
    timers_lifetime_s: int


class _SavedRow(NamedTuple):
    """One trigger state in ARGV of `save_trigger_states.lua`, in its order."""

    loaded_revision: bytes
    state: bytes
    due_s: str
    visitor_commands: bytes


class Message(NamedTuple):
    """What a save writes of one outcome.

    `fields` are the journal's; `body` is the action's, as JSON; `notice` the event that tells of it, empty for none.
    `ways` are outboxes, `on_site` whether it is shown, `lasts_s` for how long.
    """

    message_id: str
    at_s: float
    fields: dict[str, str]
    body: bytes
    notice: bytes
    ways: tuple[str, ...]
    on_site: bool
    lasts_s: float


class WatcherUpdate(NamedTuple):
    """An item a visitor has begun or ceased to want: `known` is what it costs and whether it can be bought."""

    item_id: str
    at_s: float | None
    known: bytes


class StateUpdate(NamedTuple):
    """What became of one visitor: a trigger state to be saved, or None to leave it, and what goes with it."""

    state: TriggerState | None
    messages: Sequence[Message] = ()
    message_outcomes: Sequence[MessageOutcome] = ()
    wanting: Sequence[WatcherUpdate] = ()
    notices: Sequence[bytes] = ()
    erased: bool = False


class TriggerStore:
    """Trigger states, timers and messages in Redis; blocking."""

    def __init__(
        self,
        client: Client,
        on_unreadable: OnUnreadable = log_unreadable,
        lifetimes: Lifetimes = USUAL_LIFETIMES,
    ) -> None:
        self._client = client
        self._state_s = int(lifetimes.trigger_state_s)
        self._journal_s = int(lifetimes.journal_s)
        self._outbox_s = int(lifetimes.outbox_s)
        self._on_unreadable = on_unreadable
        self._replace = client.register_script(read_script("replace_value"))
        self._save = client.register_script(read_script("save_trigger_states"))
        self._told = client.register_script(read_script("forget_notices"))

    def load(self, site: str, partition: int, visitor_ids: Sequence[str]) -> list[tuple[int, TriggerState]]:
        """Read trigger states with their revisions; a new one for each visitor not known."""
        names = [keys.trigger_state(site, partition, visitor_id) for visitor_id in visitor_ids]
        blobs = cast(list[bytes | None], self._client.mget(names)) if names else []
        return [
            self._read(site, partition, visitor_id, blob) for visitor_id, blob in zip(visitor_ids, blobs, strict=True)
        ]

    def _read(self, site: str, partition: int, visitor_id: str, blob: bytes | None) -> tuple[int, TriggerState]:
        """Read a trigger state; in the place of one that cannot be read stands a new one."""
        if blob is None:
            return decode_trigger_state(None)
        found = read_or_tell(decode_trigger_state, blob, "trigger_state", site, visitor_id, self._on_unreadable)
        if found is not None:
            return found
        name, fresh = keys.trigger_state(site, partition, visitor_id), TriggerState()
        lifetime_ms = 1000 * self._state_s
        if self._replace(keys=[name], args=[blob, encode_trigger_state(fresh, 0), lifetime_ms]):
            return 0, fresh
        return self.load(site, partition, [visitor_id])[0]  # another process was first

    def put_back(self, site: str, partition: int, visitor_id: str, blob: bytes) -> None:
        """Put a trigger state that could not be read back in its place; raises `InvalidError` where it still cannot be,
        or where something is known of the visitor since."""
        try:
            decode_trigger_state(blob)
        except Exception as error:
            raise InvalidError("trigger_state_unreadable", f"that of {show_value(visitor_id)}: {error}") from error
        name = keys.trigger_state(site, partition, visitor_id)
        stored = cast(bytes | None, self._client.get(name))
        fresh = stored is None or decode_trigger_state(stored)[1].position == 0
        lifetime_ms = 1000 * self._state_s
        if not fresh or not self._replace(keys=[name], args=[stored or b"", blob, lifetime_ms]):
            raise InvalidError(
                "trigger_state_newer", f"visitor {show_value(visitor_id)} has been seen since; that state is kept"
            )

    def forget_erased(self, site: str, partition: int, visitor_id: str) -> None:
        """Let go of what holds the place of an erased state, once no flow reads anything of before it any more; not
        where the visitor has been seen since."""
        name = keys.trigger_state(site, partition, visitor_id)
        blob = cast(bytes | None, self._client.get(name))
        if blob:
            state = decode_trigger_state(blob)[1]
            if state == TriggerState(position=state.position):
                self._replace(keys=[name], args=[blob, b"", 1])

    def update_states(
        self,
        site: str,
        partition: int,
        visitor_ids: Sequence[str],
        change: Callable[[list[str], list[TriggerState]], list[StateUpdate]],
        now_s: float,
    ) -> None:
        """Load, change and save visitors; those refused are done again from what is stored now.

        Parameters
        ----------
        site, partition
            Whose trigger states, and the log partition all these visitors belong to.
        visitor_ids
            Each once.
        change
            Given visitors and their stored trigger states, gives what to save; called again for refused ones.
        now_s
            Wall clock, epoch seconds: from then on messages may be delivered.
        """
        waiting = list(visitor_ids)
        while waiting:
            refused: list[str] = []
            for start in range(0, len(waiting), _MAX_PER_CALL):
                some = waiting[start : start + _MAX_PER_CALL]
                loaded = self.load(site, partition, some)
                changed = change(some, [state for _, state in loaded])
                rows = [
                    (visitor_id, revision, update)
                    for visitor_id, (revision, _), update in zip(some, loaded, changed, strict=True)
                    if update.state is not None
                ]
                refused += self._write(site, partition, rows, now_s)
            waiting = refused

    def _write(
        self, site: str, partition: int, rows: Sequence[tuple[str, int, StateUpdate]], now_s: float
    ) -> list[str]:
        if not rows:
            return []
        self._note_elsewhere(site, partition, [outcome for _, _, update in rows for outcome in update.message_outcomes])
        names = [keys.timers(site, partition)]
        names += [keys.trigger_state(site, partition, visitor_id) for visitor_id, _, _ in rows]
        others: dict[str, None] = {}
        arguments: list[bytes | str | int] = [*_SaveArguments(self._state_s, keys.TRIGGERS_LIFETIME_S)]
        for visitor_id, revision, update in rows:
            if update.state is None:
                continue
            commands = list(self._commands(site, partition, visitor_id, update, now_s))
            others.update((str(command[1]), None) for command in commands)
            due_s = update.state.due_s
            arguments += _SavedRow(
                loaded_revision=revision.to_bytes(8, "big"),
                state=encode_trigger_state(update.state, revision + 1),
                due_s="" if due_s is None else repr(float(due_s)),
                visitor_commands=msgspec.msgpack.encode([visitor_id, *commands]),
            )
        again: list[int] = self._save(keys=[*names, *others], args=arguments)
        return [rows[index][0] for index in again]

    def _note_elsewhere(self, site: str, partition: int, message_outcomes: Sequence[MessageOutcome]) -> None:
        """Note what came of messages that a visitor was sent under another id; doing so twice is the same."""
        elsewhere = [
            message_outcome
            for message_outcome in message_outcomes
            if partition_of_message(message_outcome.message_id) != partition
        ]
        if not elsewhere:
            return
        with self._client.pipeline(transaction=False) as pipe:
            for outcome in elsewhere:
                entry = keys.journal_entry(site, partition_of_message(outcome.message_id), outcome.message_id)
                pipe.hsetnx(entry, outcome.field, outcome.value)
                pipe.expire(entry, self._journal_s)
            pipe.execute()

    def _commands(
        self, site: str, partition: int, visitor_id: str, update: StateUpdate, now_s: float
    ) -> Iterable[list[str | int | float]]:
        """What a save does beside the trigger state, as commands of one node."""
        if update.erased:
            yield from self._erasing(site, partition, visitor_id)
        for message in update.messages:
            yield from self._writing(site, partition, visitor_id, message, now_s)
        for notice in update.notices:
            yield from _notice_commands(site, partition, notice)
        for outcome in update.message_outcomes:
            if partition_of_message(outcome.message_id) != partition:
                continue
            entry = keys.journal_entry(site, partition, outcome.message_id)
            yield ["HSETNX", entry, outcome.field, outcome.value]
            yield ["EXPIRE", entry, self._journal_s]
        for want in update.wanting:
            name, known = keys.wanted(site, partition, want.item_id), keys.wanted_known(site, partition)
            if want.at_s is None:
                yield ["ZREM", name, visitor_id]
                continue
            yield ["ZADD", name, repr(want.at_s), visitor_id]
            yield ["ZREMRANGEBYRANK", name, 0, -MAX_WANTING - 1]
            yield ["EXPIRE", name, keys.WANTED_LIFETIME_S]
            yield ["HSETNX", known, want.item_id, want.known.decode()]
            yield ["EXPIRE", known, keys.TRIGGERS_LIFETIME_S]

    def _writing(
        self, site: str, partition: int, visitor_id: str, message: Message, now_s: float
    ) -> Iterable[list[str | int | float]]:
        """The commands that write one message: journal, outboxes, on-site message, notice."""
        message_id = message.message_id
        entry, journal = keys.journal_entry(site, partition, message_id), keys.journal(site, partition)
        journal_of = keys.journal_of(site, partition, visitor_id)
        fields = [part for pair in message.fields.items() for part in pair]
        yield ["HSET", entry, *fields]
        yield ["EXPIRE", entry, self._journal_s]
        for name, most in ((journal, MAX_JOURNAL), (journal_of, MAX_JOURNAL_OF)):
            yield ["ZADD", name, repr(message.at_s), message_id]
            yield ["ZREMRANGEBYRANK", name, 0, -most - 1]
            yield ["EXPIRE", name, self._journal_s]
        body = message.body.decode()
        bodies = keys.outbox_bodies(site, partition)
        for way in message.ways:
            outbox = keys.outbox(site, partition, way)
            yield ["ZADD", outbox, repr(now_s), message_id]
            yield ["EXPIRE", outbox, self._outbox_s]
            yield ["HSET", bodies, f"{way}:{message_id}", body]
            yield ["EXPIRE", bodies, self._outbox_s]
        if message.on_site:
            shown, news = keys.on_site(site, partition, visitor_id), keys.on_site_news(site, partition)
            until_s = repr(message.at_s + message.lasts_s)
            yield ["XADD", shown, "MAXLEN", MAX_ON_SITE, "*", "id", message_id, "until", until_s, "body", body]
            yield ["EXPIRE", shown, keys.ON_SITE_LIFETIME_S]
            yield ["XADD", news, "MAXLEN", "~", MAX_NEWS, "*", "v", visitor_id]
            yield ["EXPIRE", news, keys.ON_SITE_NEWS_LIFETIME_S]
        if message.notice:
            yield from _notice_commands(site, partition, message.notice)

    def _erasing(self, site: str, partition: int, visitor_id: str) -> Iterable[list[str | int | float]]:
        journal_of = keys.journal_of(site, partition, visitor_id)
        ids = [member.decode() for member in cast(list[bytes], self._client.zrange(journal_of, 0, -1))]
        for message_id in ids:
            yield ["DEL", keys.journal_entry(site, partition, message_id)]
            yield ["ZREM", keys.journal(site, partition), message_id]
            for way in WAYS:
                yield ["ZREM", keys.outbox(site, partition, way), message_id]
                yield ["ZREM", keys.undelivered(site, partition), f"{way}:{message_id}"]
                yield ["HDEL", keys.outbox_bodies(site, partition), f"{way}:{message_id}", f"tries:{way}:{message_id}"]
        yield ["DEL", journal_of]
        yield ["DEL", keys.on_site(site, partition, visitor_id)]

    def busy(self, site: str, partitions: Sequence[int], now_s: float) -> tuple[list[int], list[int]]:
        """Give the partitions in which somebody is due, and those with events to be told; in one round trip."""
        with self._client.pipeline(transaction=False) as pipe:
            for partition in partitions:
                pipe.zcount(keys.timers(site, partition), "-inf", now_s)
                pipe.llen(keys.trigger_notices(site, partition))
            counts = cast(list[int], pipe.execute())
        due = [partition for partition, count in zip(partitions, counts[::2], strict=True) if count]
        return due, [partition for partition, count in zip(partitions, counts[1::2], strict=True) if count]

    def present(self, site: str, partition: int, visitor_ids: Sequence[str], now_s: float) -> list[bool]:
        """Whether each visitor has a page open now (wall clock)."""
        with self._client.pipeline(transaction=False) as pipe:
            for visitor_id in visitor_ids:
                pipe.zscore(keys.present(site, partition), visitor_id)
            found = cast(list[float | None], pipe.execute())
        return [until_s is not None and until_s >= now_s for until_s in found]

    def due(self, site: str, partition: int, now_s: float, most: int) -> list[str]:
        """Give visitors whose time has come, the longest overdue first."""
        name = keys.timers(site, partition)
        found = cast(list[bytes], self._client.zrangebyscore(name, "-inf", now_s, start=0, num=most))
        return [visitor_id.decode() for visitor_id in found]

    def postpone(self, site: str, partition: int, visitor_id: str, until_s: float) -> None:
        """Look at a visitor again at a time (epoch seconds of the site's clock), and not before."""
        name = keys.timers(site, partition)
        self._client.zadd(name, {visitor_id: until_s})
        self._client.expire(name, keys.TRIGGERS_LIFETIME_S)

    def notices(self, site: str, partition: int) -> list[bytes]:
        """Give events that are not in the log yet, oldest first."""
        name = keys.trigger_notices(site, partition)
        return cast(list[bytes], self._client.lrange(name, 0, _MAX_NOTICES - 1))

    def told(self, site: str, partition: int, notices: Sequence[bytes]) -> int:
        """Forget events that are in the log now; gives how many are left."""
        left: int = self._told(keys=[keys.trigger_notices(site, partition)], args=list(notices))
        return left


def _notice_commands(site: str, partition: int, notice: bytes) -> Iterable[list[str | int | float]]:
    """The commands that have an event told."""
    notices = keys.trigger_notices(site, partition)
    yield ["RPUSH", notices, notice.decode()]
    yield ["EXPIRE", notices, keys.TRIGGERS_LIFETIME_S]
