"""Trigger inputs: what a site says of its triggers, kept up to date in memory."""

from models.triggers.evaluation import TriggerConfig
from models.triggers.scheduling import index_triggers
from models.visitor.contact_policy import zone
from store.site.segments import SegmentStore
from store.site.trigger_config import TriggerConfigStore
from store.version import Version


class TriggerConfigs:
    """What each site says, read again when its version has moved."""

    def __init__(self, triggers: TriggerConfigStore, segments: SegmentStore) -> None:
        self._triggers = triggers
        self._segments = segments
        self._known: dict[str, tuple[tuple[Version, Version], TriggerConfig]] = {}

    def current(self, site: str) -> TriggerConfig:
        """Give what counts now."""
        versions = (self._triggers.version(site), self._segments.version(site))
        known = self._known.get(site)
        if known is None or known[0] != versions:
            configured = self._triggers.read(site)
            thresholds = self._segments.segment_config(site).thresholds
            index = index_triggers(
                configured.triggers.values(), zone(configured.policy.time_zone), configured.policy.low_rating
            )
            known = versions, TriggerConfig(index, configured.policy, thresholds)
            self._known[site] = known
        return known[1]
