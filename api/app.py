"""The API as an ASGI application."""

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.admin import (
    catalog,
    experiments,
    journal,
    mail_lists,
    operations,
    reports,
    rule_preview,
    segments,
    timeline,
    triggers,
    visitors,
)
from api.http import documentation, metrics, problems
from api.http.config import ApiConfig
from api.http.schemas import documenting
from api.public import decisions, events, messages, recommendations, slots
from api.runtime.decide import begin
from api.runtime.identity_resolution import IdentityResolver
from api.runtime.log_appender import Appender, Incoming
from api.runtime.message_notifier import MessageNotifier
from api.runtime.site import Site
from api.runtime.state import State
from api.shop.routes import shop_routes
from models.base.bucketing import in_holdout
from models.base.errors import InvalidError
from models.catalog.resources import CatalogItem
from models.catalog.strategies import STRATEGIES
from models.decisions.recommend import Query
from models.learner.warm_up import warm
from store.archive.archive import Archive
from store.client import UNAVAILABLE, Client, connect, connect_async
from store.log.log import EventLog, LogUnavailableError
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
from store.visitors.pending import Accepted, keep_pending
from store.visitors.profiles import ProfileStore
from store.visitors.visitor_reads import VisitorReader

_FOLLOW_EVERY_S: Final = 0.25
_MEASURE_EVERY_S: Final = 2.0
_REMEMBER_S: Final = 0.25
_LINGER_S: Final = 0.1
_EXPOSE_S: Final = 0.01
_LOGGER = logging.getLogger(__name__)
_ROUTERS: Final = (
    events,
    recommendations,
    mail_lists,
    slots,
    decisions,
    timeline,
    messages,
    visitors,
    triggers,
    journal,
    rule_preview,
    experiments,
    catalog,
    segments,
    reports,
    operations,
)
"""In the order matched: a visitor's path would fit its timeline and messages, an experiment's its results."""


@dataclass(frozen=True, slots=True)
class Logs:
    """The logs the API appends to."""

    events: EventLog
    decisions: EventLog
    dead_letters: EventLog

    def close(self) -> None:
        """Close all."""
        for log in (self.events, self.decisions, self.dead_letters):
            log.close()


def create_app(
    config: ApiConfig, open_logs: Callable[[], Logs], stopping: Callable[[], bool] = lambda: False
) -> FastAPI:
    """Build the application; clients connect when it starts.

    Parameters
    ----------
    config
        Settings.
    open_logs
        Opens the logs, at start.
    stopping
        Whether the process was told to end: pages that wait for messages are let go.
    """

    def lifespan(running: FastAPI) -> contextlib.AbstractAsyncContextManager[dict[str, State]]:
        return _lifespan(running, config, open_logs, stopping)

    app = FastAPI(
        title="Shopwindow",
        version="1",
        description="Banner slots and recommendations that move with each click.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(documentation.router)
    app.mount("/docs/static", documentation.static_files())
    for module in _ROUTERS:
        # Not `include_router`: its nested look-ups cost every request more than some decisions do.
        app.router.routes.extend(module.router.routes)
    app.add_exception_handler(problems.ProblemError, problems.on_problem)
    app.add_exception_handler(InvalidError, problems.on_invalid)
    app.add_exception_handler(RequestValidationError, problems.on_bad_request)
    app.add_exception_handler(HTTPException, problems.on_http_error)
    app.add_exception_handler(Exception, problems.on_unexpected)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["authorization", "content-type", "last-event-id"],
        max_age=86_400,
    )
    app.add_middleware(Timing)
    app.openapi = partial(_openapi, app)  # type: ignore[method-assign]
    return app


