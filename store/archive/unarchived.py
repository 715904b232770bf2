"""Unarchived: events the log holds and the archive does not yet, so that reports tell of them too."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from models.base.errors import InvalidError
from models.events.events import Event, decode_event
from models.events.names import PROFILE_EVENTS, VISITOR_DELETED
from models.reports.archive_row import row_of
from store.log.log import Batch, EventLog

MAX_RECORDS: Final = 50_000
"""The oldest of them are read; where the archive flow is further behind, its lag says how much is missing."""
_LONGEST_WAIT_S: Final = 2.0
_POLL_S: Final = 0.1


class Erased(NamedTuple):
    """A visitor whose rows up to a log position are to go, and all of older generations of the log."""

    visitor_id: str
    log_partition: int
    position: int
    generation: int = 0


class Unarchived(NamedTuple):
    """What the log holds and the archive does not yet: rows, and visitors erased."""

    rows: Sequence[Mapping[str, Any]] = ()
    erased: Sequence[Erased] = ()


NOTHING_UNARCHIVED: Final = Unarchived()


def _only_one(_partition: int, _position: int) -> int:
    """The generation of every position of a log that was never made anew."""
    return 0


def read_unarchived(
    log: EventLog,
    group: str,
    site: str,
    holdout_share: float,
    generation_of: Callable[[int, int], int] = _only_one,
) -> Unarchived:
    """Read what a group has not committed yet, of one site, up to what was there when asked.

    `generation_of` tells the generation of a partition's position. What cannot be decoded is passed over, as the
    archive does. Raises what the log raises.
    """
    committed = log.committed(group)
    missing = {
        partition: end for partition, (end, done) in enumerate(zip(log.ends(), committed, strict=True)) if end > done
    }
    rows, erased = [], []
    if not missing:
        return Unarchived()
    reader = log.reader({partition: committed[partition] for partition in missing})
    try:
        count, stop_at = 0, time.monotonic() + _LONGEST_WAIT_S
        while missing and count < MAX_RECORDS and time.monotonic() < stop_at:
            for batch in reader.poll(MAX_RECORDS, _POLL_S):
                count += len(batch.records)
                if batch.last_position >= missing.get(batch.partition, 0):
                    missing.pop(batch.partition, None)
                for position, event in events_in(batch, site):
                    if event.event in PROFILE_EVENTS:
                        continue
                    place = batch.partition, position
                    if event.event == VISITOR_DELETED:
                        erased.append(Erased(event.visitor_id, *place, generation_of(*place)))
                    else:
                        rows.append(row_of(*place, event, holdout_share, generation_of(*place)))
    finally:
        reader.close()
    last = {(visitor.visitor_id, visitor.log_partition): visitor.position for visitor in erased}
    kept = [row for row in rows if row["position"] > last.get((row["visitor_id"], row["log_partition"]), 0)]
    return Unarchived(tuple(kept), tuple(erased))


def events_in(batch: Batch, site: str) -> Iterator[tuple[int, Event]]:
    """Give a site's events of a batch with their positions; what cannot be decoded is passed over."""
    for record in batch.records:
        try:
            event = decode_event(record.value)
        except InvalidError:
            continue
        if event.site == site:
            yield record.position, event
