"""On-site messages: what a visitor is shown on the page that is open, and who has something new."""

from collections.abc import Sequence
from typing import NamedTuple, cast

from models.triggers.message_outcomes import SEEN
from store import keys
from store.client import AsyncClient

_FIELDS = sorted(SEEN)


class OnSite(NamedTuple):
    """A message for the site: `event_id` orders a visitor's messages; `until_s` is by the site's clock."""

    event_id: str
    message_id: str
    until_s: float
    body: bytes


async def read_on_site(
    client: AsyncClient, site: str, partition: int, visitor_id: str, after: str, now_s: float
) -> list[OnSite]:
    """Give a visitor's messages after an event id (all for an empty one), oldest first.

    Left out are those whose time is over, and those the visitor has opened, clicked or dismissed.
    """
    name = keys.on_site(site, partition, visitor_id)
    raw = await client.xrange(name, f"({after}" if after else "-", "+")
    found = [
        OnSite(event_id.decode(), fields[b"id"].decode(), float(fields[b"until"]), fields[b"body"])
        for event_id, fields in cast(list[tuple[bytes, dict[bytes, bytes]]], raw)
    ]
    current = [message_id for message_id in found if now_s < message_id.until_s]
    if not current:
        return []
    async with client.pipeline(transaction=False) as pipe:
        for message in current:
            pipe.hmget(keys.journal_entry(site, partition, message.message_id), _FIELDS)
        seen = await pipe.execute()
    return [message_id for message_id, fields in zip(current, seen, strict=True) if not any(fields)]


async def note_presence(
    client: AsyncClient, site: str, partition: int, visitor_id: str, now_s: float, until_s: float
) -> bool:
    """Note that a visitor's page is open until a time (wall clock); whether it was not before.

    What waits for the visitor to come is then looked at with the trigger flow's next tick.
    """
    name = keys.present(site, partition)
    known = await client.zscore(name, visitor_id)
    is_new = known is None or float(known) < now_s
    async with client.pipeline(transaction=False) as pipe:
        pipe.zremrangebyscore(name, "-inf", now_s)
        pipe.zadd(name, {visitor_id: until_s})
        pipe.expire(name, keys.PRESENT_LIFETIME_S)
        if is_new:
            pipe.zadd(keys.timers(site, partition), {visitor_id: 0.0}, xx=True)
        await pipe.execute()
    return is_new


async def read_news(client: AsyncClient, places: Sequence[tuple[str, int, str]]) -> list[list[tuple[str, str]]]:
    """Give, for each site, partition and event id, what came after it: event ids, and whom it is for."""
    async with client.pipeline(transaction=False) as pipe:
        for site, partition, after in places:
            pipe.xrange(keys.on_site_news(site, partition), f"({after}" if after else "-", "+")
        raw = await pipe.execute()
    return [[(event_id.decode(), fields[b"v"].decode()) for event_id, fields in found] for found in raw]
