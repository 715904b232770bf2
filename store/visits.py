"""Visits: all a request needs to know of a visitor, in one round trip."""

from typing import NamedTuple

from models.assortment import Assortment
from models.events import VISITOR_DELETED
from models.profile import Change, Profile, decode_profile, learn
from models.timeline import MAX_ENTRIES, Entry, decode_entry, entry_of
from store import keys
from store.client import AsyncClient
from store.pending import read_pending


class Visit(NamedTuple):
    """What is stored of a visitor right now, undecoded, and the version of the site's catalog."""

    blob: bytes | None
    pending: list[bytes]
    catalog_version: int


async def read_visit(client: AsyncClient, site: str, partition: int, visitor_id: str) -> Visit:
    """Read a visitor and the catalog's version in one pipeline; raises what the client raises."""
    async with client.pipeline(transaction=False) as pipe:
        pipe.get(keys.profile(site, partition, visitor_id))
        pipe.lrange(keys.pending(site, partition, visitor_id), 0, -1)
        pipe.get(keys.catalog_version(site))
        blob, pending, version = await pipe.execute()
    return Visit(blob, pending, int(version or 0))


def profile_of(visit: Visit, assortment: Assortment) -> Profile:
    """Give the visitor's profile with every accepted event in it."""
    profile = decode_profile(visit.blob)
    waiting = read_pending(visit.pending, after=profile.position)
    if not waiting:
        return profile
    profiles = [profile]
    learn(
        profiles,
        [Change(0, position, event) for position, event in waiting],
        assortment.vector_of_item,
        assortment.on_sale,
    )
    return profiles[0]


async def read_timeline(client: AsyncClient, site: str, partition: int, visitor_id: str) -> list[Entry]:
    """Read a visitor's touchpoints with every accepted event among them, in no order; raises what the client raises."""
    async with client.pipeline(transaction=True) as pipe:
        pipe.get(keys.profile(site, partition, visitor_id))
        pipe.lrange(keys.timeline(site, partition, visitor_id), 0, -1)
        pipe.lrange(keys.pending(site, partition, visitor_id), 0, -1)
        blob, stored, pending = await pipe.execute()
    profile = decode_profile(blob)
    entries = [decode_entry(value) for value in stored]
    waiting = read_pending(pending, after=profile.position)
    changes = [Change(0, position, event) for position, event in waiting]
    # Learned into a copy that is thrown away: a client's retry is told from a new event as the stream will tell it.
    outcomes = learn([profile], changes, Assortment().vector_of_item)
    for (position, event), outcome in zip(waiting, outcomes, strict=True):
        if event.event == VISITOR_DELETED:
            entries = []
        elif outcome == "applied" and (entry := entry_of(position, event)) is not None:
            entries.append(entry)
    return entries[-MAX_ENTRIES:]
