"""Intake: appends to the event log in groups, so that one round trip serves every request waiting."""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from api.http.problems import unavailable
from models.events.events import Event, encode_event
from models.visitor.identity import Link
from store.log.log import EventLog, LogUnavailableError, partition_of
from store.visitors.order_tellers import ToldOrder

_MAX_GROUP: Final = 5_000
_MAX_WAITING: Final = 10_000
_LOGGER = logging.getLogger(__name__)


class Incoming(NamedTuple):
    """A record on its way into the log; `link` says whose the device `visitor_id` is from now on.

    `added` is one that nobody sent; with one that has `heard` an order, its teller knows what was told of it before.
    """

    site: str
    partition: int
    visitor_id: str
    value: bytes
    link: Link | None = None
    added: bool = False
    heard: ToldOrder | None = None


def event_record(event: Event, partitions: int, link: Link | None = None) -> Incoming:
    """Give an event as a record of the partition its visitor belongs to, of so many of the log."""
    partition = partition_of(event.site, event.visitor_id, partitions)
    return Incoming(event.site, partition, event.visitor_id, encode_event(event), link)


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
        Called with what was appended and its positions before the requests go on; a failure there is counted by the
        caller's function and fails no request, since the log has the records.
    linger_s
        Seconds to wait for more before an append: for logs that nobody waits for.
    """

    def __init__(
        self,
        log: EventLog,
        prepare: Prepare | None = None,
        remember: Remember | None = None,
        linger_s: float = 0.0,
    ) -> None:
        self._linger_s = linger_s
        self._log = log
        self._prepare = prepare
        self._remember = remember
        self._queue: queue.Queue[_Waiting | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name=f"append-{log.name}", daemon=True)
        self._thread.start()

    async def append(self, records: Sequence[Incoming]) -> list[int]:
        """Append and give the positions; on return all records are durable. Raises `LogUnavailableError`."""
        if not records:
            return []
        done: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self._queue.put(_Waiting(records, done))
        return await done

    def post(self, records: Sequence[Incoming]) -> bool:
        """Append some time soon, unwatched; False when too much is waiting already."""
        if self._queue.qsize() >= _MAX_WAITING:
            return False
        self._queue.put(_Waiting(records, None))
        return True

    def close(self) -> None:
        """Append what is waiting, then end the thread."""
        self._queue.put(None)
        self._thread.join(timeout=15)

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
        try:
            if self._prepare is not None:
                records = self._prepare(records)
            positions = self._log.append([(record.partition, record.value) for record in records])
        except Exception as error:
            if not isinstance(error, LogUnavailableError):
                _LOGGER.exception("append to %s failed", self._log.name)
            for waiting in group:
                if waiting.done is not None:
                    waiting.done.get_loop().call_soon_threadsafe(_fail, waiting.done, error)
            return
        if self._remember is not None:
            self._remember(list(zip(records, positions, strict=True)))
        sent = [position for record, position in zip(records, positions, strict=True) if not record.added]
        start = 0
        for waiting in group:
            end = start + len(waiting.records)
            if waiting.done is not None:
                waiting.done.get_loop().call_soon_threadsafe(_succeed, waiting.done, sent[start:end])
            start = end


def _succeed(done: asyncio.Future[list[int]], positions: list[int]) -> None:
    if not done.done():  # its request may be gone
        done.set_result(positions)


def _fail(done: asyncio.Future[list[int]], error: Exception) -> None:
    if not done.done():
        done.set_exception(error)


async def append_events(appender: Appender, incoming: list[Incoming]) -> list[int]:
    """Append to the event log, or end the request with a problem that says to try again."""
    try:
        return await appender.append(incoming)
    except LogUnavailableError as error:
        raise unavailable("log_unavailable", "the event log does not answer; send the events again") from error
