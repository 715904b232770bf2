"""Dead letters of a flow: what it could not use goes to the dead-letter log, with the reason, and is counted."""

import logging
import time
from collections.abc import Sequence

from models.events.dead_letter import DeadLetter, encode_dead_letter
from models.events.events import Event, encode_event
from store.log.log import EventLog
from store.unreadable import Unreadable, letter_of
from stream.metrics import SET_ASIDE
from stream.retry import Stop, retry_until_available

_LOGGER = logging.getLogger(__name__)
_LONGEST_TOLD = 300


class DeadLetterWriter:
    """Sets aside what a flow cannot use; on return it is in the dead-letter log.

    Parameters
    ----------
    log
        The dead-letter log.
    flow
        Named in each letter.
    stop
        Ends waiting.
    """

    def __init__(self, log: EventLog, flow: str, stop: Stop) -> None:
        self._log = log
        self._flow = flow
        self._stop = stop

    def append(self, letters: Sequence[DeadLetter]) -> None:
        """Set letters aside."""
        for letter in letters:
            SET_ASIDE.labels(self._flow, letter.code).inc()
        records = [(0, encode_dead_letter(letter)) for letter in letters]
        retry_until_available(self._stop, "set dead letters aside", lambda: self._log.append(records))

    def unreadable(self, found: Unreadable) -> None:
        """Set aside what is stored and cannot be read."""
        _LOGGER.error("%s", found.told)
        self.append([letter_of(found, self._flow, time.time())])

    def failed(self, partition: int, position: int, event: Event, error: Exception) -> DeadLetter:
        """Give the letter of an event that could not be learned."""
        return DeadLetter(
            source=self._flow,
            code="learn_failed",
            message=f"{type(error).__name__}: {error}"[:_LONGEST_TOLD],
            value=encode_event(event),
            at_s=time.time(),
            site=event.site,
            partition=partition,
            position=position,
            name=event.visitor_id,
        )

    def visitor_failed(self, site: str, partition: int, visitor_id: str, error: Exception) -> None:
        """Set aside that time could not be let pass for a visitor; it is tried again later."""
        letter = DeadLetter(
            source=self._flow,
            code="visitor_failed",
            message=f"{type(error).__name__}: {error}"[:_LONGEST_TOLD],
            value=b"",
            at_s=time.time(),
            site=site,
            partition=partition,
            name=visitor_id,
        )
        self.append([letter])
