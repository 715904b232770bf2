"""Serve: the API's processes, and a stream flow's."""

import logging
import os
import signal
import tempfile
from types import FrameType
from typing import Literal

import uvicorn
from prometheus_client import start_http_server

from api.app import Logs, create_app
from api.http.hot_path import HotPath
from models.base.durations import DAY_S
from shopwindow.build import (
    api_config,
    clock_kind,
    default_contact_policy,
    default_thresholds,
    open_archive,
    open_client,
    open_dead_letter_log,
    open_log,
    open_logs,
    open_message_topic,
    retry_s,
    site_names,
)
from shopwindow.settings import Settings, load_settings
from store.client import Client
from store.clock import open_clock
from store.log.log import EventLog
from store.messages.item_watchers import ItemWatcherStore
from store.messages.outbox import Outbox
from store.messages.trigger_states import TriggerStore
from store.site.catalog import CatalogStore
from store.site.models import ModelStore
from store.site.segments import SegmentStore
from store.site.trigger_config import TriggerConfigStore
from store.visitors.memberships import MembershipStore
from store.visitors.profiles import ProfileStore
from stream.assortments import Assortments
from stream.delivery import Delivering
from stream.retry import Stop
from stream.run import run_archive, run_learn, run_profile, run_trigger, stop_on_signals
from stream.trigger_inputs import Configs, Recommending
from stream.trigger_worker import TriggerWorker

Flow = Literal["profile", "learn", "trigger", "archive"]


def application() -> HotPath:
    """Build the application in an API process, from the settings of its environment."""
    settings = load_settings()
    configure_logging(settings)
    stop = _stop_while_starting()

    def open_all() -> Logs:
        open_client(settings, stop).close()  # a cluster is asked at once for its nodes; so wait until there are some
        return open_logs(settings, stop)

    return HotPath(create_app(api_config(settings), open_all, stop.is_set))


def _stop_while_starting() -> Stop:
    """Give an event that SIGTERM and SIGINT set besides what they do: a server that starts heeds them late."""
    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def ask(number: int, frame: FrameType | None, before: object = before) -> None:
            stop.set()
            if callable(before):
                before(number, frame)

        signal.signal(number, ask)
    return stop


def configure_logging(settings: Settings) -> None:
    """Send log lines to standard error."""
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )


def serve_api(settings: Settings) -> None:
    """Run the API until it is told to stop."""
    api_config(settings)  # a setting that does not fit is told once, before any process starts
    with tempfile.TemporaryDirectory(prefix="shopwindow-metrics-") as directory:
        if settings.workers > 1:
            # Set before any metric is made, in the processes uvicorn spawns: they share their counts through it.
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
        uvicorn.run(
            "shopwindow.serve:application",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            loop="uvloop",
            http="httptools",
            log_level=settings.log_level,
            access_log=False,
            timeout_graceful_shutdown=10,
            timeout_keep_alive=75,  # longer than the pauses of browsers and proxies between two requests
            server_header=False,
            proxy_headers=False,  # nothing here asks where a request came from
        )


def serve_stream(settings: Settings, flow: Flow) -> None:
    """Run one flow until it is told to stop."""
    configure_logging(settings)
    stop = stop_on_signals()
    sites = site_names(settings)
    if settings.metrics_port:
        start_http_server(settings.metrics_port)
    client = open_client(settings, stop)
    log = open_log(settings, stop=stop)
    catalogs = CatalogStore(client)
    if flow == "profile":
        dead_letters = open_dead_letter_log(settings, stop)
        profiles = ProfileStore(client, settings.profile_lifetime_days * DAY_S)
        run_profile(
            log,
            dead_letters,
            profiles,
            catalogs,
            SegmentStore(client, default_thresholds(settings)),
            MembershipStore(client),
            open_clock(clock_kind(settings), client),
            sites,
            settings.batch_max_events,
            stop,
        )
        dead_letters.close()
    elif flow == "trigger":
        topic = open_message_topic(settings, stop)
        configs = TriggerConfigStore(client, default_contact_policy(settings))
        run_trigger(
            log,
            _triggering(settings, client, log, catalogs, configs, sites, stop),
            Delivering(
                {site: Outbox(client, site, log.partitions) for site in sites},
                configs,
                topic,
                retry_s(settings),
                settings.webhook_timeout_s,
                stop,
            ),
            sites,
            settings.batch_max_events,
            stop,
        )
        topic.close()
    elif flow == "archive":
        archive = open_archive(settings)
        share, every_s = settings.holdout_share, settings.archive_every_s
        run_archive(log, archive, sites, settings.batch_max_events, every_s, share, stop)
    else:
        run_learn(
            log,
            ModelStore(client),
            catalogs,
            sites,
            settings.batch_max_events,
            settings.publish_every_s,
            settings.click_window_s,
            settings.holdout_share,
            stop,
        )
    log.close()
    client.close()


def _triggering(
    settings: Settings,
    client: Client,
    log: EventLog,
    catalogs: CatalogStore,
    configs: TriggerConfigStore,
    sites: frozenset[str],
    stop: Stop,
) -> TriggerWorker:
    """Build what keeps the watches, with all it reads."""
    return TriggerWorker(
        TriggerStore(client),
        ItemWatcherStore(client),
        ProfileStore(client, settings.profile_lifetime_days * DAY_S),
        catalogs,
        Assortments(catalogs),
        Configs(configs, SegmentStore(client, default_thresholds(settings))),
        Recommending(ModelStore(client), settings.holdout_share),
        open_clock(clock_kind(settings), client),
        log,
        sites,
        stop,
    )
