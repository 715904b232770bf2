"""Read through: all that a log holds between two positions, for whoever needs it once and follows nothing."""

import time
from collections.abc import Iterator, Mapping
from typing import Final

from store.log.log import Batch, EventLog, LogUnavailableError

_PORTION: Final = 5_000
_POLL_S: Final = 0.2
_LONGEST_SILENCE_S: Final = 10.0


def read_through(log: EventLog, after: Mapping[int, int], until: Mapping[int, int]) -> Iterator[Batch]:
    """Give what the log still holds of partitions past the positions `after`, up to `until` at least.

    Raises `LogUnavailableError`, also where nothing comes for ten seconds though more is there.
    """
    starts = log.starts()
    places = {partition: max(place, starts[partition] - 1) for partition, place in after.items()}
    missing = {partition: until[partition] for partition, place in places.items() if until[partition] > place}
    if not missing:
        return
    reader = log.reader({partition: places[partition] for partition in missing})
    heard_at = time.monotonic()
    try:
        while missing:
            batches = reader.poll(_PORTION, _POLL_S)
            if batches:
                heard_at = time.monotonic()
            elif time.monotonic() - heard_at > _LONGEST_SILENCE_S:
                raise LogUnavailableError(f"log {log.name!r}: partitions {sorted(missing)} do not answer")
            for batch in batches:
                if batch.last_position >= missing.get(batch.partition, 0):
                    missing.pop(batch.partition, None)
                yield batch
    finally:
        reader.close()
