"""Site: one site's catalog and models in memory, swapped in as they change."""

import asyncio
import logging

from api.http.metrics import SNAPSHOT_VERSION
from api.http.problems import ProblemError, unknown
from models.base.errors import show_value
from models.catalog.resources import Placement
from models.decisions.scored_catalog import ScoredCatalog
from models.learner.snapshot import Snapshot
from models.visitor.contact_policy import ContactPolicy
from store.site.catalog import CatalogStore
from store.site.models import ModelStore
from store.site.snapshots import SnapshotFollower
from store.site.trigger_config import TriggerConfigStore
from store.unreadable import OnUnreadable, log_unreadable
from store.version import NO_VERSION, Version

_LOGGER = logging.getLogger(__name__)


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
    on_unreadable
        Told of models that cannot be read.
    """

    def __init__(
        self,
        name: str,
        catalogs: CatalogStore,
        models: ModelStore,
        config: TriggerConfigStore,
        *,
        offers_adult: bool = False,
        on_unreadable: OnUnreadable = log_unreadable,
    ) -> None:
        self.name = name
        self.policy = ContactPolicy()
        self._config = config
        self._config_version: Version | None = None
        self.assortment = catalogs.new_assortment(offers_adult=offers_adult)
        self._snapshots = SnapshotFollower(models, name, on_unreadable)
        self.snapshot: Snapshot = self._snapshots.snapshot
        self._catalogs = catalogs
        self._catalog_version = NO_VERSION
        self._refreshing = asyncio.Lock()
        self._scored = ScoredCatalog(self.snapshot, self.assortment)

    def scored(self) -> ScoredCatalog:
        """Give the newest models laid over the newest catalog."""
        if not self._scored.fits(self.snapshot, self.assortment):
            self._scored = ScoredCatalog(self.snapshot, self.assortment)
        return self._scored

    async def follow_catalog(self, version: Version) -> None:
        """Bring the catalog to what is stored, if the version just read there is not the one in memory.

        One of a smaller number was read before another request brought the catalog further. Or the store has come back
        from an older copy: that is found by `follow_newest_catalog`, which reads its version itself.
        """
        if version.number < self._catalog_version.number or version == self._catalog_version:
            return
        async with self._refreshing:
            if version != self._catalog_version:
                await self._refresh()

    async def follow_newest_catalog(self) -> None:
        """Bring the catalog to what is stored now."""
        async with self._refreshing:
            if await asyncio.to_thread(self._catalogs.version, self.name) != self._catalog_version:
                await self._refresh()

    async def _refresh(self) -> None:
        known = self._catalog_version
        changes = await asyncio.to_thread(self._catalogs.changes, self.name, known)
        if changes.whole:
            _LOGGER.warning(
                "the catalog of %s begins anew: version %s led not to %s", self.name, known, changes.version
            )
            self.assortment = self._catalogs.new_assortment(offers_adult=self.assortment.offers_adult)
        self.assortment.follow(changes.resources)
        self._catalog_version = changes.version

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
        if await asyncio.to_thread(self._snapshots.look):
            self.snapshot = self._snapshots.snapshot
            SNAPSHOT_VERSION.labels(self.name).set(self.snapshot.version)


def placement_named(site: Site, placement_id: str) -> Placement:
    """Give a site's placement, or end the request with a problem."""
    known = site.assortment.placements.get(placement_id)
    if known is None:
        raise unknown(site.name, "placement", placement_id)
    if not known.enabled:
        raise ProblemError(404, "placement_disabled", f"placement {show_value(placement_id)} is switched off")
    return known
