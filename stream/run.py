"""Run: one flow in this process, until it is told to stop."""

import gc
import logging
import signal
from collections.abc import Callable

from bytewax.dataflow import Dataflow
from bytewax.errors import BytewaxRuntimeError
from bytewax.run import cli_main

from models.learner.warm_up import warm
from store.archive.archive import Archive
from store.clock import Clock
from store.log.log import EventLog
from store.site.catalog import CatalogStore
from store.site.models import ModelStore
from store.site.segments import SegmentStore
from store.visitors.memberships import MembershipStore
from store.visitors.profiles import ProfileStore
from stream.archive_flow import archive_flow
from stream.assortments import Assortments
from stream.delivery import Delivering
from stream.learn_flow import Leadership, Learners, learn_flow
from stream.profile_flow import profile_flow
from stream.retry import Stop
from stream.segment_worker import SegmentWorker
from stream.trigger_flow import trigger_flow
from stream.trigger_worker import TriggerWorker

_LOGGER = logging.getLogger(__name__)


def stop_on_signals() -> Stop:
    """Give an event that SIGTERM and SIGINT set."""
    stop = Stop()

    def ask(number: int, frame: object) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    return stop


def run_profile(
    log: EventLog,
    dead_letters: EventLog,
    profiles: ProfileStore,
    catalogs: CatalogStore,
    segments: SegmentStore,
    memberships: MembershipStore,
    clock: Clock,
    sites: frozenset[str],
    max_records: int,
    stop: Stop,
) -> None:
    """Keep visitor profiles, and where visitors stand, until `stop` is set."""

    def wire() -> Dataflow:
        assortments = Assortments(catalogs)
        segmenting = SegmentWorker(segments, memberships, profiles, assortments, clock, log, sites, stop)
        return profile_flow(log, dead_letters, profiles, assortments, segmenting, sites, max_records, stop)

    _run(wire, stop)


def run_learn(
    log: EventLog,
    models: ModelStore,
    catalogs: CatalogStore,
    sites: frozenset[str],
    max_records: int,
    publish_every_s: float,
    click_window_s: float,
    holdout_share: float,
    stop: Stop,
) -> None:
    """Keep the sites' models until `stop` is set; stands by while another process does."""
    warm()
    leadership = Leadership(models, sites, stop)

    def wire() -> Dataflow:
        learners = Learners(models, Assortments(catalogs), sites, click_window_s, holdout_share, stop)
        return learn_flow(log, learners, models, leadership, sites, max_records, publish_every_s, stop)

    while leadership.try_to_lead():
        _run(wire, stop)
        if leadership.lost:
            _LOGGER.warning("another process learns now; standing by, to start over from what it leaves")
    leadership.resign()


def run_archive(
    log: EventLog,
    archive: Archive,
    sites: frozenset[str],
    max_records: int,
    every_s: float,
    holdout_share: float,
    stop: Stop,
) -> None:
    """Keep the archive until `stop` is set."""
    _run(lambda: archive_flow(log, archive, sites, max_records, every_s, holdout_share, stop), stop)


def run_trigger(
    log: EventLog,
    triggering: TriggerWorker,
    delivering: Delivering,
    sites: frozenset[str],
    max_records: int,
    stop: Stop,
) -> None:
    """Watch visitors and carry out triggers until `stop` is set; messages leave by threads of their own."""
    warm()
    delivering.start()
    _run(lambda: trigger_flow(log, triggering, sites, max_records, stop), stop)
    stop.set()
    delivering.join()


def _run(wire: Callable[[], Dataflow], stop: Stop) -> None:
    """Run a flow in this thread, where signals are heard; raises what a step raised, unwrapped."""
    # A micro-batch makes tens of thousands of objects that live as long as it does: the stock threshold of 700 would
    # collect dozens of times a batch and find nothing.
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)
    try:
        cli_main(wire())  # type: ignore[no-untyped-call]
    except KeyboardInterrupt:
        stop.set()
    except BytewaxRuntimeError as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        raise cause from error
    finally:
        gc.unfreeze()  # a library that looks for leaks when the process ends would take what is frozen for one
