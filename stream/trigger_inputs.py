"""Trigger state: what a site says of its triggers, and what its lists are made of, kept up to date in memory."""

import time
from typing import Final

from models.base.bucketing import in_holdout
from models.catalog.assortment import Assortment
from models.decisions.recommend import Query, Recommended, recommend
from models.decisions.scored_catalog import ScoredCatalog
from models.decisions.visitor_context import VisitorContext
from models.learner.snapshot import Snapshot, decode_snapshot, empty_snapshot
from models.triggers.evaluation import TriggerConfig, TriggerOutcome
from models.triggers.scheduling import index_triggers
from models.visitor.contact_policy import zone
from models.visitor.profile import Profile
from store.site.models import ModelStore
from store.site.segments import SegmentStore
from store.site.trigger_config import TriggerConfigStore

_LOOK_EVERY_S: Final = 5.0
"""Newer models are read at most so often, and only while something is recommended: they may be large."""


class Configs:
    """What each site says, read again when its version has moved."""

    def __init__(self, triggers: TriggerConfigStore, segments: SegmentStore) -> None:
        self._triggers = triggers
        self._segments = segments
        self._known: dict[str, tuple[tuple[int, int], TriggerConfig]] = {}

    def current(self, site: str) -> TriggerConfig:
        """Give what counts now."""
        versions = (self._triggers.version(site), self._segments.version(site))
        known = self._known.get(site)
        if known is None or known[0] != versions:
            configured = self._triggers.read(site)
            thresholds = self._segments.segment_config(site).thresholds
            rules = index_triggers(configured.triggers.values(), zone(configured.policy.time_zone))
            known = versions, TriggerConfig(rules, configured.policy, thresholds)
            self._known[site] = known
        return known[1]


class Recommending:
    """Makes the lists that messages carry, from the models the learner publishes."""

    def __init__(self, models: ModelStore, holdout_share: float) -> None:
        self._models = models
        self._holdout_share = holdout_share
        self._snapshots: dict[str, Snapshot] = {}
        self._shelves: dict[str, ScoredCatalog] = {}
        self._next_look: dict[str, float] = {}

    def items(
        self, site: str, visitor_id: str, profile: Profile, outcome: TriggerOutcome, assortment: Assortment
    ) -> list[Recommended]:
        """Give what is recommended beside what the message is about."""
        wanted = outcome.trigger.recommend
        if not wanted.limit or not assortment.items:
            return []
        about = [item_id for item_id in outcome.item_ids if item_id]
        query = Query(wanted.strategy, item_id=about[0] if about else "", limit=wanted.limit, exclude=frozenset(about))
        holdout = in_holdout(site, visitor_id, self._holdout_share)
        return recommend(
            self._scored(site, assortment), VisitorContext(profile, time.time(), holdout=holdout), query
        ).items

    def _scored(self, site: str, assortment: Assortment) -> ScoredCatalog:
        now = time.monotonic()
        snapshot = self._snapshots.get(site)
        if snapshot is None or now >= self._next_look.get(site, 0.0):
            self._next_look[site] = now + _LOOK_EVERY_S
            if snapshot is None or self._models.snapshot_version(site) != snapshot.version:
                stored = self._models.published(site)
                snapshot = decode_snapshot(*stored) if stored is not None else empty_snapshot()
                self._snapshots[site] = snapshot
        scored = self._shelves.get(site)
        if scored is None or not scored.fits(snapshot, assortment):
            scored = self._shelves[site] = ScoredCatalog(snapshot, assortment)
        return scored
