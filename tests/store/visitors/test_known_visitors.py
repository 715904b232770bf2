"""Known visitors: who was named by a user id, and who holds a device, is somebody's."""

import asyncio

from models.visitor.identity import Link
from store import keys
from store.client import Client, connect_async
from store.log.log import partition_of
from store.visitors.device_links import LinkStore
from store.visitors.known_visitors import KnownVisitorStore, read_owners
from tests.store.conftest import Place

PARTITIONS = 4


def owners(place: Place, site: str, *visitor_ids: str) -> dict[str, str]:
    """Whose these are."""

    async def read() -> dict[str, str]:
        client = connect_async(place.url, cluster=place.cluster)
        try:
            return await read_owners(client, site, visitor_ids, PARTITIONS)
        finally:
            await client.aclose()

    return asyncio.run(read())


def test_users_and_the_devices_they_hold_are_somebodys(client: Client, place: Place, site: str) -> None:
    known, links = KnownVisitorStore(client, PARTITIONS, 60.0), LinkStore(client, 60.0)
    assert owners(place, site, "u", "d", "e") == {}
    known.add([(site, "u"), (site, "u")])
    home = partition_of(site, "d", PARTITIONS)
    links.add([((site, home, "d"), Link(5.0, "u"))])
    assert owners(place, site, "u", "d", "e", "u") == {"u": "u", "d": "u"}
    links.add([((site, home, "d"), Link(6.0, ""))])
    assert owners(place, site, "d") == {}, "logged out"
    assert 0 < client.ttl(keys.known(site, partition_of(site, "u", PARTITIONS), "u")) <= 60
    known.forget(site, "u")
    assert owners(place, site, "u") == {}
    known.add([])
