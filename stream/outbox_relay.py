"""Outbox relay: what a save has written to be told is appended to the event log, at least once and in order."""

from collections.abc import Callable, Sequence

from models.events.events import decode_event
from store.log.log import EventLog, partition_of


def relay_outbox(
    log: EventLog, site: str, waiting: Callable[[], list[bytes]], told: Callable[[Sequence[bytes]], int]
) -> None:
    """Append the waiting events until none is left, each to the partition of its own visitor.

    `waiting` gives the next of them, `told` forgets those that are in the log now and gives how many are left. A crash
    between the two tells them again.
    """
    while notices := waiting():
        homes = [partition_of(site, decode_event(notice).visitor_id, log.partitions) for notice in notices]
        log.append(list(zip(homes, notices, strict=True)))
        if not told(notices):
            return
