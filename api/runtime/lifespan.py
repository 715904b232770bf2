"""Lifespan: clients, stores and appenders of one process, from its start to its end."""

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Final

from api.http import metrics
from api.http.config import ApiConfig
from api.http.edge.open_streams import OpenStreams
from api.http.edge.sender_limits import SenderLimits
from api.runtime.begin_decision import begin_decision
from api.runtime.identity_resolution import IdentityResolver
from api.runtime.log_appender import Appender, Incoming
from api.runtime.logs import Logs
from api.runtime.message_notifier import MessageNotifier
from api.runtime.order_spreading import OrderSpreader
from api.runtime.rejected_events import RejectedEvents
from api.runtime.site import Site
from api.runtime.state import Appenders, Running, State, Stores
from api.runtime.stream_gauges import measure
from models.catalog.strategies import STRATEGIES
from models.decisions.recommend import Query
from models.events.bots import bot_of
from models.learner.warm_up import warm
from store.archive.archive import Archive
from store.client import UNAVAILABLE, AsyncClient, Client, connect, connect_async
from store.messages.journal import JournalStore
from store.messages.mailings import MailingStore
from store.messages.outbox import Outbox
from store.messages.trigger_states import TriggerStore
from store.site.catalog import CatalogStore
from store.site.models import ModelStore
from store.site.segments import SegmentStore
from store.site.trigger_config import TriggerConfigStore
from store.visitors.device_links import LinkStore
from store.visitors.memberships import MembershipStore
from store.visitors.order_tellers import OrderTellerStore
from store.visitors.pending import Accepted, keep_pending
from store.visitors.profiles import ProfileStore
from store.visitors.visitor_reads import VisitorReader

_FOLLOW_EVERY_S: Final = 0.25
_REMEMBER_S: Final = 0.25
_LINGER_S: Final = 0.1
_EXPOSE_S: Final = 0.01
_LOGGER = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def live(config: ApiConfig, open_logs: Callable[[], Logs], stopping: Callable[[], bool]) -> AsyncIterator[State]:
    """Connect, follow catalog and models, and keep the gauges, until the process ends.

    Parameters
    ----------
    config
        Settings.
    open_logs
        Opens the logs.
    stopping
        Whether the process was told to end: pages that wait for messages are let go.
    """
    logs = await asyncio.to_thread(open_logs)  # first, since it waits for servers that are not there yet
    async with contextlib.AsyncExitStack() as closing:
        closing.callback(gc.unfreeze)  # a library that looks for leaks at the end would take what is frozen for one
        client = connect(config.redis_url, cluster=config.redis_cluster)
        closing.callback(client.close)
        # Accepted events are durable already: laying them over profiles must not hold the answer up for long.
        hasty = connect(config.redis_url, cluster=config.redis_cluster, timeout_s=_REMEMBER_S)
        closing.callback(hasty.close)
        redis = connect_async(config.redis_url, cluster=config.redis_cluster)
        closing.push_async_callback(redis.aclose)
        unwatched = connect_async(config.redis_url, cluster=config.redis_cluster, timeout_s=None)
        closing.push_async_callback(unwatched.aclose)
        stores = _stores(config, client, redis, VisitorReader(unwatched, logs.events.partitions), logs)
        closing.push_async_callback(asyncio.to_thread, stores.archive.close)
        closing.push_async_callback(asyncio.to_thread, logs.close)
        appenders = _appenders(config, hasty, logs)
        closing.push_async_callback(asyncio.to_thread, appenders.close)
        state = State(
            config=config,
            sites={
                site.site: Site(
                    site.site,
                    stores.catalogs,
                    stores.models,
                    stores.trigger_config,
                    offers_adult=config.recommend_adult,
                )
                for site in config.sites
            },
            stores=stores,
            logs=logs,
            appenders=appenders,
            notifier=MessageNotifier(redis, logs.events.partitions, stopping),
            running=Running(stopping),
            rejected=RejectedEvents(stores.profiles),
            senders=SenderLimits(config.limits),
            streams=OpenStreams(config.limits),
        )
        tasks = [asyncio.create_task(work) for work in (_follow(state), measure(state), state.notifier.run())]
        try:
            yield state
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, *state.memory.recording, return_exceptions=True)
            with contextlib.suppress(*UNAVAILABLE):
                await asyncio.to_thread(state.rejected.store)


