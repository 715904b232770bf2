"""Archive flow: events to Parquet files by site and day, in portions large enough to be worth a file."""

import time
from collections.abc import Sequence
from functools import partial
from typing import Final

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.outputs import StatelessSinkPartition

from models.events.dead_letter import DeadLetter
from models.events.events import Event
from models.events.names import VISITOR_DELETED
from models.reports.archive_row import row_of
from store.archive.writer import ArchiveWriter
from store.log.groups import ARCHIVE_GROUP
from store.log.log import Batch, GroupConsumer
from stream.decode import Decoded, Decoder
from stream.flow_context import FlowContext
from stream.isolation import done_apart
from stream.metrics import EVENTS_READ, observe_lag
from stream.retry import retry_until_available
from stream.run import run_flow
from stream.sink import LastStep
from stream.source import LogSource, Tick

_PORTION: Final = 20_000
"""Events waiting at which they are written without waiting for more."""
_COMPACT_EVERY_S: Final = 60.0


def run_archive(context: FlowContext, archive: ArchiveWriter, every_s: float, holdout_share: float) -> None:
    """Keep the archive until the flow is stopped."""
    run_flow(lambda: archive_flow(context, archive, every_s, holdout_share), context.stop)


def archive_flow(context: FlowContext, archive: ArchiveWriter, every_s: float, holdout_share: float) -> Dataflow:
    """Wire the flow: read, decode, write."""
    log, stop = context.log, context.stop
    consumer = retry_until_available(stop, "join the group", lambda: log.consume(ARCHIVE_GROUP))
    decoder = Decoder(ARCHIVE_GROUP, context.sites, log.partitions)

    def decode(item: Batch | Tick) -> Decoded | None:
        return None if isinstance(item, Tick) else decoder(item)

    flow = Dataflow(ARCHIVE_GROUP)
    batches = op.input("read", flow, LogSource(lambda: consumer, context.max_records, stop, every_s))
    # Batch: records of one partition; Tick: some time has passed
    decoded = op.map("decode", batches, decode)
    # Decoded: events with their positions; None for a tick
    op.output("write", decoded, LastStep(lambda: ArchiveSink(consumer, archive, context, every_s, holdout_share)))
    return flow


class ArchiveSink(StatelessSinkPartition[Decoded | None]):
    """Gathers events, writes them when there are enough or their time has come, then commits the log positions."""

    def __init__(
        self,
        consumer: GroupConsumer,
        archive: ArchiveWriter,
        context: FlowContext,
        every_s: float,
        holdout_share: float,
    ) -> None:
        self._consumer = consumer
        self._archive = archive
        self._sites = context.sites
        self._letters = context.dead_letters
        self._every_s = every_s
        self._holdout_share = holdout_share
        self._stop = context.stop
        self._waiting: dict[int, list[tuple[int, Event]]] = {}
        self._positions: dict[int, int] = {}
        self._count = 0
        self._next_at = time.monotonic() + every_s
        self._compact_at = time.monotonic() + _COMPACT_EVERY_S

    def write_batch(self, items: list[Decoded | None]) -> None:
        """Take in micro-batches; write when it is time."""
        for decoded in items:
            if decoded is not None:
                self._waiting.setdefault(decoded.partition, []).extend(decoded.events)
                self._positions[decoded.partition] = decoded.last_position
                self._count += len(decoded.events)
        now = time.monotonic()
        if self._count >= _PORTION or (self._positions and now >= self._next_at):
            self._flush()
        if now >= self._compact_at:
            for site in sorted(self._sites):
                retry_until_available(
                    self._stop, f"compact the archive of {site}", partial(self._archive.compact, site)
                )
            self._compact_at = time.monotonic() + _COMPACT_EVERY_S

    def _flush(self) -> None:
        for partition, events in sorted(self._waiting.items()):
            retry_until_available(self._stop, "write the archive", partial(self._write, partition, events))
            observe_lag(ARCHIVE_GROUP, events)
        EVENTS_READ.labels(ARCHIVE_GROUP, "applied").inc(self._count)
        positions = dict(self._positions)
        retry_until_available(self._stop, f"commit {positions}", lambda: self._consumer.commit(positions))
        self._waiting.clear()
        self._positions.clear()
        self._count = 0
        self._next_at = time.monotonic() + self._every_s

    def _write(self, partition: int, events: list[tuple[int, Event]]) -> None:
        """Write one partition's events; an erasure takes what the archive holds of the visitor with it."""
        by_site: dict[str, list[tuple[int, Event]]] = {}
        for position, event in events:
            by_site.setdefault(event.site, []).append((position, event))
        letters: list[DeadLetter] = []

        def refuse(told: tuple[int, Event], error: Exception) -> None:
            letters.append(self._letters.event_failed(partition, *told, error))

        for site, of_site in by_site.items():

            def write(some: Sequence[tuple[int, Event]], site: str = site) -> None:
                rows = [row_of(partition, position, event, self._holdout_share) for position, event in some]
                self._archive.write(site, partition, rows)

            # Those of ours say nothing of what anybody did.
            done_apart([told for told in of_site if not told[1].event.startswith("_")], write, refuse)
            for position, event in of_site:
                if event.event == VISITOR_DELETED:
                    self._archive.erase(site, event.visitor_id, position)
        if letters:
            self._letters.set_aside(letters)

    def close(self) -> None:
        """Write what is left when the process was told to stop."""
        if self._stop.is_set() and self._positions:
            self._flush()
