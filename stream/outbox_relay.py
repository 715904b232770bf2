"""Outbox relay: what a save has written to be told is appended to the event log, at least once and in order."""

from collections.abc import Callable, Sequence

from models.base.errors import InvalidError
from models.events.events import decode_event
from store.log.log import EventLog, partition_of


def relay_outbox(
    log: EventLog,
    site: str,
    waiting: Callable[[], list[bytes]],
    told: Callable[[Sequence[bytes]], int],
    set_aside: Callable[[bytes, InvalidError], None],
) -> None:
    """Append the waiting events until none is left, each to the partition of its own visitor.

    `waiting` gives the next of them, `told` forgets those that are in the log now and gives how many are left. A crash
    between the two tells them again. What is no event, or too large for one, is given to `set_aside` and told nobody.
    """
    while notices := waiting():
        records: list[tuple[int, bytes]] = []
        for notice in notices:
            try:
                records.append((partition_of(site, decode_event(notice).visitor_id, log.partitions), notice))
            except InvalidError as error:
                set_aside(notice, error)
        if records:
            log.append(records)
        if not told(notices):
            return
