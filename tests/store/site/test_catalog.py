"""Catalog: every process finds out what has changed since it last looked."""

from redis.crc import key_slot

from models.catalog.assortment import Assortment
from models.catalog.resources import Campaign, Creative, Placement
from models.events.currency import SITE_CURRENCY_ID, SiteCurrency
from store import keys
from store.client import Client
from store.site.catalog import CatalogStore
from store.site.models import ModelStore
from tests.models.makers import item


def test_things_are_read_as_they_were_put(client: Client, site: str) -> None:
    store = CatalogStore(client)
    assert (store.version(site), store.get(site, "items", ["p001"]), store.get(site, "items", [])) == (0, {}, {})
    store.put(site, "items", [item(1), item(2)], now_s=50.0)
    store.put(site, "items", [], now_s=60.0)
    assert store.version(site) == 1
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
    version = store.refresh(site, early, 0)
    assert (version, sorted(early.items)) == (1, [f"p{number:03}" for number in range(5)])
    store.put(site, "campaigns", [Campaign(campaign_id="k")], now_s=2.0)
    store.put(site, "creatives", [Creative(creative_id="c", campaign_id="k")], now_s=2.0)
    store.put(site, "placements", [Placement(placement_id="hero")], now_s=2.0)
    store.put(site, "items", [item(1, title="New")], now_s=2.0)
    assert store.delete(site, "items", "p002")
    assert not store.delete(site, "items", "unknown")
    version, changes = store.changes(site, version)
    assert version == 7
    assert {(kind, resource_id) for kind, resource_id, resource in changes if resource is None} == {
        ("items", "p002"),
        ("items", "unknown"),
    }
    late = Assortment()
    assert store.refresh(site, late, 0) == store.refresh(site, early, 1) == 7
    for made in (early, late):
        assert sorted(made.items) == ["p000", "p001", "p003", "p004"]
        assert made.items["p001"].title == "New"
        assert (set(made.creatives), set(made.campaigns), set(made.placements)) == ({"c"}, {"k"}, {"hero"})
    assert store.refresh(site, early, 7) == 7


def test_ids_with_colons_and_other_characters_are_told_apart(client: Client, site: str) -> None:
    store = CatalogStore(client)
    ids = ["a:b", "a", "ä 1", "{x}"]
    store.put(site, "items", [item(1, item_id=visitor_id) for visitor_id in ids], now_s=1.0)
    made = Assortment()
    store.refresh(site, made, 0)
    assert sorted(made.items) == sorted(ids)


def test_every_key_has_a_lifetime_and_a_site_one_slot(client: Client, site: str) -> None:
    CatalogStore(client).put(site, "items", [item(1)], now_s=1.0)
    models = ModelStore(client)
    models.lead(site)
    models.publish(site, b"c", 1, b"s", b"t")
    found = list(client.scan_iter(match=f"{site}:*"))
    assert len(found) == 6
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
    version = store.refresh(site, assortment, 0)
    assert assortment.currency == own
    assert store.delete(site, "currency", SITE_CURRENCY_ID)
    store.refresh(site, assortment, version)
    assert assortment.currency == SiteCurrency(base="EUR", rates={"USD": 0.9})
