"""Pending events: what was accepted is laid over the profile until the stream has learned it."""

import asyncio
import uuid

import pytest

from models.catalog.assortment import Assortment
from models.events.events import Event, encode_event
from models.visitor.profile import Profile, recent_items
from models.visitor.profile_batch import Change, learn
from store import keys
from store.client import Client, connect, connect_async
from store.log.log import partition_of
from store.visitors.pending import MAX_PENDING, Accepted, keep_pending, read_pending
from store.visitors.profiles import ProfileStore, ProfileUpdate
from store.visitors.visitor_reads import VisitorRead, VisitorReader, know
from tests.models.makers import event


@pytest.fixture
def site() -> str:
    """A site nobody used."""
    return f"s-{uuid.uuid4().hex[:8]}"


def look(number: int) -> Event:
    return event("view_item", f"p{number:03}", at_s=number)


def accepted(site: str, position: int, visitor: str = "v") -> Accepted:
    return Accepted(site, 2, visitor, position, encode_event(look(position)))


def waiting(client: Client, site: str, visitor: str = "v") -> list[bytes]:
    return client.lrange(keys.pending(site, 2, visitor), 0, -1)  # type: ignore[return-value]


def test_events_past_the_position_come_back_in_log_order(client: Client, site: str) -> None:
    keep_pending(client, [accepted(site, 5), accepted(site, 3), accepted(site, 4, visitor="other")])
    keep_pending(client, [accepted(site, 4), accepted(site, 4)])
    assert read_pending(waiting(client, site), after=3) == [(4, look(4)), (5, look(5))]
    assert read_pending(waiting(client, site), after=5) == []
    assert [position for position, _ in read_pending(waiting(client, site, "other"), after=0)] == [4]


def test_the_newest_are_kept_and_all_of_them_end(client: Client, site: str) -> None:
    keep_pending(client, [accepted(site, position) for position in range(1, 2 * MAX_PENDING)])
    keep_pending(client, [accepted(site, 2 * MAX_PENDING)])
    found = [position for position, _ in read_pending(waiting(client, site), after=0)]
    assert found == list(range(MAX_PENDING + 1, 2 * MAX_PENDING + 1))
    assert 0 < client.ttl(keys.pending(site, 2, "v")) <= keys.PENDING_LIFETIME_S


def test_nothing_accepted_is_nothing_to_do(client: Client, site: str) -> None:
    keep_pending(client, [])
    assert list(client.scan_iter(match=f"{site}:*")) == []


@pytest.mark.parametrize("kind", ["node", "cluster"])
def test_a_visit_sees_every_accepted_event_once(kind: str, request: pytest.FixtureRequest, site: str) -> None:
    url = request.getfixturevalue("cluster_url") if kind == "cluster" else request.getfixturevalue("redis_server").url
    client = connect(url, cluster=kind == "cluster")

    home = partition_of(site, "v", 8)

    def both(visitors: list[str], profiles: list[Profile]) -> list[ProfileUpdate]:
        learn(profiles, [Change(0, 1, look(1)), Change(0, 2, look(2))], Assortment().vector_of_item)
        return [ProfileUpdate(profiles[0], 2, 0)]

    async def visit(visitor: str) -> VisitorRead:
        asking = connect_async(url, cluster=kind == "cluster")
        try:
            return await VisitorReader(asking, 8).read(site, visitor)
        finally:
            await asking.aclose()

    try:
        nobody = asyncio.run(visit("v"))
        assert (nobody.visitor_id, nobody.kept["v"].pending, nobody.catalog_version) == ("v", [], 0)
        ProfileStore(client, 60.0).update(site, home, ["v"], both)
        # Of these the stream has learned 2 meanwhile.
        keep_pending(client, [Accepted(site, home, "v", position, encode_event(look(position))) for position in (2, 3)])
        profile = know(asyncio.run(visit("v")), Assortment()).profile
        assert recent_items(profile) == ["p003", "p002", "p001"]
        assert (profile.position, profile.events_seen) == (3, 3)
    finally:
        client.close()
