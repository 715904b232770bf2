"""Decision memory: what decisions of this process remember from one to the next."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from api.runtime.breaker import Breaker
from models.catalog.resources import Experiment, Variant

_MAX_SEEN = 100_000


class Freshness:
    """Which accepted event of each visitor a decision has used already; the latest `_MAX_SEEN` visitors."""

    def __init__(self) -> None:
        self._used: OrderedDict[tuple[str, str], float] = OrderedDict()

    def first_use(self, site: str, visitor_id: str, accepted_at_s: float, now_s: float) -> float | None:
        """Seconds from accepting the visitor's newest event to now, if no decision used it before; else None."""
        key = (site, visitor_id)
        before = self._used.pop(key, 0.0)
        self._used[key] = max(before, accepted_at_s)
        if len(self._used) > _MAX_SEEN:
            self._used.popitem(last=False)
        return max(0.0, now_s - accepted_at_s) if accepted_at_s > before else None


class Exposed:
    """Which variants visitors are known to have met; the latest `_MAX_SEEN` of them."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, str], tuple[str, float]] = OrderedDict()

    def first(self, site: str, visitor_id: str, experiment: Experiment, variant: Variant) -> bool:
        """Whether a visitor meets a variant for the first time, as far as is known here; notes it."""
        key = (site, visitor_id, experiment.experiment_id)
        met = (variant.variant_id, experiment.began_at_s)
        before = self._known.pop(key, None)
        self._known[key] = met
        if len(self._known) > _MAX_SEEN:
            self._known.popitem(last=False)
        return before != met

    def forget(self, site: str, visitor_id: str, experiment_ids: Iterable[str]) -> None:
        """Forget what could not be told."""
        for experiment_id in experiment_ids:
            self._known.pop((site, visitor_id, experiment_id), None)


@dataclass(frozen=True, slots=True)
class DecisionMemory:
    """What decisions share: `recording` are exposures on their way into the log."""

    freshness: Freshness = field(default_factory=Freshness)
    exposed: Exposed = field(default_factory=Exposed)
    breakers: dict[int, Breaker] = field(default_factory=dict)
    recording: set[asyncio.Task[None]] = field(default_factory=set)

    def breaker_of(self, partition: int) -> Breaker:
        """Give the breaker of a log partition's visitors, all of whom lie on one node: one that hangs takes no other's
        along."""
        return self.breakers.setdefault(partition, Breaker())
