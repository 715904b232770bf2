"""Archive flow: events to Parquet files by site and day, in portions large enough to be worth a file."""

import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from math import inf
from typing import Final, NamedTuple

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.outputs import StatelessSinkPartition

from models.base.texts import text_or_empty
from models.events.dead_letter import DeadLetter
from models.events.events import Event
from models.events.names import VISITOR_DELETED
from models.reports.archive_row import row_of
from store.archive.unarchived import Erased
from store.archive.writer import ArchiveWriter
from store.log.groups import ARCHIVE_GROUP
from store.log.log import Batch, GroupConsumer
from store.visitors.erasures import ERASURE_PARAM
from stream.decode import Decoded, Decoder
from stream.erasure_sweeper import ErasureSweeper
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
_FOLLOW_EVERY_S: Final = 1.0
_SWEEP_EVERY_S: Final = 1.0


class ArchiveSettings(NamedTuple):
    """How the archive is kept: how late events reach it, which share of visitors is held out, and how long rows stay (0
    for ever)."""

    every_s: float
    holdout_share: float
    retention_s: float = 0.0


def run_archive(
    context: FlowContext, archive: ArchiveWriter, sweeper: ErasureSweeper, settings: ArchiveSettings
) -> None:
    """Keep the archive until the flow is stopped."""
    run_flow(lambda: archive_flow(context, archive, sweeper, settings), context.stop)


def archive_flow(
    context: FlowContext, archive: ArchiveWriter, sweeper: ErasureSweeper, settings: ArchiveSettings
) -> Dataflow:
    """Wire the flow: read, decode, write."""
    log, stop = context.log, context.stop
    retry_until_available(stop, "look after the archive", archive.clean)
    retry_until_available(stop, "see which life the log is in", lambda: archive.generations.follow(log))
    consumer = retry_until_available(stop, "join the group", lambda: log.consume(ARCHIVE_GROUP))
    decoder = Decoder(ARCHIVE_GROUP, context.sites, log.partitions)

    def decode(item: Batch | Tick) -> Decoded | None:
        return None if isinstance(item, Tick) else decoder(item)

    flow = Dataflow(ARCHIVE_GROUP)
    batches = op.input("read", flow, LogSource(lambda: consumer, context.max_records, stop, settings.every_s))
    # Batch: records of one partition; Tick: some time has passed
    decoded = op.map("decode", batches, decode)
    # Decoded: events with their positions; None for a tick
    op.output("write", decoded, LastStep(lambda: ArchiveSink(consumer, archive, sweeper, context, settings)))
    return flow


