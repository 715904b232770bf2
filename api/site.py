"""Site: one site's catalog and models in memory, swapped in as they change."""

import asyncio

from api.metrics import SNAPSHOT_VERSION
from models.assortment import Assortment
from models.contact_policy import ContactPolicy
from models.shelf import Shelf
from models.snapshot import Snapshot, decode_snapshot, empty_snapshot
from store.catalog import CatalogStore
from store.models import ModelStore
from store.trigger_config import TriggerConfigStore


class Site:
    """What a decision for one site needs beside the visitor.

    Parameters
    ----------
    name
        The site.
    catalogs, models, config
        Where it comes from.
    """

    def __init__(self, name: str, catalogs: CatalogStore, models: ModelStore, config: TriggerConfigStore) -> None:
        self.name = name
        self.policy = ContactPolicy()
        self._config = config
        self._config_version = -1
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

    def read_policy(self) -> None:
        """Bring the contact policy to what is stored now, if it has changed."""
        version = self._config.version(self.name)
        if version != self._config_version:
            self.policy = self._config.policy(self.name)
            self._config_version = version

    async def follow(self) -> None:
        """Bring catalog, models and contact policy to what is stored now."""
        await asyncio.to_thread(self.read_policy)
        await self.follow_catalog(await asyncio.to_thread(self._catalogs.version, self.name))
        version = await asyncio.to_thread(self._models.snapshot_version, self.name)
        if version != self.snapshot.version:
            self.snapshot = await asyncio.to_thread(self._read_snapshot)
            SNAPSHOT_VERSION.labels(self.name).set(self.snapshot.version)

    def _read_snapshot(self) -> Snapshot:
        stored = self._models.snapshot(self.name)
        return decode_snapshot(*stored) if stored is not None else empty_snapshot()
