"""Logs: what the API appends to."""

from dataclasses import dataclass

from store.log.log import EventLog


@dataclass(frozen=True, slots=True)
class Logs:
    """The logs the API appends to; `probes` is there to see whether that is possible."""

    events: EventLog
    decisions: EventLog
    probes: EventLog

    def close(self) -> None:
        """Send what is queued, and release the connections of all logs."""
        for log in (self.events, self.decisions, self.probes):
            log.close()