class ArchiveSink(StatelessSinkPartition[Decoded | None]):
    """Gathers events, writes them when there are enough or their time has come, then commits the log positions."""

    def __init__(
        self,
        consumer: GroupConsumer,
        archive: ArchiveWriter,
        sweeper: ErasureSweeper,
        context: FlowContext,
        settings: ArchiveSettings,
    ) -> None:
        self._sweeper = sweeper
        self._consumer = consumer
        self._archive = archive
        self._log = context.log
        self._sites = context.sites
        self._letters = context.dead_letters
        self._settings = settings
        self._stop = context.stop
        self._waiting: dict[int, list[tuple[int, Event]]] = {}
        self._positions: dict[int, int] = {}
        self._count = 0
        self._next_at = time.monotonic() + settings.every_s
        self._compact_at = time.monotonic() + _COMPACT_EVERY_S
        self._follow_at = time.monotonic() + _FOLLOW_EVERY_S
        self._sweep_at = time.monotonic() + _SWEEP_EVERY_S

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
                retry_until_available(self._stop, f"look after the archive of {site}", partial(self._tidy, site))
            self._compact_at = time.monotonic() + _COMPACT_EVERY_S

        if now >= self._sweep_at:
            retry_until_available(self._stop, "finish erasures", lambda: self._sweeper.sweep(sorted(self._sites)))
            self._sweep_at = time.monotonic() + _SWEEP_EVERY_S

    def _tidy(self, site: str) -> None:
        if self._settings.retention_s:
            self._archive.delete_before(site, time.time() - self._settings.retention_s)
        self._archive.compact(site)

    def _flush(self) -> None:
        positions = dict(self._positions)
        retry_until_available(self._stop, "note positions", lambda: self._archive.generations.hold(positions))
        erasures: dict[str, list[tuple[Erased, Event]]] = {}
        for partition, events in sorted(self._waiting.items()):
            retry_until_available(self._stop, "write the archive", partial(self._write, partition, events))
            for position, event in events:
                if event.event == VISITOR_DELETED:
                    generation = self._archive.generations.number_of(partition, position)
                    erased = Erased(event.visitor_id, partition, position, generation)
                    erasures.setdefault(event.site, []).append((erased, event))
            observe_lag(ARCHIVE_GROUP, events)
        for site, of_site in erasures.items():  # after what came before them is written, so that nothing of it stays
            retry_until_available(self._stop, "erase visitors", partial(self._erase, site, of_site))
        EVENTS_READ.labels(ARCHIVE_GROUP, "applied").inc(self._count)
        retry_until_available(self._stop, f"commit {positions}", lambda: self._consumer.commit(positions))
        self._waiting.clear()
        self._positions.clear()
        self._count = 0
        now = time.monotonic()
        if now >= self._follow_at:  # for what is read from now on: what was read before belongs to the life known then
            follow = partial(self._archive.generations.follow, self._log)
            retry_until_available(self._stop, "see which life the log is in", follow)
            self._follow_at = time.monotonic() + _FOLLOW_EVERY_S
        self._next_at = time.monotonic() + self._settings.every_s

    def _erase(self, site: str, erasures: Sequence[tuple[Erased, Event]]) -> None:
        """Take visitors out of the files and the dead letters, and put what went on their receipts."""
        done = self._archive.erase_all(site, [erased for erased, _ in erasures])
        letters = self._letters.forget_visitors(site, {erased.visitor_id for erased, _ in erasures})
        receipts: dict[str, Counter[str]] = {}
        for erased, event in erasures:
            receipt = receipts.setdefault(text_or_empty(event.params.get(ERASURE_PARAM)), Counter())
            receipt["archive rows"] += done.rows_of.get(erased.visitor_id, 0)
        for erasure_id, removed in receipts.items():
            removed.update({"archive files searched": done.files, "archive files written anew": done.files_changed})
            removed.update({"archive files unreadable": done.files_unreadable, "late dead letters": letters})
            if erasure_id:
                self._sweeper.erasures.add_removed(site, erasure_id, removed)

    def _write(self, partition: int, events: list[tuple[int, Event]]) -> None:
        """Write one partition's events, but for those that are older than the archive keeps any."""
        keeps_from_s = time.time() - self._settings.retention_s if self._settings.retention_s else -inf
        by_site: dict[str, list[tuple[int, Event]]] = {}
        for position, event in events:
            if not event.event.startswith("_") and event.at_s >= keeps_from_s:  # ours say nothing of what anybody did
                by_site.setdefault(event.site, []).append((position, event))
        letters: list[DeadLetter] = []

        def refuse(told: tuple[int, Event], error: Exception) -> None:
            letters.append(self._letters.event_failed(partition, *told, error))

        for site, of_site in by_site.items():

            def write(some: Sequence[tuple[int, Event]], site: str = site) -> None:
                number_of, share = self._archive.generations.number_of, self._settings.holdout_share
                rows = [
                    row_of(partition, position, event, share, number_of(partition, position))
                    for position, event in some
                ]
                self._archive.write(site, partition, rows)

            done_apart(of_site, write, refuse)
        if letters:
            self._letters.set_aside(letters)

    def close(self) -> None:
        """Write what is left when the process was told to stop."""
        if self._stop.is_set() and self._positions:
            self._flush()
