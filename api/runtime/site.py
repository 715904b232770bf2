"""Site: one site's catalog and models in memory, swapped in as they change."""

import asyncio

from api.http.metrics import SNAPSHOT_VERSION
from api.http.problems import ProblemError, unknown
from models.base.errors import show_value
from models.catalog.resources import Placement
from models.decisions.scored_catalog import ScoredCatalog
from models.learner.snapshot import Snapshot, decode_snapshot, empty_snapshot
from models.visitor.contact_policy import ContactPolicy
from store.site.catalog import CatalogStore
from store.site.models import ModelStore
from store.site.trigger_config import TriggerConfigStore


class Site:
    """What a decision for one site needs beside the visitor.

    Parameters
    ----------
    name
        The site.
    catalogs, models, config
        Where it comes from.
    offers_adult
        Whether lists may have items marked as adult.
    """

    def __init__(
        self,
        name: str,
        catalogs: CatalogStore,
        models: ModelStore,
        config: TriggerConfigStore,
        *,
        offers_adult: bool = False,
    ) -> None:
        self.name = name
        self.policy = ContactPolicy()
        self._config = config
        self._config_version = -1
        self.assortment = catalogs.new_assortment(offers_adult=offers_adult)
        self.snapshot: Snapshot = empty_snapshot()
        self._catalogs = catalogs
        self._models = models
        self._catalog_version = 0
        self._refreshing = asyncio.Lock()
        self._scored = ScoredCatalog(self.snapshot, self.assortment)

    def scored(self) -> ScoredCatalog:
        """Give the newest models laid over the newest catalog."""
        if not self._scored.fits(self.snapshot, self.assortment):
            self._scored = ScoredCatalog(self.snapshot, self.assortment)
        return self._scored

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

    async def follow_newest_catalog(self) -> None:
        """Bring the catalog to what is stored now."""
        await self.follow_catalog(await asyncio.to_thread(self._catalogs.version, self.name))

    def read_policy(self) -> None:
        """Bring the contact policy to what is stored now, if it has changed."""
        version = self._config.version(self.name)
        if version != self._config_version:
            self.policy = self._config.policy(self.name)
            self._config_version = version

    async def follow(self) -> None:
        """Bring catalog, models and contact policy to what is stored now."""
        await asyncio.to_thread(self.read_policy)
        await self.follow_newest_catalog()
        version = await asyncio.to_thread(self._models.snapshot_version, self.name)
        if version != self.snapshot.version:
            self.snapshot = await asyncio.to_thread(self._read_snapshot)
            SNAPSHOT_VERSION.labels(self.name).set(self.snapshot.version)

    def _read_snapshot(self) -> Snapshot:
        stored = self._models.published(self.name)
        return decode_snapshot(*stored) if stored is not None else empty_snapshot()


def placement_named(site: Site, placement_id: str) -> Placement:
    """Give a site's placement, or end the request with a problem."""
    known = site.assortment.placements.get(placement_id)
    if known is None:
        raise unknown(site.name, "placement", placement_id)
    if not known.enabled:
        raise ProblemError(404, "placement_disabled", f"placement {show_value(placement_id)} is switched off")
    return known
