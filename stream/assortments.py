"""Assortments: each site's catalog in memory, brought up to date before a micro-batch is learned."""

from models.catalog.assortment import Assortment
from store.site.catalog import CatalogStore


class Assortments:
    """Catalogs of all sites, read from the store."""

    def __init__(self, catalogs: CatalogStore, *, offers_adult: bool = False) -> None:
        self._catalogs = catalogs
        self._offers_adult = offers_adult
        self._known: dict[str, tuple[Assortment, int]] = {}

    def current(self, site: str) -> Assortment:
        """Give a site's assortment as it is in the store now."""
        assortment, version = self._known.get(site) or (
            self._catalogs.new_assortment(offers_adult=self._offers_adult),
            0,
        )
        newest = self._catalogs.version(site)
        if newest != version:
            version = self._catalogs.refresh(site, assortment, version)
        self._known[site] = (assortment, version)
        return assortment
