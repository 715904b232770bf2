"""Intake: appends to the event log in groups, so that one round trip serves every request waiting."""

import asyncio
import contextlib
import logging
import queue
import time
from collections.abc import Callable, Sequence
from math import inf
from typing import Final, NamedTuple

from api.http.problems import unavailable
from models.events.events import Event, encode_event
from models.visitor.identity import Link
from store.guarded_thread import GuardedThread, OnFailure
from store.log.log import EventLog, LogUnavailableError, partition_of
from store.visitors.order_tellers import ToldOrder

_MAX_GROUP: Final = 5_000
_MAX_WAITING: Final = 10_000
_LONGEST_S: Final = 30.0
"""Longer than any log takes to answer or to say that it cannot: beyond it something hangs, and nobody waits on."""
_LOGGER = logging.getLogger(__name__)


class Incoming(NamedTuple):
    """A record on its way into the log; `link` says whose the device `visitor_id` is from now on.

    `added` is one that nobody sent; with one that has `heard` an order, its teller knows what was told of it before.
    `user_id` is the user's it names, empty for none.
    """

    site: str
    partition: int
    visitor_id: str
    value: bytes
    link: Link | None = None
    added: bool = False
    heard: ToldOrder | None = None
    user_id: str = ""


def event_record(event: Event, partitions: int, link: Link | None = None) -> Incoming:
    """Give an event as a record of the partition its visitor belongs to, of so many of the log."""
    partition = partition_of(event.site, event.visitor_id, partitions)
    return Incoming(event.site, partition, event.visitor_id, encode_event(event), link, user_id=event.user_id)


Prepare = Callable[[list[Incoming]], list[Incoming]]
Remember = Callable[[Sequence[tuple[Incoming, int]]], None]


class _Waiting(NamedTuple):
    records: Sequence[Incoming]
    done: asyncio.Future[list[int]] | None


class Appender:
    """Appends from one thread of its own.

    Parameters
    ----------
    log
        Where to.
    prepare
        Called with the records of a group; gives those to append in their place, as many, and perhaps some more among
        them, which are marked as `added`.
    remember
        Called with what was appended and its positions before the requests go on; a failure there fails no request,
        since the log has the records.
    linger_s
        Seconds to wait for more before an append: for logs that nobody waits for.
    on_failure
        Told of the thread's name and each error that nobody expects.
    """

    def __init__(
        self,
        log: EventLog,
        prepare: Prepare | None = None,
        remember: Remember | None = None,
        linger_s: float = 0.0,
        on_failure: OnFailure | None = None,
    ) -> None:
        self._linger_s = linger_s
        self._log = log
        self._prepare = prepare
        self._remember = remember
        self._queue: queue.Queue[_Waiting | None] = queue.Queue()
        self._on_failure = on_failure
        self._begun_s = 0.0
        self.appended_at_s = -inf
        """When the log last took records (monotonic seconds); the infinite past once it has refused some since."""
        self._thread = GuardedThread(f"append-{log.name}", self._run, on_failure)
        self._thread.start()

    @property
    def trouble(self) -> str:
        """Why nothing is appended now; empty as long as the thread goes on."""
        if not self._thread.alive:
            return f"the thread that appends to {self._log.name} has ended"
        begun_s = self._begun_s
        if begun_s and time.monotonic() - begun_s > _LONGEST_S:
            return f"the log {self._log.name} has not answered for more than {_LONGEST_S:g} s"
        return ""

    async def append(self, records: Sequence[Incoming]) -> list[int]:
        """Append and give the positions; on return all records are durable. Raises `LogUnavailableError`, also where
        the log hangs: then the records may be in it all the same."""
        if not records:
            return []
        if self.trouble:
            raise LogUnavailableError(self.trouble)
        done: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self._queue.put(_Waiting(records, done))
        try:
            async with asyncio.timeout(_LONGEST_S):
                return await done
        except TimeoutError as error:
            raise LogUnavailableError(f"the log {self._log.name} has not answered for {_LONGEST_S:g} s") from error

    def post(self, records: Sequence[Incoming]) -> bool:
        """Append some time soon, unwatched; False when too much is waiting already."""
        if self._queue.qsize() >= _MAX_WAITING:
            return False
        self._queue.put(_Waiting(records, None))
        return True

    def close(self) -> None:
        """Append what is waiting, then end the thread."""
        self._queue.put(None)
        self._thread.join(15)

    def _run(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                return
            if self._linger_s:
                time.sleep(self._linger_s)
            group, size, last = [first], len(first.records), False
            while size < _MAX_GROUP:
                try:
                    more = self._queue.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    last = True
                    break
                group.append(more)
                size += len(more.records)
            self._append(group)
            if last:
                return

    def _append(self, group: list[_Waiting]) -> None:
        records = [record for waiting in group for record in waiting.records]
        self._begun_s = time.monotonic()
        try:
            if self._prepare is not None:
                records = self._prepare(records)
            positions = self._log.append([(record.partition, record.value) for record in records])
        except Exception as error:
            self._tell_of(error, f"append to {self._log.name} failed")
            self.appended_at_s = -inf
            if len(group) > 1 and not isinstance(error, LogUnavailableError):
                for waiting in group:  # what is wrong with one request is not the others' fault
                    self._append([waiting])
                return
            for waiting in group:
                if waiting.done is not None:
                    _call(_fail, waiting.done, error)
            return
        finally:
            self._begun_s = 0.0
        self.appended_at_s = time.monotonic()
        if self._remember is not None:
            try:
                self._remember(list(zip(records, positions, strict=True)))
            except Exception as error:  # the log has the records: they are accepted
                self._tell_of(error, f"what was appended to {self._log.name} could not be remembered")
        sent = [position for record, position in zip(records, positions, strict=True) if not record.added]
        start = 0
        for waiting in group:
            end = start + len(waiting.records)
            if waiting.done is not None:
                _call(_succeed, waiting.done, sent[start:end])
            start = end

    def _tell_of(self, error: Exception, what: str) -> None:
        if not isinstance(error, LogUnavailableError):
            _LOGGER.error("%s", what, exc_info=error)
            if self._on_failure is not None:
                self._on_failure(f"append-{self._log.name}", error)


def _call(tell: Callable[..., None], done: asyncio.Future[list[int]], outcome: object) -> None:
    with contextlib.suppress(RuntimeError):  # its event loop has ended: nobody waits any more
        done.get_loop().call_soon_threadsafe(tell, done, outcome)


def _succeed(done: asyncio.Future[list[int]], positions: list[int]) -> None:
    if not done.done():  # its request may be gone
        done.set_result(positions)


def _fail(done: asyncio.Future[list[int]], error: Exception) -> None:
    if not done.done():
        # Each of those who wait gets an error of its own, or they would add to one and the same traceback.
        told = LogUnavailableError(str(error)) if isinstance(error, LogUnavailableError) else error
        done.set_exception(told)


async def append_events(appender: Appender, incoming: list[Incoming]) -> list[int]:
    """Append to the event log, or end the request with a problem that says to try again."""
    try:
        return await appender.append(incoming)
    except LogUnavailableError as error:
        raise unavailable("log_unavailable", "the event log does not answer; send the events again") from error
