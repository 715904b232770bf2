"""Logs: what the API appends to."""

from dataclasses import dataclass

from store.log.log import EventLog


@dataclass(frozen=True, slots=True)
class Logs:
    """The logs the API appends to."""

    events: EventLog
    decisions: EventLog
    dead_letters: EventLog

    def close(self) -> None:
        """Send what is queued, and release the connections of all three logs."""
        for log in (self.events, self.decisions, self.dead_letters):
            log.close()
