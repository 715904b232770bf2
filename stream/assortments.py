"""Assortments: each site's catalog in memory, brought up to date before a micro-batch is learned."""

from models.catalog.assortment import Assortment
from store.site.catalog import CatalogStore
from store.version import NO_VERSION, Version


class Assortments:
    """Catalogs of all sites, read from the store."""

    def __init__(self, catalogs: CatalogStore, *, offers_adult: bool = False) -> None:
        self._catalogs = catalogs
        self._offers_adult = offers_adult
        self._known: dict[str, tuple[Assortment, Version]] = {}

    def current(self, site: str) -> Assortment:
        """Give a site's assortment as it is in the store now."""
        known = self._known.get(site)
        if known is None:
            known = self._catalogs.new_assortment(offers_adult=self._offers_adult), NO_VERSION
        assortment, version = known
        if self._catalogs.version(site) != version:
            known = self._catalogs.refresh(site, assortment, version)
        self._known[site] = known
        return known[0]
