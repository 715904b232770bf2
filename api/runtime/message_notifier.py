"""Message notifier: tells the open pages of this process who has a new message; one look at the store serves them
all."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from store.client import AsyncClient
from store.log.log import partition_of
from store.messages.on_site import read_news
from store.refusals import UNAVAILABLE

_LOOK_EVERY_S: Final = 0.2
_WAIT_S: Final = 5.0
"""A page looks for itself so often, should it ever have missed something."""
_LOGGER = logging.getLogger(__name__)


class MessageNotifier:
    """Who listens, and where the news were read up to."""

    def __init__(self, client: AsyncClient, partitions: int, stopping: Callable[[], bool]) -> None:
        self._stopping = stopping
        self._client = client
        self._partitions = partitions
        self._listeners: dict[tuple[str, str], set[asyncio.Event]] = {}
        self._read_to: dict[tuple[str, int], str] = {}

    @contextmanager
    def listening(self, site: str, visitor_id: str) -> Iterator[asyncio.Event]:
        """Give an event that is set when there may be something new for a visitor."""
        key, news = (site, visitor_id), asyncio.Event()
        self._listeners.setdefault(key, set()).add(news)
        try:
            yield news
        finally:
            self._listeners[key].discard(news)
            if not self._listeners[key]:
                del self._listeners[key]

    async def wait(self, news: asyncio.Event) -> None:
        """Wait until there is something new, or it is time to look anyway."""
        try:
            async with asyncio.timeout(_WAIT_S):
                await news.wait()
        except TimeoutError:
            return

    async def run(self) -> None:
        """Read the news of all partitions that anybody listens to, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            if self._stopping():
                for waiting in self._listeners.values():
                    for news in waiting:
                        news.set()
                return
            listened = sorted(
                {(site, partition_of(site, visitor, self._partitions)) for site, visitor in self._listeners}
            )
            self._read_to = {place: at for place, at in self._read_to.items() if place in listened}
            if not listened:
                continue
            try:
                await self._look(listened)
            except UNAVAILABLE as error:
                _LOGGER.warning("on-site news not read: %s", error)

    async def _look(self, listened: list[tuple[str, int]]) -> None:
        places = [(site, partition, self._read_to.get((site, partition), "")) for site, partition in listened]
        for (site, partition, _), news in zip(places, await read_news(self._client, places), strict=True):
            for event_id, visitor_id in news:
                self._read_to[site, partition] = event_id
                for waiting in self._listeners.get((site, visitor_id), ()):
                    waiting.set()
