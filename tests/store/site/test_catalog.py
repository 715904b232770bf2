"""Catalog: every process finds out what has changed since it last looked."""

import pytest
from redis.crc import key_slot

from models.catalog.assortment import Assortment
from models.catalog.resources import Campaign, Creative, Placement
from models.events.currency import SITE_CURRENCY_ID, SiteCurrency
from store import keys
from store.client import Client
from store.site.catalog import CatalogStore
from store.site.models import ModelStore
from store.version import NO_VERSION
from tests.models.makers import item


def test_things_are_read_as_they_were_put(client: Client, site: str) -> None:
    store = CatalogStore(client)
    assert (store.version(site), store.get(site, "items", ["p001"]), store.get(site, "items", [])) == (
        NO_VERSION,
        {},
        {},
    )
    store.put(site, "items", [item(1), item(2)], now_s=50.0)
    store.put(site, "items", [], now_s=60.0)
    assert store.version(site).number == 1
    found = store.get(site, "items", ["p002", "unknown", "p001"])
    assert found == {"p002": item(2, added_at_s=50.0), "p001": item(1, added_at_s=50.0)}


def test_an_item_keeps_the_time_it_was_first_added(client: Client, site: str) -> None:
    store = CatalogStore(client)
    store.put(site, "items", [item(1)], now_s=50.0)
    store.put(site, "items", [item(1, title="New"), item(2)], now_s=90.0)
    found = store.get(site, "items", ["p001", "p002"])
    assert (found["p001"].title, found["p001"].added_at_s, found["p002"].added_at_s) == ("New", 50.0, 90.0)


def test_an_assortment_follows_from_any_version(client: Client, site: str) -> None:
    store = CatalogStore(client)
    store.put(site, "items", [item(number) for number in range(5)], now_s=1.0)
    early = Assortment()
    early, first = store.refresh(site, early, NO_VERSION)
    assert (first.number, sorted(early.items)) == (1, [f"p{number:03}" for number in range(5)])
    store.put(site, "campaigns", [Campaign(campaign_id="k")], now_s=2.0)
    store.put(site, "creatives", [Creative(creative_id="c", campaign_id="k")], now_s=2.0)
    store.put(site, "placements", [Placement(placement_id="hero")], now_s=2.0)
    store.put(site, "items", [item(1, title="New")], now_s=2.0)
    assert store.delete(site, "items", "p002")
    assert not store.delete(site, "items", "unknown")
    version, whole, changed = store.changes(site, first)
    assert (version.number, whole) == (7, False)
    assert {(kind, resource_id) for kind, resource_id, resource in changed if resource is None} == {
        ("items", "p002"),
        ("items", "unknown"),
    }
    late = Assortment()
    assert store.refresh(site, late, NO_VERSION) == (late, version)
    assert store.refresh(site, early, first) == (early, version)
    for made in (early, late):
        assert sorted(made.items) == ["p000", "p001", "p003", "p004"]
        assert made.items["p001"].title == "New"
        assert (set(made.creatives), set(made.campaigns), set(made.placements)) == ({"c"}, {"k"}, {"hero"})
    assert store.refresh(site, early, version) == (early, version)


def test_a_store_that_came_back_without_its_latest_change_is_read_whole(client: Client, site: str) -> None:
    store = CatalogStore(client)
    followed = Assortment()
    store.put(site, "items", [item(1), item(2)], now_s=1.0)
    store.put(site, "items", [item(3)], now_s=1.0)
    followed, known = store.refresh(site, followed, NO_VERSION)
    client.decr(keys.catalog_version(site))
    client.zrem(keys.catalog_changes(site), "items:p003")
    client.hdel(keys.catalog(site, "items"), "p003")
    assert store.changed_items(site, known) == ["p001", "p002"]
    store.put(site, "items", [item(1, title="New")], now_s=2.0)
    assert store.version(site).number == known.number, "counted again, for another change"
    followed, known = store.refresh(site, followed, known)
    assert (sorted(followed.items), followed.items["p001"].title) == (["p001", "p002"], "New")
    assert store.changed_items(site, known) == []
    store.delete(site, "items", "p002")
    assert store.changed_items(site, known) == ["p002"]
    client.delete(*client.scan_iter(match=f"{site}:*"))
    followed, known = store.refresh(site, followed, known)
    assert (dict(followed.items), known) == ({}, NO_VERSION)
    store.put(site, "items", [item(4)], now_s=3.0)
    assert sorted(store.refresh(site, followed, known)[0].items) == ["p004"]


def test_whoever_has_not_looked_for_very_long_reads_all_things(
    client: Client, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.site.catalog._MAX_STAMPS", 2)
    store = CatalogStore(client)
    versions = []
    for number in range(4):
        store.put(site, "items", [item(number)], now_s=1.0)
        versions.append(store.version(site))
    assert [store.changes(site, version).whole for version in versions] == [True, True, False, False]
    assert client.zcard(keys.catalog_stamps(site)) == 2


def test_ids_with_colons_and_other_characters_are_told_apart(client: Client, site: str) -> None:
    store = CatalogStore(client)
    ids = ["a:b", "a", "ä 1", "{x}"]
    store.put(site, "items", [item(1, item_id=visitor_id) for visitor_id in ids], now_s=1.0)
    made = Assortment()
    store.refresh(site, made, NO_VERSION)
    assert sorted(made.items) == sorted(ids)


def test_every_key_has_a_lifetime_and_a_site_one_slot(client: Client, site: str) -> None:
    CatalogStore(client).put(site, "items", [item(1)], now_s=1.0)
    models = ModelStore(client)
    models.lead(site)
    models.publish(site, b"c", 1, b"s", b"t")
    found = list(client.scan_iter(match=f"{site}:*"))
    assert len(found) == 8
    assert {key_slot(name) for name in found} == {key_slot(site.encode())}
    for name in found:
        assert client.ttl(name) > 0, name
    assert client.ttl(keys.leader(site)) <= keys.LEADER_LIFETIME_S


def test_a_site_without_a_currency_of_its_own_reckons_in_the_settings(client: Client, site: str) -> None:
    store = CatalogStore(client, SiteCurrency(base="EUR", rates={"USD": 0.9}))
    assortment = store.new_assortment()
    assert assortment.currency.base == "EUR"
    own = SiteCurrency(base="PLN")
    store.put(site, "currency", [own], now_s=1.0)
    assortment, version = store.refresh(site, assortment, NO_VERSION)
    assert assortment.currency == own
    assert store.delete(site, "currency", SITE_CURRENCY_ID)
    store.refresh(site, assortment, version)
    assert assortment.currency == SiteCurrency(base="EUR", rates={"USD": 0.9})
