"""Dead letters of a flow: what it could not use is set aside, with the reason, and counted."""

import logging
import time
from collections.abc import Collection, Sequence

from models.base.errors import InvalidError
from models.events.dead_letter import DeadLetter
from models.events.events import MAX_EVENT_BYTES, Event, encode_event
from store.dead_letters import DeadLetterStore
from store.unreadable import Unreadable, letter_of
from stream.metrics import SET_ASIDE
from stream.retry import Stop, retry_until_available

_LOGGER = logging.getLogger(__name__)
_LONGEST_TOLD = 300


class DeadLetterWriter:
    """Sets aside what a flow cannot use; on return it is kept.

    Parameters
    ----------
    store
        Keeps it.
    flow
        Named in each letter.
    stop
        Ends waiting.
    """

    def __init__(self, store: DeadLetterStore, flow: str, stop: Stop) -> None:
        self._store = store
        self._flow = flow
        self._stop = stop

    def set_aside(self, letters: Sequence[DeadLetter]) -> None:
        """Set letters aside."""
        for letter in letters:
            SET_ASIDE.labels(self._flow, letter.code).inc()
        retry_until_available(self._stop, "set dead letters aside", lambda: self._store.set_aside(letters))

    def forget_visitors(self, site: str, visitor_ids: Collection[str]) -> int:
        """Take out what was set aside of visitors; gives how many letters that were."""
        return retry_until_available(
            self._stop, "take out dead letters", lambda: self._store.erase_visitor(site, visitor_ids)
        )

    def unreadable(self, found: Unreadable) -> None:
        """Set aside what is stored and cannot be read."""
        _LOGGER.error("%s", found.words)
        self.set_aside([letter_of(found, self._flow, time.time())])

    def event_failed(self, partition: int, position: int, event: Event, error: Exception) -> DeadLetter:
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

    def notice_failed(self, site: str, partition: int, notice: bytes, error: InvalidError) -> None:
        """Set aside what was to be told of a visitor of a partition, and cannot be."""
        _LOGGER.error("a notice of site %s cannot be told: %s", site, error.message)
        letter = DeadLetter(
            source=self._flow,
            code="notice_failed",
            message=error.message[:_LONGEST_TOLD],
            value=notice[:MAX_EVENT_BYTES],
            at_s=time.time(),
            site=site,
            partition=partition,
        )
        self.set_aside([letter])

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
        self.set_aside([letter])
