"""Decode: a micro-batch of bytes to events, and those that are none to dead letters."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from models.base.errors import InvalidError, show_value
from models.events.dead_letter import DeadLetter
from models.events.events import Event, decode_event
from store.log.log import Batch, partition_of

VisitorEvents = Mapping[str, list[tuple[int, Event]]]
"""Events of each visitor of a micro-batch, in log order, with their positions."""


class Decoded(NamedTuple):
    """A micro-batch: `events` in log order, each with its position, and what could not be used."""

    partition: int
    last_position: int
    events: list[tuple[int, Event]]
    dead_letters: list[DeadLetter]


class Decoder:
    """Decodes and checks records.

    Parameters
    ----------
    flow
        Named in dead letters.
    sites
        Sites we serve; an event of another is none of ours.
    partitions
        Partition count of the log; an event in a partition that is not its visitor's would never be found again.
    now
        Gives epoch seconds.
    """

    def __init__(self, flow: str, sites: frozenset[str], partitions: int, now: Callable[[], float] = time.time) -> None:
        self._flow = flow
        self._sites = sites
        self._partitions = partitions
        self._now = now

    def __call__(self, batch: Batch) -> Decoded:
        """Decode one micro-batch."""
        events: list[tuple[int, Event]] = []
        dead_letters: list[DeadLetter] = []
        for position, value in batch.records:
            site = ""
            try:
                event = decode_event(value)
                site = event.site if event.site in self._sites else ""
                self._check(batch.partition, event)
                events.append((position, event))
            except InvalidError as error:
                letter = DeadLetter(
                    source=self._flow,
                    code=error.code,
                    message=error.message,
                    value=value,
                    at_s=self._now(),
                    site=site,
                    partition=batch.partition,
                    position=position,
                )
                dead_letters.append(letter)
        return Decoded(batch.partition, batch.last_position, events, dead_letters)

    def _check(self, partition: int, event: Event) -> None:
        if event.site not in self._sites:
            raise InvalidError("site_unknown", f"site {show_value(event.site)} is not one of {sorted(self._sites)}")
        home = partition_of(event.site, event.visitor_id, self._partitions)
        if home != partition:
            raise InvalidError(
                "partition_wrong",
                f"visitor {show_value(event.visitor_id)} belongs to partition {home}, not {partition}",
            )
