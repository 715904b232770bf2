"""Stream gauges: lag, outcomes and dead letters, as metrics and status tell them."""

import asyncio
import logging
import time
from typing import Final

from api.http import metrics
from api.runtime.health import STREAM_GAUGES
from api.runtime.state import State
from store.dead_letters import NOBODY
from store.log.groups import ARCHIVE_GROUP, LEARN_GROUP, PROFILE_GROUP, TRIGGER_GROUP
from store.log.log import EventLog, LogUnavailableError
from store.refusals import UNAVAILABLE
from store.resident_memory import RESIDENT, resident_bytes

EVENT_OUTCOMES: Final = ("applied", "duplicates", "erased", "dead_letters", "rejected")
"""What became of events, as status and metrics name it."""
FLOWS: Final = (PROFILE_GROUP, LEARN_GROUP, TRIGGER_GROUP, ARCHIVE_GROUP)
_MEASURE_EVERY_S: Final = 2.0
_LOGGER = logging.getLogger(__name__)


def lags(log: EventLog) -> dict[str, int]:
    """Records each flow has not committed yet, over all partitions."""
    ends = log.ends()
    return {
        flow: sum(max(0, end - done) for end, done in zip(ends, log.committed(flow), strict=True)) for flow in FLOWS
    }


async def measure(state: State) -> None:
    """Keep the gauges of the stream: lag, outcomes, dead letters, events on items; and store what was rejected."""
    archive = state.stores.archive
    while True:
        await asyncio.to_thread(archive.let_go_of_idle, time.monotonic())
        metrics.ARCHIVE_TABLES.set(archive.kept_bytes)
        RESIDENT.set(resident_bytes())
        try:
            for flow, lag in (await asyncio.to_thread(lags, state.logs.events)).items():
                metrics.LAG.labels(flow).set(lag)
            sites = (*state.sites, NOBODY)
            await asyncio.to_thread(state.stores.dead_letters.drop_old, sites, time.time())
            metrics.DEAD_LETTERS.set(await asyncio.to_thread(state.stores.dead_letters.count, sites))
            await asyncio.to_thread(state.rejected.store)
            for name in state.sites:
                counts = await asyncio.to_thread(state.stores.profiles.counts, name, state.logs.events.partitions)
                for outcome in EVENT_OUTCOMES:
                    metrics.PROCESSED.labels(name, outcome).set(counts.get(outcome, 0))
                unknown = counts.get("on_unknown_items", 0)
                metrics.ON_ITEMS.labels(name, "known").set(counts.get("on_items", 0) - unknown)
                metrics.ON_ITEMS.labels(name, "unknown").set(unknown)
            state.health.well(STREAM_GAUGES)
        except (LogUnavailableError, *UNAVAILABLE) as error:
            _LOGGER.warning("stream gauges not renewed: %s", error)
            state.health.failed(STREAM_GAUGES, error)
        await asyncio.sleep(_MEASURE_EVERY_S)
