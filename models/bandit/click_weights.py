"""Click weights: the click model as plain numbers, which the API predicts with; reading them never writes."""

from math import exp, log, sqrt
from typing import Final, NamedTuple

import msgspec

from models.bandit.click_context import ECHO, Context

PRIOR_CLICK_RATE: Final = 0.03
BIAS_VARIANCE: Final = 4.0
"""Of log odds: the site's own rate may be a seventh or seven times the prior one, and is soon known."""
PRIOR_MEANS: Final = {"affinity:low": 0.4, "affinity:some": 0.8, "affinity:high": 1.2, ECHO: 0.4}
"""Before any click is seen: people click what they have been looking at, and what they came for. Log odds."""
SHARED_VARIANCE: Final = 0.25
CREATIVE_VARIANCE: Final = 0.25
"""Creatives of one site differ by a factor of exp(±0.5) in their odds."""
OWN_VARIANCE: Final = 0.06
"""How far what one creative gains from a context differs from what others gain."""

BIAS: Final = ""
_OF: Final = "creative:"
_WITH: Final = "\x1f"
"""Between a creative's own weight and a context; ids from outside hold no control characters."""


class Terms(NamedTuple):
    """What adds up to a creative's log odds of a click, and the deviation of what is not yet known of it.

    `affinity` comes from what the visitor looked at, `campaign` from the one the visitor came by, `creative` from the
    clicks on it, `common` moves all creatives alike.
    """

    affinity: float
    campaign: float
    creative: float
    common: float
    deviation: float

    @property
    def score(self) -> float:
        """Log odds of a click."""
        return self.affinity + self.campaign + self.creative + self.common


class ClickWeights(msgspec.Struct, frozen=True):
    """Posterior mean of each feature, and the variance of those that belong to one creative.

    A feature that nothing was learned of has its prior: `prior_of`.
    """

    weights: dict[str, float] = {}
    variances: dict[str, float] = {}
    impressions: int = 0

    def terms(self, creative_id: str, context: Context) -> Terms:
        """Give what is known of a creative in a context."""
        weights, variances = self.weights, self.variances
        affinity = campaign = 0.0
        common = weights.get(BIAS, _PRIOR_BIAS)
        for name in context.shared:
            weight = weights.get(name)
            if weight is None:
                weight = PRIOR_MEANS.get(name, 0.0)
            if name == ECHO:
                campaign += weight
            elif name.startswith("affinity:"):
                affinity += weight
            else:
                common += weight
        own = _OF + creative_id
        creative, variance = weights.get(own, 0.0), variances.get(own, CREATIVE_VARIANCE)
        for name in context.own:
            both = own + _WITH + name
            weight = weights.get(both, 0.0)
            if name.startswith("affinity:"):
                affinity += weight
            else:
                creative += weight
            variance += variances.get(both, OWN_VARIANCE)
        return Terms(affinity, campaign, creative, common, sqrt(variance))

    def predict(self, creative_id: str, context: Context) -> float:
        """Chance of a click, 0 to 1."""
        return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, self.terms(creative_id, context).score))))


def features_of(creative_id: str, context: Context) -> tuple[str, ...]:
    r"""Give the names of all weights that bear on an impression.

    >>> features_of("c1", Context(("affinity:high", "slot:hero:0"), ("affinity:high",)))
    ('', 'affinity:high', 'slot:hero:0', 'creative:c1', 'creative:c1\x1faffinity:high')
    """
    own = _OF + creative_id
    return (BIAS, *context.shared, own, *(own + _WITH + name for name in context.own))


def parent_of(name: str) -> tuple[str, str] | None:
    r"""Give the feature a weight refines, and which of that one's refinements it belongs to; None for the site's own.

    >>> parent_of("creative:c1\x1faffinity:high"), parent_of("creative:c1"), parent_of("slot:hero:0"), parent_of(BIAS)
    (('affinity:high', 'creative'), ('', 'creative'), ('', 'slot'), None)
    """
    if name == BIAS:
        return None
    if name.startswith(_OF):
        return name.partition(_WITH)[2] or BIAS, "creative"
    return BIAS, name.partition(":")[0].partition("=")[0]


def prior_of(name: str) -> tuple[float, float]:
    """Give a feature's mean and variance before anything is learned of it."""
    if name == BIAS:
        return _PRIOR_BIAS, BIAS_VARIANCE
    if name.startswith(_OF):
        return 0.0, OWN_VARIANCE if _WITH in name else CREATIVE_VARIANCE
    return PRIOR_MEANS.get(name, 0.0), SHARED_VARIANCE


_PRIOR_BIAS: Final = log(PRIOR_CLICK_RATE / (1 - PRIOR_CLICK_RATE))
