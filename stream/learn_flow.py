"""Learn flow: events to each site's models, checkpointed with the log positions they reflect, and published."""

import logging
import time
from functools import partial
from typing import NamedTuple

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.outputs import StatelessSinkPartition

from models.events.dead_letter import DeadLetter
from models.learner.learner import Learner, SavedLearner
from models.learner.snapshot import decode_snapshot, encode_snapshot
from models.learner.warm_up import warm
from store.log.groups import LEARN_GROUP
from store.log.log import Batch, EventLog, LogReader
from store.refusals import UNAVAILABLE
from store.site.catalog import CatalogStore
from store.site.models import ModelStore
from store.unreadable import Unreadable
from stream.assortments import Assortments
from stream.decode import Decoded, Decoder
from stream.flow_context import FlowContext
from stream.learn_metrics import PUBLISH_SECONDS, PUBLISHED_BYTES, observe_progress
from stream.metrics import EVENTS_READ, observe_lag
from stream.retry import Stop, retry_until_available
from stream.run import run_flow
from stream.sink import LastStep
from stream.source import LogSource, Tick

_LEAD_EVERY_S = 1.0
_PUBLISH_SHARE = 10.0
"""Publishing takes at most one part in so many of the flow's time, however large the models grow."""
_PUBLISH_BYTES_PER_S = 2_000_000.0
"""Bytes published, at most, on average: Redis writes them to its log and every API process reads them."""
_LEAST_FULL = 200
"""Events of one partition read at once that show the learner to be behind; a poll shares its most among partitions."""
_LOGGER = logging.getLogger(__name__)


class Leadership:
    """Holds the lead over every site's models, or waits for it."""

    def __init__(self, models: ModelStore, sites: frozenset[str], stop: Stop) -> None:
        self._models = models
        self._sites = sites
        self._stop = stop
        self._renewed_at = 0.0
        self.lost = False

    def try_to_lead(self) -> bool:
        """Wait until this process leads all sites; False when stopped first."""
        said = False
        while not self._stop.is_set():
            if retry_until_available(self._stop, "take the lead", self._try):
                self.lost = False
                return True
            if not said:
                _LOGGER.info("another process learns; standing by")
                said = True
            self._stop.wait(_LEAD_EVERY_S / 2)
        return False

    def keep(self) -> bool:
        """Renew the lead when it is time; False, and `lost` from then on, when another process has taken it."""
        if not self.lost and time.monotonic() - self._renewed_at >= _LEAD_EVERY_S:
            self.lost = not retry_until_available(self._stop, "renew the lead", self._try)
        return not self.lost

    def _try(self) -> bool:
        self._renewed_at = time.monotonic()
        held = [self._models.lead(site) for site in sorted(self._sites)]
        return all(held)

    def resign(self) -> None:
        """Let another process lead at once; where Redis is away, once the lead has run out."""
        try:
            for site in sorted(self._sites):
                self._models.resign(site)
        except UNAVAILABLE as error:
            _LOGGER.warning("could not hand on the lead: %s", error)


class LearnedBatch(NamedTuple):
    """A micro-batch that the learners have taken in, or a tick without one."""

    partition: int
    last_position: int


class Learners:
    """Each site's learner, begun from its checkpoint."""

    def __init__(
        self,
        models: ModelStore,
        assortments: Assortments,
        context: FlowContext,
        click_window_s: float,
        holdout_share: float,
    ) -> None:
        self._models = models
        self._assortments = assortments
        self._letters = context.dead_letters
        self._stop = context.stop
        self.by_site: dict[str, Learner] = {}
        self.changed: set[str] = set()
        self._begun = False
        self._lost = False
        for site in sorted(context.sites):
            learner = self._load(site, click_window_s, holdout_share)
            self._begun = self._begun or learner is not None
            self.by_site[site] = learner or Learner(click_window_s, holdout_share=holdout_share)

    def _load(self, site: str, click_window_s: float, holdout_share: float) -> Learner | None:
        """Go on from a site's checkpoint; None where there is none, or none that can be read."""
        what = f"load the models of {site}"
        saved = retry_until_available(self._stop, what, partial(self._models.checkpoint, site))
        if saved is None:
            return None
        published = retry_until_available(self._stop, what, partial(self._models.published, site))
        lost = published is not None and not _is_readable(published)
        del published  # before the learner is there: each is hundreds of megabytes of a large shop
        try:
            learner = Learner.load(SavedLearner(*saved), click_window_s, holdout_share=holdout_share)
        except Exception as error:
            self._letters.unreadable(Unreadable("checkpoint", site, "checkpoint", saved[0], error))
            retry_until_available(self._stop, what, partial(self._models.set_checkpoint_aside, site))
            self._lost = True
            return None
        if lost:
            self.changed.add(site)  # the checkpoint has what it takes to publish it anew
        return learner

    def resume_positions(self, log: EventLog) -> dict[int, int]:
        """Where to go on reading: what was committed after every changed site was published.

        Without any checkpoint it is the beginning, whatever was committed: the models are lost, the log is not.
        Likewise where one of several could not be read: the learners of the others pass over what they know.
        """
        if self._lost or not self._begun:
            return dict.fromkeys(range(log.partitions), 0)
        return dict(
            enumerate(retry_until_available(self._stop, "read committed positions", lambda: log.committed(LEARN_GROUP)))
        )

    def learn(self, decoded: Decoded, *, hurried: bool = False) -> LearnedBatch:
        """Teach every site its events; in a hurry, the ranker from some of them."""
        sites = {event.site for _, event in decoded.events}
        assortments = {
            site: retry_until_available(
                self._stop, f"read the catalog of {site}", partial(self._assortments.current, site)
            )
            for site in sites
        }
        learned = 0
        letters: list[DeadLetter] = []
        for position, event in decoded.events:
            learner, assortment = self.by_site[event.site], assortments[event.site]
            try:
                learned += learner.learn_event(decoded.partition, position, event, assortment, hurried=hurried)
            except Exception as error:
                _LOGGER.exception("an event that cannot be learned is set aside")
                letters.append(self._letters.event_failed(decoded.partition, position, event, error))
        if letters:
            self._letters.set_aside(letters)
        observe_lag(LEARN_GROUP, decoded.events)
        EVENTS_READ.labels(LEARN_GROUP, "applied").inc(learned)
        EVENTS_READ.labels(LEARN_GROUP, "passed_over").inc(len(decoded.events) - learned)
        self.changed |= sites
        return LearnedBatch(decoded.partition, decoded.last_position)


