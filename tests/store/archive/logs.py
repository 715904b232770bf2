"""An archive filled from a real log as its flow fills it."""

from collections.abc import Sequence

from models.events.events import Event, decode_event, encode_event
from models.events.names import VISITOR_DELETED
from models.reports.archive_row import row_of
from store.archive.unarchived import Erased
from store.archive.writer import ArchiveWriter
from store.log.log import EventLog, partition_of
from tests.store.archive.shop_archive import SITE

GROUP = "archive"


def viewed(visitor: str, number: int = 0, name: str = "page_view") -> Event:
    """An event, accepted when it happened."""
    at_s = 1.79e9 + number
    return Event(site=SITE, event=name, visitor_id=visitor, event_id=f"e{number}", at_s=at_s, accepted_at_s=at_s)


def append(log: EventLog, events: Sequence[Event]) -> None:
    """Append events where they belong."""
    log.append([(partition_of(SITE, event.visitor_id, log.partitions), encode_event(event)) for event in events])


def archive_all(archive: ArchiveWriter, log: EventLog) -> None:
    """Archive what the log holds and was not archived."""
    archive.generations.follow(log)
    come = log.committed(GROUP)
    ends = {partition: end for partition, end in enumerate(log.ends()) if end > come[partition]}
    reader = log.reader({partition: come[partition] for partition in ends})
    archive.generations.hold(ends)
    erased: list[Erased] = []
    missing = dict(ends)
    while missing:
        for batch in reader.poll(1_000, 0.2):
            if batch.last_position >= missing[batch.partition]:
                del missing[batch.partition]
            rows = []
            for position, value in batch.records:
                told = decode_event(value)
                number = archive.generations.number_of(batch.partition, position)
                if told.event == VISITOR_DELETED:
                    erased.append(Erased(told.visitor_id, batch.partition, position, number))
                else:
                    rows.append(row_of(batch.partition, position, told, 0.0, number))
            if rows:
                archive.write(SITE, batch.partition, rows)
    reader.close()
    archive.erase_all(SITE, erased)
    log.commit(GROUP, ends)


def visitors(archive: ArchiveWriter) -> list[str]:
    """Whose rows a reader sees."""
    with archive.reading(SITE) as reading:
        found = reading.connection.execute("SELECT visitor_id FROM archived ORDER BY ALL").fetchall()
    return [str(visitor) for (visitor,) in found]
