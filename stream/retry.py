"""Retry: a server that is away is waited for; nothing is skipped, and a stop is heard meanwhile."""

import logging
import os
import threading
from collections.abc import Callable
from typing import Final, NoReturn, TypeVar

from store.log.log import LogUnavailableError
from store.refusals import UNAVAILABLE
from stream.metrics import REFUSALS, WAITING_FOR_SERVER

_LOGGER = logging.getLogger(__name__)
_FIRST_WAIT_S: Final = 0.05
_LONGEST_WAIT_S: Final = 1.0

Answered = TypeVar("Answered")


class Stop(threading.Event):
    """Set when the process is to end, perhaps by a signal's handler: in the very thread that is about to wait."""

    def __init__(self) -> None:
        super().__init__()
        # Under the lock that an event comes with, such a thread would wait for itself for ever.
        self._cond = threading.Condition(threading.RLock())

    def leave(self, what: str) -> NoReturn:
        """End the process at once, in the middle of a step: what it was doing is not committed, so it is read again.

        An exception would not do: raised through the dataflow engine it ends in the engine's own panic.
        """
        _LOGGER.warning("stopped while waiting to %s", what)
        logging.shutdown()
        os._exit(0)


class Backoff:
    """Waits that double from 50 ms to 1 s, cut short by a stop."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._wait_s = _FIRST_WAIT_S

    def wait(self) -> None:
        """Wait once."""
        self._stop.wait(self._wait_s)
        self._wait_s = min(2 * self._wait_s, _LONGEST_WAIT_S)

    def reset(self) -> None:
        """Begin with the shortest wait again."""
        self._wait_s = _FIRST_WAIT_S


def retry_until_available(stop: Stop, what: str, call: Callable[[], Answered]) -> Answered:
    """Call until the servers answer; ends the process when it is told to stop first.

    Parameters
    ----------
    stop
        Set when the process is to end.
    what
        What the call does, for the log line.
    call
        Repeatable: a call that failed half-way is made again whole.
    """
    backoff = Backoff(stop)
    refused = False
    while True:
        try:
            answer = call()
        except (*UNAVAILABLE, LogUnavailableError) as error:
            if stop.is_set():
                stop.leave(what)
            _LOGGER.warning("cannot %s, waiting: %s", what, error)
            refused = True
            REFUSALS.inc()
            WAITING_FOR_SERVER.set(1)
            backoff.wait()
        else:
            if refused:
                WAITING_FOR_SERVER.set(0)
            return answer
