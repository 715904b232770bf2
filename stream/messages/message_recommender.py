"""Message recommender: the lists that messages carry, from the models the learner publishes."""

import time
from typing import Final

from models.base.bucketing import in_holdout
from models.catalog.assortment import Assortment
from models.decisions.recommend import Query, Recommended, recommend
from models.decisions.scored_catalog import ScoredCatalog
from models.decisions.visitor_context import VisitorContext
from models.triggers.evaluation import TriggerOutcome
from models.visitor.profile import Profile
from store.site.models import ModelStore
from store.site.snapshots import SnapshotFollower

_LOOK_EVERY_S: Final = 5.0
"""Newer models are read at most so often, and only while something is recommended: they may be large."""


class MessageRecommender:
    """Makes the lists that messages carry, from the models the learner publishes."""

    def __init__(self, models: ModelStore, holdout_share: float) -> None:
        self._models = models
        self._holdout_share = holdout_share
        self._followed: dict[str, SnapshotFollower] = {}
        self._scored_catalogs: dict[str, ScoredCatalog] = {}
        self._next_look: dict[str, float] = {}

    def items(
        self, site: str, visitor_id: str, profile: Profile, outcome: TriggerOutcome, assortment: Assortment
    ) -> list[Recommended]:
        """Give what is recommended beside what the message is about."""
        wanted = outcome.trigger.recommend
        about = [item_id for item_id in outcome.item_ids if item_id]
        query = Query(wanted.strategy, item_id=about[0] if about else "", limit=wanted.limit, exclude=frozenset(about))
        holdout = in_holdout(site, visitor_id, self._holdout_share)
        visitor = VisitorContext(profile, time.time(), visitor_id, holdout=holdout)
        return recommend(self._scored(site, assortment), visitor, query).items

    def _scored(self, site: str, assortment: Assortment) -> ScoredCatalog:
        now = time.monotonic()
        followed = self._followed.setdefault(site, SnapshotFollower(self._models, site))
        if now >= self._next_look.get(site, 0.0):
            self._next_look[site] = now + _LOOK_EVERY_S
            followed.look()
        snapshot = followed.snapshot
        scored = self._scored_catalogs.get(site)
        if scored is None or not scored.fits(snapshot, assortment):
            scored = self._scored_catalogs[site] = ScoredCatalog(snapshot, assortment)
        return scored
