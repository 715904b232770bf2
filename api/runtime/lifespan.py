"""Lifespan: clients, stores and appenders of one process, from its start to its end."""

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final

from api.http import metrics
from api.http.config import ApiConfig
from api.http.edge.open_streams import OpenStreams
from api.http.edge.sender_limits import SenderLimits
from api.intake.identity_resolution import IdentityResolver
from api.intake.letter_queue import LetterQueue
from api.intake.log_appender import Appender, Incoming
from api.intake.order_spreading import OrderSpreader
from api.intake.rejected_events import RejectedEvents
from api.runtime.begin_decision import begin_decision
from api.runtime.health import CATALOG_AND_MODELS, STREAM_GAUGES, Health, IntakeProbe, go_on
from api.runtime.key_ring import KeyRing
from api.runtime.logs import Logs
from api.runtime.message_notifier import MessageNotifier
from api.runtime.profile_healer import ProfileHealer
from api.runtime.site import Site
from api.runtime.state import Appenders, Running, State, Stores
from api.runtime.stream_gauges import measure
from api.runtime.topology import Topology
from models.catalog.strategies import STRATEGIES
from models.decisions.recommend import Query
from models.events.bots import bot_of
from models.learner.warm_up import warm
from store.archive.archive import Archive
from store.client import AsyncClient, Client, connect, connect_async
from store.dead_letters import DeadLetterStore
from store.messages.journal import JournalStore
from store.messages.mailings import MailingStore
from store.messages.outbox import Outbox
from store.messages.trigger_states import TriggerStore
from store.refusals import UNAVAILABLE
from store.site.api_keys import ApiKeyStore
from store.site.catalog import CatalogStore
from store.site.models import ModelStore
from store.site.segments import SegmentStore
from store.site.trigger_config import TriggerConfigStore
from store.unreadable import OnUnreadable
from store.visitors.device_links import LinkStore
from store.visitors.erasures import ErasureStore
from store.visitors.known_visitors import KnownVisitorStore
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
        health = Health()
        dead_letters = DeadLetterStore(client, config.lifetimes)
        letters = LetterQueue(dead_letters, health.failed)
        closing.push_async_callback(asyncio.to_thread, letters.close)
        stores = _stores(config, client, redis, unwatched, logs, dead_letters, letters.unreadable)
        closing.push_async_callback(asyncio.to_thread, stores.archive.close)
        closing.push_async_callback(asyncio.to_thread, logs.close)
        appenders = _appenders(config, hasty, logs, health)
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
                    on_unreadable=letters.unreadable,
                )
                for site in config.sites
            },
            stores=stores,
            logs=logs,
            appenders=appenders,
            notifier=MessageNotifier(redis, logs.events.partitions, stopping),
            running=Running(stopping),
            health=health,
            intake_probe=IntakeProbe(appenders.events, appenders.probes),
            rejected=RejectedEvents(stores.profiles),
            letters=letters,
            topology=Topology(unwatched),
            key_ring=KeyRing(config.sites),
            senders=SenderLimits(config.limits),
            streams=OpenStreams(config.limits),
        )
        parts: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            CATALOG_AND_MODELS: partial(_follow, state),
            STREAM_GAUGES: partial(measure, state),
            "news for pages": state.notifier.run,
        }
        tasks = [asyncio.create_task(go_on(health, part, work)) for part, work in parts.items()]
        try:
            yield state
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, *state.memory.recording, return_exceptions=True)
            with contextlib.suppress(*UNAVAILABLE):
                await asyncio.to_thread(state.rejected.store)


def _stores(
    config: ApiConfig,
    client: Client,
    redis: AsyncClient,
    unwatched: AsyncClient,
    logs: Logs,
    dead_letters: DeadLetterStore,
    told: OnUnreadable,
) -> Stores:
    profiles = ProfileStore(client, config.lifetimes, told)
    return Stores(
        redis=redis,
        visitors=VisitorReader(
            unwatched, logs.events.partitions, ProfileHealer(profiles, logs.events.partitions, told)
        ),
        profiles=profiles,
        memberships=MembershipStore(client, told),
        catalogs=CatalogStore(client, config.currency, told),
        models=ModelStore(client),
        segments=SegmentStore(client, config.thresholds, told),
        triggers=TriggerStore(client, told, config.lifetimes),
        trigger_config=TriggerConfigStore(client, config.contact_policy, told),
        dead_letters=dead_letters,
        known=KnownVisitorStore(client, logs.events.partitions, config.lifetimes.profile_s),
        erasures=ErasureStore(client),
        api_keys=ApiKeyStore(client, told),
        journal=JournalStore(client),
        mailings=MailingStore(client),
        order_tellers=OrderTellerStore(client, logs.events.partitions, config.lifetimes.profile_s),
        outboxes={
            site.site: Outbox(client, site.site, logs.events.partitions, config.lifetimes) for site in config.sites
        },
        archive=Archive(config.archive_directory, told),
    )


def _appenders(config: ApiConfig, hasty: Client, logs: Logs, health: Health) -> Appenders:
    links = LinkStore(hasty, config.lifetimes.profile_s)
    identity = IdentityResolver(links, logs.events.partitions)
    tellers = OrderTellerStore(hasty, logs.events.partitions, config.lifetimes.profile_s)
    spreading = OrderSpreader(tellers, links, logs.events.partitions)
    known = KnownVisitorStore(hasty, logs.events.partitions, config.lifetimes.profile_s)
    return Appenders(
        events=Appender(
            logs.events,
            prepare=lambda records: spreading.prepare(identity.prepare(records)),
            remember=partial(_remember, hasty, links, spreading, known),
            on_failure=health.failed,
        ),
        exposures=Appender(logs.events, linger_s=_EXPOSE_S, on_failure=health.failed),
        decisions=Appender(logs.decisions, linger_s=_LINGER_S, on_failure=health.failed),
        probes=Appender(logs.probes, on_failure=health.failed),
    )


def _remember(
    client: Client,
    links: LinkStore,
    spreading: OrderSpreader,
    known: KnownVisitorStore,
    appended: Sequence[tuple[Incoming, int]],
) -> None:
    """Lay accepted events beside the profiles they belong to, until the stream has learned them; and keep new links,
    who is known, and who has heard of which order."""
    try:
        known.add((record.site, record.user_id) for record, _ in appended if record.user_id)
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
        error = await _follow_sites(state)
        if error is None:
            state.health.well(CATALOG_AND_MODELS)
        else:
            state.health.failed(CATALOG_AND_MODELS, error)
        if not state.running.ready.is_set() and not isinstance(error, UNAVAILABLE):
            await asyncio.to_thread(warm)
            await _warm(state)
            gc.collect()
            gc.freeze()
            # A request makes a thousand short-lived objects and no cycles: the stock threshold of 700 would stop
            # twice a request, and now and then for the whole catalog.
            gc.set_threshold(2_000, 20, 100)
            state.running.ready.set()
        await asyncio.sleep(_FOLLOW_EVERY_S)


async def _follow_sites(state: State) -> Exception | None:
    """Bring every site to what is stored, whatever is wrong with another; gives what was wrong, a store that is away
    before anything else."""
    found: Exception | None = None
    for site in state.sites.values():
        try:
            await asyncio.to_thread(state.key_ring.follow, site.name, state.stores.api_keys)
            await site.follow()
        except UNAVAILABLE as error:
            _LOGGER.warning("store unavailable, serving what is in memory: %s", error)
            return error
        except Exception as error:
            _LOGGER.exception("catalog or models of site %s could not be followed", site.name)
            found = error
    return found


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
