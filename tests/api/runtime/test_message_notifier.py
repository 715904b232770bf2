"""Message notifier: whoever has a new message is woken, nobody else is, and all are let go at the end."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable

import pytest

from api.runtime.message_notifier import MessageNotifier
from shopwindow.embedded import EmbeddedRedis
from store import keys
from store.client import AsyncClient, connect_async
from store.log.log import partition_of

PARTITIONS = 4


@pytest.fixture
def site() -> str:
    """A site nobody used."""
    return f"s-{uuid.uuid4().hex[:8]}"


class Notifying:
    """A notifier at work."""

    def __init__(self, client: AsyncClient, site: str) -> None:
        self.stopped = False
        self.made = MessageNotifier(client, PARTITIONS, lambda: self.stopped)
        self._client = client
        self._site = site

    async def send(self, visitor: str) -> None:
        """Tell that a visitor has a new message, as a save does."""
        name = keys.on_site_news(self._site, partition_of(self._site, visitor, PARTITIONS))
        await self._client.xadd(name, {"v": visitor})


def notify(url: str, site: str, work: Callable[[Notifying], Awaitable[None]]) -> None:
    """Do some work beside a notifier."""

    async def worked() -> None:
        client = connect_async(url)
        notifying = Notifying(client, site)
        running = asyncio.create_task(notifying.made.run())
        try:
            await work(notifying)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await client.aclose()

    asyncio.run(worked())


async def woken(news: asyncio.Event, within_s: float = 5.0) -> bool:
    """Whether somebody is woken in time."""
    try:
        await asyncio.wait_for(news.wait(), within_s)
    except TimeoutError:
        return False
    return True


def test_every_page_of_the_visitor_is_woken_and_no_other(redis_server: EmbeddedRedis, site: str) -> None:
    async def work(notifying: Notifying) -> None:
        listening = notifying.made.listening
        with listening(site, "a") as first, listening(site, "a") as second, listening(site, "b") as other:
            await notifying.send("a")
            assert await woken(first)
            assert await woken(second)
            assert not await woken(other, 0.6)
            first.clear()
            assert not await woken(first, 0.6), "told once"
            await notifying.send("a")
            assert await woken(first)

    notify(redis_server.url, site, work)


def test_a_page_that_was_closed_is_forgotten(redis_server: EmbeddedRedis, site: str) -> None:
    async def work(notifying: Notifying) -> None:
        with notifying.made.listening(site, "a") as kept:
            with notifying.made.listening(site, "a") as closed:
                pass
            await notifying.send("a")
            assert await woken(kept)
            assert not closed.is_set()

    notify(redis_server.url, site, work)


def test_everybody_is_let_go_when_the_process_is_told_to_end(redis_server: EmbeddedRedis, site: str) -> None:
    async def work(notifying: Notifying) -> None:
        with notifying.made.listening(site, "a") as news:
            notifying.stopped = True
            assert await woken(news)

    notify(redis_server.url, site, work)


def test_who_waits_looks_anyway_after_a_while(
    redis_server: EmbeddedRedis, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.runtime.message_notifier._WAIT_S", 0.05)

    async def work(notifying: Notifying) -> None:
        with notifying.made.listening(site, "a") as news:
            await asyncio.wait_for(notifying.made.wait(news), 5.0)
            assert not news.is_set()

    notify(redis_server.url, site, work)
