"""Guarded threads: what a thread of ours raises is told and waited out, and its work goes on."""

import logging
import threading
from collections.abc import Callable
from typing import Final

_LOGGER = logging.getLogger(__name__)
_FIRST_WAIT_S: Final = 0.05
_LONGEST_WAIT_S: Final = 2.0

OnFailure = Callable[[str, Exception], None]


class GuardedThread:
    """A daemon thread that does its work again where the work raises.

    Parameters
    ----------
    name
        Of the thread, in log lines and metrics.
    work
        Ends by returning. Must be fit to be begun again after whatever it raised.
    on_failure
        Told of the thread's name and each error.
    """

    def __init__(self, name: str, work: Callable[[], None], on_failure: OnFailure | None = None) -> None:
        self._work = work
        self._on_failure = on_failure
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the work goes on."""
        return self._thread.is_alive()

    def join(self, timeout_s: float | None = None) -> None:
        """Wait for the work's end, up to so many seconds; what it raises from now on ends it."""
        self._ending.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                self._work()
                return
            except Exception as error:
                _LOGGER.exception("thread %s failed and begins again", self._thread.name)
                if self._on_failure is not None:
                    self._on_failure(self._thread.name, error)
            if self._ending.wait(wait_s):
                return
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
