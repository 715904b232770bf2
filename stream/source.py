"""Source: what the event log holds, as micro-batches of one partition each."""

import logging
import time
from collections.abc import Callable

from bytewax.inputs import DynamicSource, StatelessSourcePartition

from store.log.log import Batch, LogReader, LogUnavailableError
from stream.retry import Backoff, Stop

_LOGGER = logging.getLogger(__name__)
_POLL_S = 0.05


class Tick:
    """Comes when no batch did for a while, so that steps with something to finish get their turn."""


TICK = Tick()


class LogSource(DynamicSource[Batch | Tick]):
    """Follows the log with one reader.

    Parameters
    ----------
    open_reader
        Opens the reader, in the worker.
    max_records
        Records in a micro-batch, at most.
    stop
        Ends the flow once set: what was read is still learned and committed.
    tick_every_s
        Seconds without a tick after which one comes; None for no ticks.
    over
        Asked before each read; True ends this flow, though not the process.
    """

    def __init__(
        self,
        open_reader: Callable[[], LogReader],
        max_records: int,
        stop: Stop,
        tick_every_s: float | None = None,
        over: Callable[[], bool] = lambda: False,
    ) -> None:
        self._over = over
        self._open_reader = open_reader
        self._max_records = max_records
        self._stop = stop
        self._tick_every_s = tick_every_s

    def build(self, step_id: str, worker_index: int, worker_count: int) -> "_LogReading":
        """Start reading. One worker a process: members of the group are processes."""
        if worker_count != 1:
            raise ValueError(f"step {step_id} runs on 1 worker a process, got {worker_count}")
        return _LogReading(self._open_reader(), self._max_records, self._stop, self._tick_every_s, self._over)


class _LogReading(StatelessSourcePartition[Batch | Tick]):
    def __init__(
        self,
        reader: LogReader,
        max_records: int,
        stop: Stop,
        tick_every_s: float | None,
        over: Callable[[], bool],
    ) -> None:
        self._over = over
        self._reader = reader
        self._max_records = max_records
        self._stop = stop
        self._tick_every_s = tick_every_s
        self._ticked_at = time.monotonic()
        self._backoff = Backoff(stop)

    def next_batch(self) -> list[Batch | Tick]:
        if self._stop.is_set() or self._over():
            raise StopIteration
        items: list[Batch | Tick] = []
        try:
            items += self._reader.poll(self._max_records, _POLL_S)
            self._backoff.reset()
        except LogUnavailableError as error:
            _LOGGER.warning("event log unavailable, waiting: %s", error)
            self._backoff.wait()
        now = time.monotonic()
        if self._tick_every_s is not None and now - self._ticked_at >= self._tick_every_s:
            self._ticked_at = now
            items.append(TICK)
        return items

    def close(self) -> None:
        self._reader.close()
