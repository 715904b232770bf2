"""Known visitors: which ids are somebody's own, so that a browser needs a token to speak for them."""

from collections.abc import Collection, Iterable

from models.visitor.identity import owner_now
from store import keys
from store.client import AsyncClient, Client
from store.log.log import partition_of
from store.visitors.device_links import links_of


class KnownVisitorStore:
    """User ids that events have named, in Redis; blocking.

    Parameters
    ----------
    client
        Blocking client.
    partitions
        Of the event log.
    lifetime_s
        One is known for so long after the last event that named it.
    """

    def __init__(self, client: Client, partitions: int, lifetime_s: float) -> None:
        self._client = client
        self._partitions = partitions
        self._lifetime_s = max(1, int(lifetime_s))

    def add(self, named: Iterable[tuple[str, str]]) -> None:
        """Note user ids, each with its site."""
        users = dict.fromkeys(named)
        if not users:
            return
        with self._client.pipeline(transaction=False) as pipe:
            for site, user_id in users:
                partition = partition_of(site, user_id, self._partitions)
                pipe.set(keys.known(site, partition, user_id), b"1", ex=self._lifetime_s)
            pipe.execute()

    def forget(self, site: str, user_id: str) -> None:
        """Forget a user id."""
        self._client.delete(keys.known(site, partition_of(site, user_id, self._partitions), user_id))


async def read_owners(client: AsyncClient, site: str, visitor_ids: Collection[str], partitions: int) -> dict[str, str]:
    """Give whose those of the ids are that are somebody's: a known visitor's own id, or a device that one holds now."""
    ids = list(dict.fromkeys(visitor_ids))
    async with client.pipeline(transaction=False) as pipe:
        for visitor_id in ids:
            partition = partition_of(site, visitor_id, partitions)
            pipe.get(keys.known(site, partition, visitor_id))
            pipe.get(keys.links(site, partition, visitor_id))
        found = await pipe.execute()
    owners: dict[str, str] = {}
    for visitor_id, known, links in zip(ids, found[::2], found[1::2], strict=True):
        owner = owner_now(links_of(links)) if links else ""
        if owner or known:
            owners[visitor_id] = owner or visitor_id
    return owners
