"""What lives as long as an API process, in this one: over a real Redis, with sites and logs nobody used."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from api.app import create_app
from api.http.config import ApiConfig, SiteConfig
from api.intake.log_appender import Incoming
from api.runtime.logs import Logs
from api.runtime.site import Site
from api.runtime.state import State
from models.events.events import encode_event
from models.events.intake.parsing import parse_event
from store.client import connect
from store.log.log import EventLog, partition_of
from store.log.redis_log import RedisLog

PARTITIONS = 4
Found = TypeVar("Found")


@asynccontextmanager
async def running(redis_url: str, logs_url: str = "", **settings: Any) -> AsyncIterator[tuple[State, Site]]:
    """Start what an API process has, and give it with its one site; logs may lie elsewhere."""
    site = f"s-{uuid.uuid4().hex[:8]}"
    given = {"redis_deadline_s": 5.0, "archive_directory": Path("nowhere"), **settings}
    config = ApiConfig(sites=(SiteConfig(site, f"public-{site}", f"secret-{site}"),), redis_url=redis_url, **given)
    client = connect(logs_url or redis_url)

    def open_logs() -> Logs:
        def opened(suffix: str, partitions: int) -> EventLog:
            return RedisLog(client, f"log-{site}{suffix}", partitions, 3_600.0)

        return Logs(opened("", PARTITIONS), opened("-decisions", PARTITIONS), opened("-probes", 1))

    app = create_app(config, open_logs)
    async with app.router.lifespan_context(app) as shared:
        assert shared is not None
        state: State = shared["shopwindow"]
        yield state, state.sites[site]
    client.close()


def in_process(redis_url: str, work: Callable[[State, Site], Awaitable[Found]], **settings: Any) -> Found:
    """Do some work in a process of the API, and give what came of it."""

    async def worked() -> Found:
        async with running(redis_url, **settings) as (state, site):
            return await work(state, site)

    return asyncio.run(worked())


async def accept(state: State, site: Site, *events: dict[str, Any]) -> None:
    """Take events in as the intake does; those without a time happened now."""
    incoming = []
    for raw in events:
        told = parse_event(raw, site.name, time.time())
        partition = partition_of(site.name, told.visitor_id, PARTITIONS)
        incoming.append(Incoming(site.name, partition, told.visitor_id, encode_event(told)))
    await state.appenders.events.append(incoming)


def looked_at(visitor: str, *item_ids: str) -> dict[str, Any]:
    """A look at items."""
    return {"event": "view_item", "visitor_id": visitor, "items": [{"item_id": item_id} for item_id in item_ids]}
