"""A node of a cluster that hangs: its own visitors go unpersonalized, and nobody else."""

import asyncio
import time
from pathlib import Path

from api.runtime.begin_decision import begin_decision
from api.runtime.site import Site
from api.runtime.state import State
from models.visitor.profile import Profile
from shopwindow.embedded import EmbeddedRedis
from store.client import Client, connect, connect_async, refresh_topology
from store.keys import Lifetimes
from store.log.log import partition_of
from store.visitors.profiles import ProfileStore, ProfileUpdate, SavedEvents
from tests.api.runtime.running import PARTITIONS, in_process
from tests.store.clusters import two_nodes


def known_on(client: Client, site: str, partition: int) -> str:
    """A visitor of a partition who was seen once."""
    visitor = next(f"v{number}" for number in range(1_000) if partition_of(site, f"v{number}", PARTITIONS) == partition)

    def seen(_: list[str], profiles: list[Profile]) -> list[ProfileUpdate]:
        profiles[0].position, profiles[0].events_seen = 1, 1
        return [ProfileUpdate(profiles[0], SavedEvents(applied=1))]

    ProfileStore(client, Lifetimes(profile_s=3_600.0)).update_profiles(site, partition, [visitor], seen)
    return visitor


def test_only_the_visitors_of_a_node_that_hangs_go_unpersonalized(tmp_path: Path, redis_server: EmbeddedRedis) -> None:
    with two_nodes(tmp_path, second_has=["1"]) as (first, second):
        url = f"redis://127.0.0.1:{first.port}"

        async def work(state: State, site: Site) -> None:
            client = connect(url, cluster=True)
            here = await asyncio.to_thread(known_on, client, site.name, 0)
            there = await asyncio.to_thread(known_on, client, site.name, 1)

            async def seen(visitor: str) -> tuple[int, bool]:
                decision = await begin_decision(state, site, visitor)
                return decision.visitor.profile.events_seen, bool(decision.subject.degraded)

            assert [await seen(visitor) for visitor in (here, there)] == [(1, False), (1, False)]
            second.hang()
            for _ in range(8):
                assert await seen(there) == (0, True)
                assert await seen(here) == (1, False)
            second.go_on()
            deadline_s = time.monotonic() + 20
            while await seen(there) != (1, False):
                assert time.monotonic() < deadline_s
                await asyncio.sleep(0.1)
            first.hang()  # it has the catalog, and the client's first address
            assert await seen(here) == (0, True)
            for _ in range(8):
                assert await seen(there) == (1, False)
            first.go_on()
            client.close()

        in_process(url, work, logs_url=redis_server.url, redis_cluster=True, redis_deadline_s=0.2)


def test_a_search_for_nodes_outlives_whoever_gave_up_waiting(tmp_path: Path) -> None:
    async def searched(port: int) -> object:
        client = connect_async(f"redis://127.0.0.1:{port}", cluster=True, timeout_s=None)
        try:
            for _ in range(100):
                try:
                    async with asyncio.timeout(0.001):
                        return await client.get("{1}")
                except TimeoutError:
                    await asyncio.sleep(0.01)
            return b"never"
        finally:
            await refresh_topology(client)
            await client.aclose()

    with two_nodes(tmp_path, second_has=["1"]) as (first, _):
        assert asyncio.run(searched(first.port)) is None
