"""Targeting: what rules ask of the visitor a decision is made for."""

from typing import NamedTuple

from models.catalog.resources import MerchandisingRule
from models.events.region import within
from models.visitor.profile import Profile


class TargetingContext(NamedTuple):
    """Device and region, empty where not known, and the segments the visitor is in; `rules` hold for this visitor
    alone, beside the shop's."""

    device: str = ""
    region: str = ""
    segments: frozenset[str] = frozenset()
    rules: tuple[MerchandisingRule, ...] = ()

    def meets(self, rule: MerchandisingRule, now_s: float) -> bool:
        """Whether a rule runs at `now_s` (epoch seconds), and is for this visitor."""
        return (
            rule.running(now_s)
            and (not rule.devices or self.device in rule.devices)
            and (not rule.regions or any(within(self.region, region) for region in rule.regions))
            and (not rule.audience.asks or rule.audience.holds(self.segments))
        )


def targeting_of(
    profile: Profile, segments: frozenset[str] = frozenset(), rules: tuple[MerchandisingRule, ...] = ()
) -> TargetingContext:
    """Give what a profile tells, with what is known beside it."""
    return TargetingContext(profile.device, profile.region, segments, rules)