class Timing:
    """Measures every request, by its route and the tier that answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request and note how long it took."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = scope.get("route")
            path = getattr(route, "path", "unmatched")
            seconds = time.perf_counter() - started
            metrics.observe_request(path, scope.get("tier", ""), status, seconds)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the bodies and problems that endpoints handle by hand."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        components = document.setdefault("components", {})
        known = components.setdefault("schemas", {})
        known |= {**documenting.components(), "Problem": documenting.Problem.model_json_schema()}
        known.pop("HTTPValidationError", None)
        known.pop("ValidationError", None)
        components["securitySchemes"] = {
            "public": {"type": "http", "scheme": "bearer", "description": "The site's public or secret key."},
            "secret": {"type": "http", "scheme": "bearer", "description": "The site's secret key."},
        }
        for path, operations_of_path in document["paths"].items():
            for operation in operations_of_path.values():
                responses = operation["responses"]
                if "HTTPValidationError" in str(responses.get("422", "")):
                    responses["422"] = documenting.problems(422)[422]
                if path.startswith("/v1/"):
                    operation["security"] = [{"secret" if "403" in responses else "public": []}]
        app.openapi_schema = document
    return app.openapi_schema


@contextlib.asynccontextmanager
async def _lifespan(
    app: FastAPI, config: ApiConfig, open_logs: Callable[[], Logs], stopping: Callable[[], bool]
) -> AsyncIterator[dict[str, State]]:
    logs = await asyncio.to_thread(open_logs)  # first, since it waits for servers that are not there yet
    client = connect(config.redis_url, cluster=config.redis_cluster)
    # Accepted events are durable already: laying them over profiles must not hold the answer up for long.
    hasty = connect(config.redis_url, cluster=config.redis_cluster, timeout_s=_REMEMBER_S)
    redis = connect_async(config.redis_url, cluster=config.redis_cluster)
    unwatched = connect_async(config.redis_url, cluster=config.redis_cluster, timeout_s=None)
    catalogs, models = CatalogStore(client), ModelStore(client)
    trigger_config = TriggerConfigStore(client, config.contact_policy)
    state = State(
        config=config,
        sites={site.site: Site(site.site, catalogs, models, trigger_config) for site in config.sites},
        redis=redis,
        visits=VisitorReader(unwatched, logs.events.partitions),
        profiles=ProfileStore(client, config.profile_lifetime_s),
        catalogs=catalogs,
        models=models,
        archive=Archive(config.archive_directory),
        segments=SegmentStore(client, config.thresholds),
        memberships=MembershipStore(client),
        triggers=TriggerStore(client),
        trigger_config=trigger_config,
        journal=JournalStore(client),
        outboxes={site.site: Outbox(client, site.site, logs.events.partitions) for site in config.sites},
        notifier=MessageNotifier(redis, logs.events.partitions, stopping),
        stopping=stopping,
        mailings=MailingStore(client),
        log=logs.events,
        dead_letter_log=logs.dead_letters,
        events=Appender(
            logs.events,
            prepare=IdentityResolver(LinkStore(hasty, config.profile_lifetime_s), logs.events.partitions).prepare,
            remember=partial(_remember, hasty, LinkStore(hasty, config.profile_lifetime_s)),
        ),
        decisions=Appender(logs.decisions, linger_s=_LINGER_S),
        exposures=Appender(logs.events, linger_s=_EXPOSE_S),
        dead_letters=Appender(logs.dead_letters, linger_s=_LINGER_S),
    )
    if config.shop_site:
        app.router.routes.extend(_shop(state, config))
    tasks = [asyncio.create_task(work) for work in (_follow(state), _measure(state), state.notifier.run())]
    try:
        yield {"shopwindow": state}
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *state.telling, return_exceptions=True)
        for appender in (state.events, state.decisions, state.exposures, state.dead_letters):
            await asyncio.to_thread(appender.close)
        await asyncio.to_thread(logs.close)
        await asyncio.to_thread(state.archive.close)
        await redis.aclose()
        await unwatched.aclose()
        client.close()
        hasty.close()
        gc.unfreeze()  # a library that looks for leaks when the process ends would take what is frozen for one


def _remember(client: Client, links: LinkStore, appended: Sequence[tuple[Incoming, int]]) -> None:
    """Lay accepted events beside the profiles they belong to, until the stream has learned them; and keep new links."""
    try:
        links.add(
            ((record.site, record.partition, record.visitor_id), record.link)
            for record, _ in appended
            if record.link is not None
        )
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
            if not state.ready.is_set():
                await asyncio.to_thread(warm)
                await _warm(state)
                gc.collect()
                gc.freeze()
                # A request makes a thousand short-lived objects and no cycles: the stock threshold of 700 would stop
                # twice a request, and now and then for the whole catalog.
                gc.set_threshold(2_000, 20, 100)
                state.ready.set()
        except UNAVAILABLE as error:
            _LOGGER.warning("store unavailable, serving what is in memory: %s", error)
        except Exception:
            _LOGGER.exception("catalog or models could not be followed")
        await asyncio.sleep(_FOLLOW_EVERY_S)


async def _warm(state: State) -> None:
    """Make one decision of every kind a page asks for, for a visitor nobody is."""
    for site in state.sites.values():
        for _ in range(3):
            decision = await begin(state, site, "")
            for strategy in STRATEGIES:
                decision.recommend(Query(strategy))
            for placement_id, placement in site.assortment.placements.items():
                decision.fill(placement_id, placement.slots)


async def _measure(state: State) -> None:
    """Keep the gauges of the stream: lag, outcomes, dead letters."""
    while True:
        try:
            for flow, lag in (await asyncio.to_thread(operations.lags, state.log)).items():
                metrics.LAG.labels(flow).set(lag)
            (start,), (end,) = await asyncio.to_thread(
                lambda: (state.dead_letter_log.starts(), state.dead_letter_log.ends())
            )
            metrics.DEAD_LETTERS.set(max(0, end - start + 1))
            for name in state.sites:
                counts = await asyncio.to_thread(state.profiles.counts, name, state.log.partitions)
                for outcome, count in counts.items():
                    metrics.PROCESSED.labels(name, outcome).set(count)
        except (LogUnavailableError, *UNAVAILABLE) as error:
            _LOGGER.warning("stream gauges not renewed: %s", error)
        await asyncio.sleep(_MEASURE_EVERY_S)


def _shop(state: State, config: ApiConfig) -> Sequence[Any]:
    """The sample shop's pages, over the catalog in memory."""
    site = state.sites[config.shop_site]
    public_key = next(site.public_key for site in config.sites if site.site == config.shop_site)

    def list_items(category: tuple[str, ...], limit: int, offset: int) -> list[CatalogItem]:
        ids = sorted(site.assortment.in_category(category) if category else site.assortment.items)
        return [site.assortment.items[item_id] for item_id in ids[offset : offset + limit]]

    def new_visitor_id() -> str:
        """A visitor who looks at the demo wants to see it move: none of the holdout."""
        while True:
            visitor_id = f"visitor-{token_hex(6)}"
            if config.holdout_share >= 1 or not in_holdout(site.name, visitor_id, config.holdout_share):
                return visitor_id

    return shop_routes(
        find_item=lambda item_id: site.assortment.items.get(item_id),
        find_creative=lambda creative_id: site.assortment.creatives.get(creative_id),
        list_items=list_items,
        public_key=public_key,
        new_visitor_id=new_visitor_id,
    )
