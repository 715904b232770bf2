"""Trigger flow: events to trigger states, and time to messages."""

import time
from typing import Final

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.outputs import StatelessSinkPartition

from models.events.events import Event
from store.log.groups import TRIGGER_GROUP
from store.log.log import Batch, EventLog, GroupConsumer
from stream.decode import Decoded, Decoder
from stream.flow_context import FlowContext
from stream.messages.delivery import MessageDelivery
from stream.metrics import BATCH_SECONDS, EVENTS_READ, observe_lag
from stream.retry import Stop, retry_until_available
from stream.run import run_flow
from stream.sink import LastStep
from stream.source import LogSource, Tick
from stream.trigger_worker import TriggerWorker

TRIGGER_TICK_S: Final = 0.25
"""How often due triggers are looked for, and events are taken in at the latest."""
_PORTION: Final = 2_000
"""Events waiting at which they are taken in without waiting for more."""


def run_trigger(context: FlowContext, worker: TriggerWorker, delivery: MessageDelivery) -> None:
    """Follow visitors and carry out triggers until the flow is stopped; messages leave by threads of their own."""
    delivery.start()
    run_flow(lambda: trigger_flow(context, worker), context.stop)
    context.stop.set()
    delivery.join()


def trigger_flow(context: FlowContext, worker: TriggerWorker) -> Dataflow:
    """Wire the flow: read, decode, follow; and with each tick, carry out what is due."""
    log, stop = context.log, context.stop
    consumer = retry_until_available(stop, "join the group", lambda: log.consume(TRIGGER_GROUP))
    decoder = Decoder(TRIGGER_GROUP, context.sites, log.partitions)

    def decode(item: Batch | Tick) -> Decoded | None:
        return None if isinstance(item, Tick) else decoder(item)

    flow = Dataflow(TRIGGER_GROUP)
    batches = op.input("read", flow, LogSource(lambda: consumer, context.max_records, stop, TRIGGER_TICK_S))
    # Batch: records of one partition; Tick: some time has passed
    decoded = op.map("decode", batches, decode)
    # Decoded: events with their positions; None for a tick
    op.output("trigger", decoded, LastStep(lambda: TriggerSink(log, consumer, worker, stop)))
    return flow


class TriggerSink(StatelessSinkPartition[Decoded | None]):
    """Gathers events, has them taken in when there are enough or a tick comes, then commits the log positions."""

    def __init__(self, log: EventLog, consumer: GroupConsumer, worker: TriggerWorker, stop: Stop) -> None:
        self._log = log
        self._consumer = consumer
        self._worker = worker
        self._stop = stop
        self._waiting: dict[int, list[tuple[int, Event]]] = {}
        self._positions: dict[int, int] = {}
        self._reached: dict[int, int] = {}
        self._count = 0

    def write_batch(self, items: list[Decoded | None]) -> None:
        """Take in micro-batches; on a tick, carry out what is due."""
        ticked = False
        for decoded in items:
            if decoded is None:
                ticked = True
                continue
            self._waiting.setdefault(decoded.partition, []).extend(decoded.events)
            self._positions[decoded.partition] = decoded.last_position
            self._count += len(decoded.events)
        if self._positions and (ticked or self._count >= _PORTION):
            self._flush()
        if ticked:
            self._worker.tick(self._assigned())

    def _flush(self) -> None:
        started = time.perf_counter()
        for partition, events in sorted(self._waiting.items()):
            self._worker.observe(partition, events)
            observe_lag(TRIGGER_GROUP, events)
        EVENTS_READ.labels(TRIGGER_GROUP, "applied").inc(self._count)
        BATCH_SECONDS.labels(TRIGGER_GROUP).observe(time.perf_counter() - started)
        positions = dict(self._positions)
        retry_until_available(self._stop, f"commit {positions}", lambda: self._consumer.commit(positions))
        self._reached.update(positions)
        self._waiting.clear()
        self._positions.clear()
        self._count = 0

    def _assigned(self) -> dict[int, int]:
        """How far each partition that is ours has been taken in."""
        assigned = sorted(self._consumer.assignment)
        if any(partition not in self._reached for partition in assigned):
            committed = retry_until_available(self._stop, "read positions", lambda: self._log.committed(TRIGGER_GROUP))
            for partition in assigned:
                self._reached.setdefault(partition, committed[partition])
        for partition in [partition for partition in self._reached if partition not in assigned]:
            del self._reached[partition]
        return {partition: self._reached[partition] for partition in assigned}