def _stores(config: ApiConfig, client: Client, redis: AsyncClient, visitors: VisitorReader, logs: Logs) -> Stores:
    return Stores(
        redis=redis,
        visitors=visitors,
        profiles=ProfileStore(client, config.profile_lifetime_s),
        memberships=MembershipStore(client),
        catalogs=CatalogStore(client, config.currency),
        models=ModelStore(client),
        segments=SegmentStore(client, config.thresholds),
        triggers=TriggerStore(client),
        trigger_config=TriggerConfigStore(client, config.contact_policy),
        journal=JournalStore(client),
        mailings=MailingStore(client),
        order_tellers=OrderTellerStore(client, logs.events.partitions, config.profile_lifetime_s),
        outboxes={site.site: Outbox(client, site.site, logs.events.partitions) for site in config.sites},
        archive=Archive(config.archive_directory),
    )


def _appenders(config: ApiConfig, hasty: Client, logs: Logs) -> Appenders:
    links = LinkStore(hasty, config.profile_lifetime_s)
    identity = IdentityResolver(links, logs.events.partitions)
    tellers = OrderTellerStore(hasty, logs.events.partitions, config.profile_lifetime_s)
    spreading = OrderSpreader(tellers, links, logs.events.partitions)
    return Appenders(
        events=Appender(
            logs.events,
            prepare=lambda records: spreading.prepare(identity.prepare(records)),
            remember=partial(_remember, hasty, links, spreading),
        ),
        exposures=Appender(logs.events, linger_s=_EXPOSE_S),
        decisions=Appender(logs.decisions, linger_s=_LINGER_S),
        dead_letters=Appender(logs.dead_letters, linger_s=_LINGER_S),
    )


def _remember(
    client: Client, links: LinkStore, spreading: OrderSpreader, appended: Sequence[tuple[Incoming, int]]
) -> None:
    """Lay accepted events beside the profiles they belong to, until the stream has learned them; and keep new links,
    and who has heard of which order."""
    try:
        links.add(
            ((record.site, record.partition, record.visitor_id), record.link)
            for record, _ in appended
            if record.link is not None
        )
        spreading.remember([record for record, _ in appended])
        keep_pending(
            client,
            [
                Accepted(record.site, record.partition, record.visitor_id, position, record.value)
                for record, position in appended
            ],
        )
    except UNAVAILABLE as error:
        metrics.PENDING_LOST.inc(len(appended))
        _LOGGER.warning("accepted events are in the log, but not laid over profiles: %s", error)


async def _follow(state: State) -> None:
    """Keep catalog and models as they are stored; ready once all sites have them and the decision path is warm."""
    while True:
        try:
            for site in state.sites.values():
                await site.follow()
            if not state.running.ready.is_set():
                await asyncio.to_thread(warm)
                await _warm(state)
                gc.collect()
                gc.freeze()
                # A request makes a thousand short-lived objects and no cycles: the stock threshold of 700 would stop
                # twice a request, and now and then for the whole catalog.
                gc.set_threshold(2_000, 20, 100)
                state.running.ready.set()
        except UNAVAILABLE as error:
            _LOGGER.warning("store unavailable, serving what is in memory: %s", error)
        except Exception:
            _LOGGER.exception("catalog or models could not be followed")
        await asyncio.sleep(_FOLLOW_EVERY_S)


async def _warm(state: State) -> None:
    """Make one decision of every kind a page asks for, for a visitor nobody is; and read the list of bots."""
    bot_of("")
    for site in state.sites.values():
        for _ in range(3):
            decision = await begin_decision(state, site, "")
            for strategy in STRATEGIES:
                decision.recommend(Query(strategy))
            for placement_id, placement in site.assortment.placements.items():
                decision.fill(placement_id, placement.slots)
