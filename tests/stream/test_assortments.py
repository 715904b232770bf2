"""Assortments: the catalog as it is in the store now, followed change by change."""

from store.client import Client
from store.site.catalog import CatalogStore
from stream.assortments import Assortments
from tests.models.makers import item


def test_a_catalog_is_followed_and_only_its_changes_are_read(client: Client, site: str) -> None:
    catalogs = CatalogStore(client)
    assortments = Assortments(catalogs)
    assert assortments.current(site).items == {}
    catalogs.put(site, "items", [item(1), item(2)], now_s=1.0)
    known = assortments.current(site)
    assert sorted(known.items) == ["p001", "p002"]
    unchanged = known.items["p002"]
    catalogs.put(site, "items", [item(1, title="Renamed")], now_s=2.0)
    catalogs.delete(site, "items", "p003")
    assert assortments.current(site) is known
    assert known.items["p001"].title == "Renamed"
    assert known.items["p002"] is unchanged
    catalogs.delete(site, "items", "p001")
    assert sorted(assortments.current(site).items) == ["p002"]


def test_sites_have_catalogs_of_their_own(client: Client, site: str) -> None:
    catalogs = CatalogStore(client)
    catalogs.put(site, "items", [item(1)], now_s=1.0)
    assortments = Assortments(catalogs)
    assert (len(assortments.current(site).items), len(assortments.current(f"{site}-other").items)) == (1, 0)
