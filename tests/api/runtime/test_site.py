"""A site in memory: catalog, models and policy as they are stored now, read when they have changed."""

import asyncio
import uuid
from collections.abc import Iterator

import pytest

from api.http.problems import ProblemError
from api.runtime.site import Site, placement_named
from models.catalog.resources import Placement
from models.learner.learner import Learner
from models.learner.snapshot import encode_snapshot
from models.visitor.contact_policy import parse_policy
from shopwindow.embedded import EmbeddedRedis
from store import keys
from store.client import Client, connect
from store.site.catalog import CatalogStore
from store.site.models import ModelStore
from store.site.trigger_config import TriggerConfigStore
from store.version import NO_VERSION, Version
from tests.models.makers import item


@pytest.fixture
def client(redis_server: EmbeddedRedis) -> Iterator[Client]:
    """A client of one node."""
    made = connect(redis_server.url)
    yield made
    made.close()


@pytest.fixture
def site(client: Client) -> Site:
    """A site nobody used."""
    name = f"s-{uuid.uuid4().hex[:8]}"
    return Site(name, CatalogStore(client), ModelStore(client), TriggerConfigStore(client, parse_policy({})))


def test_the_catalog_is_brought_to_a_version_once_however_many_ask(client: Client, site: Site) -> None:
    catalogs = CatalogStore(client)
    catalogs.put(site.name, "items", [item(1), item(2)], now_s=1.0)

    async def follow(version: Version) -> list[str]:
        await asyncio.gather(*(site.follow_catalog(version) for _ in range(5)))
        return sorted(site.assortment.items)

    async def follow_all() -> None:
        assert await follow(NO_VERSION) == [], "nobody has asked for it yet"
        first = catalogs.version(site.name)
        assert await follow(first) == ["p001", "p002"]
        before = site.scored()
        assert site.scored() is before
        catalogs.delete(site.name, "items", "p001")
        assert await follow(first) == ["p001", "p002"]
        assert await follow(catalogs.version(site.name)) == ["p002"]
        assert site.scored() is not before

    asyncio.run(follow_all())


def test_a_version_overtaken_by_a_later_change_is_not_asked_for_for_ever(client: Client, site: Site) -> None:
    catalogs = CatalogStore(client)
    for title in ("first", "second"):
        catalogs.put(site.name, "items", [item(1, title=title)], now_s=1.0)
    asyncio.run(asyncio.wait_for(site.follow_catalog(Version(1, "1:before")), 5.0))
    assert site.assortment.items["p001"].title == "second"
    asyncio.run(asyncio.wait_for(site.follow_catalog(Version(9, "9:beyond")), 5.0))


def test_a_catalog_that_begins_anew_is_followed_whatever_its_version_says(client: Client, site: Site) -> None:
    catalogs = CatalogStore(client)
    catalogs.put(site.name, "items", [item(1), item(2)], now_s=1.0)
    catalogs.put(site.name, "items", [item(3)], now_s=1.0)
    asyncio.run(site.follow_newest_catalog())
    client.decr(keys.catalog_version(site.name))
    client.zrem(keys.catalog_changes(site.name), "items:p003")
    catalogs.put(site.name, "items", [item(1, title="New")], now_s=2.0)
    asyncio.run(site.follow_catalog(catalogs.version(site.name)))
    assert site.assortment.items["p001"].title == "New", "at the next request"
    client.delete(*client.scan_iter(match=f"{site.name}:*"))
    asyncio.run(site.follow_newest_catalog())
    assert not site.assortment.items


def test_models_and_policy_are_swapped_in_as_they_change(client: Client, site: Site) -> None:
    asyncio.run(site.follow())
    assert (site.snapshot.version, site.policy.time_zone) == (0, "UTC")
    models, learner = ModelStore(client), Learner()
    models.lead(site.name)
    snapshot = learner.snapshot()
    models.publish(site.name, b"-", snapshot.version, encode_snapshot(snapshot), snapshot.engine.tables())
    TriggerConfigStore(client, parse_policy({})).put_policy(site.name, parse_policy({"time_zone": "Europe/Berlin"}))
    asyncio.run(site.follow())
    assert (site.snapshot.version, site.policy.time_zone) == (snapshot.version, "Europe/Berlin")
    kept = site.snapshot
    asyncio.run(site.follow())
    assert site.snapshot is kept


@pytest.mark.parametrize(
    ("placement_id", "code", "named"),
    [("attic", "placement_unknown", "'attic'"), ("side", "placement_disabled", "'side' is switched off")],
)
def test_a_placement_that_cannot_be_filled_is_a_problem(site: Site, placement_id: str, code: str, named: str) -> None:
    site.assortment.put(Placement(placement_id="hero", slots=3))
    site.assortment.put(Placement(placement_id="side", enabled=False))
    assert placement_named(site, "hero").slots == 3
    with pytest.raises(ProblemError) as found:
        placement_named(site, placement_id)
    assert (found.value.status, found.value.code) == (404, code)
    assert named in found.value.detail