def _is_readable(published: tuple[bytes, bytes]) -> bool:
    try:
        decode_snapshot(*published)
    except Exception:
        _LOGGER.exception("the published models cannot be read, and are published anew")
        return False
    return True


def run_learn(
    context: FlowContext,
    models: ModelStore,
    catalogs: CatalogStore,
    publish_every_s: float,
    click_window_s: float,
    holdout_share: float,
) -> None:
    """Keep the sites' models until the flow is stopped; stands by while another process does."""
    warm()
    leadership = Leadership(models, context.sites, context.stop)

    def wire() -> Dataflow:
        assortments = Assortments(catalogs)
        learners = Learners(models, assortments, context, click_window_s, holdout_share)
        return learn_flow(context, learners, models, leadership, publish_every_s)

    while leadership.try_to_lead():
        run_flow(wire, context.stop)
        if leadership.lost:
            _LOGGER.warning("another process learns now; standing by, to start over from what it leaves")
    leadership.resign()


def learn_flow(
    context: FlowContext, learners: Learners, models: ModelStore, leadership: Leadership, publish_every_s: float
) -> Dataflow:
    """Wire the flow: read, decode, learn, publish."""
    log, stop = context.log, context.stop
    decoder = Decoder(LEARN_GROUP, context.sites, log.partitions)
    full = max(_LEAST_FULL, context.max_records // log.partitions)

    def learn(item: Batch | Tick) -> LearnedBatch | None:
        if not leadership.keep() or isinstance(item, Tick):
            return None
        # A full portion means that more is waiting: a shop's fresh counts are worth more than every ranked event.
        return learners.learn(decoder(item), hurried=len(item.records) >= full)

    start = learners.resume_positions(log)

    def read() -> LogReader:
        return retry_until_available(stop, "read the log", lambda: log.reader(start))

    source = LogSource(read, context.max_records, stop, publish_every_s, over=lambda: leadership.lost)
    flow = Dataflow(LEARN_GROUP)
    batches = op.input("read", flow, source)
    # Batch: records of one partition; Tick: some time has passed
    learned = op.map("learn", batches, learn)
    # LearnedBatch: the learners have taken it in; None for a tick
    op.output(
        "publish", learned, LastStep(lambda: PublishSink(log, learners, models, leadership, publish_every_s, stop))
    )
    return flow


class PublishSink(StatelessSinkPartition[LearnedBatch | None]):
    """Saves and publishes the models when their time has come, then commits the positions they reflect."""

    def __init__(
        self,
        log: EventLog,
        learners: Learners,
        models: ModelStore,
        leadership: Leadership,
        publish_every_s: float,
        stop: Stop,
    ) -> None:
        self._leadership = leadership
        self._log = log
        self._learners = learners
        self._models = models
        self._publish_every_s = publish_every_s
        self._stop = stop
        self._positions: dict[int, int] = {}
        self._next_at = time.monotonic() + publish_every_s
        self._written_bytes = 0

    def write_batch(self, items: list[LearnedBatch | None]) -> None:
        """Note what was learned, and publish when it is time."""
        for item in items:
            if item is not None:
                self._positions[item.partition] = item.last_position
        if time.monotonic() >= self._next_at:
            self._publish()

    def _publish(self) -> None:
        started = time.monotonic()
        self._written_bytes = 0
        for site in sorted(self._learners.changed):
            if self._leadership.lost or not self._publish_site(site):
                self._leadership.lost = True
                return
        self._learners.changed.clear()
        if self._positions:
            positions = dict(self._positions)
            retry_until_available(self._stop, f"commit {positions}", lambda: self._log.commit(LEARN_GROUP, positions))
            self._positions.clear()
        took_s = time.monotonic() - started
        rest_s = max(self._publish_every_s, _PUBLISH_SHARE * took_s, self._written_bytes / _PUBLISH_BYTES_PER_S)
        self._next_at = time.monotonic() + rest_s

    @PUBLISH_SECONDS.time()
    def _publish_site(self, site: str) -> bool:
        """Publish one site; False where another process does that now."""
        learner = self._learners.by_site[site]
        snapshot = learner.snapshot()
        frozen, saved = encode_snapshot(snapshot), learner.save()
        published = retry_until_available(
            self._stop,
            f"publish the models of {site}",
            lambda: self._models.publish(site, saved.checkpoint, snapshot.version, frozen, saved.tables),
        )
        size = len(frozen) + len(saved.tables)
        self._written_bytes += size + len(saved.checkpoint)
        PUBLISHED_BYTES.labels(site).set(size)
        observe_progress(site, learner)
        return published

    def close(self) -> None:
        """Publish what is left when the process was told to stop."""
        if self._stop.is_set():
            self._publish()
