"""Letter queue: what this process sets aside, kept some time soon, so that no request waits for it."""

import logging
import queue
import time
from collections.abc import Sequence
from typing import Final

from api.http import metrics
from models.events.dead_letter import DeadLetter
from store.dead_letters import INTAKE, DeadLetterStore
from store.guarded_thread import GuardedThread, OnFailure
from store.refusals import UNAVAILABLE
from store.unreadable import Unreadable, letter_of

_LOGGER = logging.getLogger(__name__)
_MAX_WAITING: Final = 10_000
_MAX_AT_ONCE: Final = 200
_LINGER_S: Final = 0.1
_AGAIN_S: Final = 1.0
_CLOSE_S: Final = 5.0


class LetterQueue:
    """Dead letters on their way into the store, from one thread of its own.

    Parameters
    ----------
    store
        Where to.
    on_failure
        Told of the thread's name and each error that nobody expects.
    """

    def __init__(self, store: DeadLetterStore, on_failure: OnFailure) -> None:
        self._store = store
        self._queue: queue.Queue[DeadLetter | None] = queue.Queue(_MAX_WAITING)
        self._closing = False
        self._thread = GuardedThread("set-aside", self._run, on_failure)
        self._thread.start()

    def put(self, letters: Sequence[DeadLetter]) -> None:
        """Set letters aside some time soon; those for which there is no room any more are counted as lost."""
        for place, letter in enumerate(letters):
            try:
                self._queue.put_nowait(letter)
            except queue.Full:
                metrics.LETTERS_LOST.inc(len(letters) - place)
                return

    def unreadable(self, found: Unreadable) -> None:
        """Set aside what is stored and cannot be read."""
        _LOGGER.error("%s", found.words)
        metrics.UNREADABLE.labels(found.kind).inc()
        self.put([letter_of(found, INTAKE, time.time())])

    def close(self) -> None:
        """Keep what is waiting, then end the thread."""
        self._closing = True
        self._queue.put(None)
        self._thread.join(_CLOSE_S)

    def _run(self) -> None:
        while True:
            letter = self._queue.get()
            if letter is None:
                return
            time.sleep(0.0 if self._closing else _LINGER_S)
            letters, last = [letter], False
            while len(letters) < _MAX_AT_ONCE and not self._queue.empty():
                more = self._queue.get()
                if more is None:
                    last = True
                    break
                letters.append(more)
            self._keep(letters)
            if last:
                return

    def _keep(self, letters: list[DeadLetter]) -> None:
        while True:
            try:
                self._store.set_aside(letters)
                return
            except UNAVAILABLE as error:
                if self._closing:
                    metrics.LETTERS_LOST.inc(len(letters))
                    return
                _LOGGER.warning("dead letters are not kept yet: %s", error)
                time.sleep(_AGAIN_S)
