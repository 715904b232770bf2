"""Site: one site's catalog and models in memory, swapped in as they change."""

import asyncio

from api.metrics import SNAPSHOT_VERSION
from models.assortment import Assortment
from models.shelf import Shelf
from models.snapshot import Snapshot, decode_snapshot, empty_snapshot
from store.catalog import CatalogStore
from store.models import ModelStore


class Site:
    """What a decision for one site needs beside the visitor.

    Parameters
    ----------
    name
        The site.
    catalogs, models
        Where it comes from.
    """

    def __init__(self, name: str, catalogs: CatalogStore, models: ModelStore) -> None:
        self.name = name
        self.assortment = Assortment()
        self.snapshot: Snapshot = empty_snapshot()
        self._catalogs = catalogs
        self._models = models
        self._catalog_version = 0
        self._refreshing = asyncio.Lock()
        self._shelf = Shelf(self.snapshot, self.assortment)

    def shelf(self) -> Shelf:
        """Give the newest models laid over the newest catalog."""
        if not self._shelf.fits(self.snapshot, self.assortment):
            self._shelf = Shelf(self.snapshot, self.assortment)
        return self._shelf

    async def follow_catalog(self, version: int) -> None:
        """Bring the catalog to `version` or newer, if it is not there yet."""
        while self._catalog_version < version:
            async with self._refreshing:
                if self._catalog_version >= version:
                    return
                reached, changes = await asyncio.to_thread(self._catalogs.changes, self.name, self._catalog_version)
                self.assortment.follow(changes)
                # A version without changes left was overtaken by a later change to the same things.
                self._catalog_version = max(reached, version)

    async def follow(self) -> None:
        """Bring catalog and models to what is stored now."""
        await self.follow_catalog(await asyncio.to_thread(self._catalogs.version, self.name))
        version = await asyncio.to_thread(self._models.snapshot_version, self.name)
        if version != self.snapshot.version:
            self.snapshot = await asyncio.to_thread(self._read_snapshot)
            SNAPSHOT_VERSION.labels(self.name).set(self.snapshot.version)

    def _read_snapshot(self) -> Snapshot:
        stored = self._models.snapshot(self.name)
        return decode_snapshot(*stored) if stored is not None else empty_snapshot()
