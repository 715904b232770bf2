"""Assignment: who takes part, who meets which variant, and what that changes of a decision.

Both are drawn by stable hashes of the id the page sends, each with the experiment's id as salt: one says whether a
visitor takes part, another which variant it is. So a visitor keeps its variant for as long as the page keeps its id,
after a login too; more traffic adds visitors and moves none; and two experiments know nothing of each other. The
holdout comes first: who is in it takes part in nothing.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import msgspec

from models.base.bucketing import visitor_share
from models.base.errors import InvalidError
from models.catalog.resources import Experiment, ListChange, MerchandisingRule, SlotChange, Variant
from models.catalog.strategies import parse_strategy
from models.decisions.recommend import Query
from models.decisions.slots import UNCHANGED
from models.events.event_ids import event_id_of
from models.events.events import Event
from models.events.names import EXPERIMENT_EXPOSED

GLOBAL_HOLDOUT: Final = "global_holdout"
"""The experiment that always runs where there is a holdout: personalized visitors against those kept out."""
MAX_EXPERIMENTS: Final = 200
SETTLED: Final = ("variants", "layer", "layer_from", "layer_to", "audience", "metric", "starts_at_s")
"""What cannot change once an experiment has begun: whom it shows what, and what it is judged by."""


class Assignment(NamedTuple):
    """Whether a visitor takes part, in which variant, and why; no variant for one who does not."""

    variant: Variant | None
    why: str


class Scope(NamedTuple):
    """The lists, by strategy, and the placements that some variant changes; None for all of them."""

    lists: frozenset[str] | None
    placements: frozenset[str] | None

    def has_list(self, strategy: str) -> bool:
        """Whether a list asked for by this strategy is among them."""
        return self.lists is None or strategy in self.lists

    def has_placement(self, placement_id: str) -> bool:
        """Whether a placement is among them."""
        return self.placements is None or placement_id in self.placements


def assign(
    experiment: Experiment, site: str, visitor_id: str, segments: frozenset[str], now_s: float, *, holdout: bool
) -> Assignment:
    """Say what a visitor meets of an experiment at `now_s` (epoch seconds).

    `visitor_id` is the id the page sends, whoever it turns out to be: nothing else is ever hashed.
    """
    if not visitor_id:
        return Assignment(None, "nobody known: there is no visitor_id to draw by")
    if holdout:
        return Assignment(None, "in the holdout")
    if not experiment.running(now_s):
        return Assignment(None, "the experiment does not run now")
    if experiment.audience.asks and not experiment.audience.holds(segments):
        return Assignment(None, "not in the audience")
    if experiment.layer:
        place = visitor_share(f"layer:{experiment.layer}", site, visitor_id)
        if not experiment.layer_from <= place < experiment.layer_to:
            return Assignment(None, f"another part of the layer {experiment.layer}")
    if visitor_share(f"experiment-traffic:{experiment.experiment_id}", site, visitor_id) >= experiment.traffic:
        return Assignment(None, "not in its share of the traffic")
    place = visitor_share(f"experiment-variant:{experiment.experiment_id}", site, visitor_id)
    for variant, until in zip(experiment.variants, _ends(experiment), strict=True):
        if place < until:
            return Assignment(variant, f"drawn by hash: {place:.6f} is below {until:.6f}")
    raise ValueError(f"experiment {experiment.experiment_id!r} has no variant for {place}")


def shares(experiment: Experiment) -> list[float]:
    """Give each variant's share of those who take part, in their order; they sum to 1.

    >>> even = tuple(Variant(variant_id=name) for name in ("a", "b"))
    >>> shares(Experiment(experiment_id="e", variants=even))
    [0.5, 0.5]
    """
    whole = sum(variant.weight for variant in experiment.variants)
    return [variant.weight / whole for variant in experiment.variants]


def _ends(experiment: Experiment) -> list[float]:
    ends: list[float] = []
    for share in shares(experiment):
        ends.append((ends[-1] if ends else 0.0) + share)
    return [*ends[:-1], math.inf]  # sums of shares may end just below 1


def scope_of(experiment: Experiment) -> Scope:
    """Give what an experiment is about; every variant's visitors count once they meet any of it, changed or not."""
    lists: set[str] | None = set()
    placements: set[str] | None = set()
    for variant in experiment.variants:
        for strategy, change in variant.lists.items():
            lists = _with(lists, (strategy, change.strategy or strategy))
        placements = _with(placements, variant.placements)
        for rule in variant.rules:
            if rule.about_slots:
                placements = _with(placements, rule.placements) if rule.placements else None
            else:
                lists = _with(lists, rule.strategies) if rule.strategies else None
    return Scope(None if lists is None else frozenset(lists), None if placements is None else frozenset(placements))


def _with(known: set[str] | None, more: Iterable[str]) -> set[str] | None:
    return None if known is None else known | set(more)


@dataclass(slots=True)
class VariantAssignments:
    """The variants one visitor's request may meet, and in `met` those it has met."""

    taken: list[tuple[Experiment, Variant, Scope]] = field(default_factory=list)
    met: dict[str, tuple[Experiment, Variant]] = field(default_factory=dict)

    def query(self, query: Query) -> Query:
        """Give what a list is asked as; of several experiments each changes what the ones before, by id, left."""
        asked = query.strategy
        for experiment, variant, scope in self.taken:
            if scope.has_list(asked):
                self.met[experiment.experiment_id] = experiment, variant
                change = variant.lists.get(asked)
                if change is not None:
                    query = _changed(query, change)
        return query

    def placement(self, placement_id: str) -> SlotChange:
        """Give what is to be made of a placement; of several experiments the last, by id, that names it counts."""
        found = UNCHANGED
        for experiment, variant, scope in self.taken:
            if scope.has_placement(placement_id):
                self.met[experiment.experiment_id] = experiment, variant
                found = variant.placements.get(placement_id, found)
        return found

    @property
    def rules(self) -> tuple[MerchandisingRule, ...]:
        """The rules of the visitor's variants."""
        return tuple(rule for _, variant, _ in self.taken for rule in variant.rules)


def assignments_of(
    experiments: Iterable[Experiment], site: str, visitor_id: str, segments: frozenset[str], now_s: float
) -> VariantAssignments:
    """Give the variants of a visitor who is not in the holdout."""
    found = VariantAssignments()
    for experiment in sorted(experiments, key=lambda experiment: experiment.experiment_id):
        variant = assign(experiment, site, visitor_id, segments, now_s, holdout=False).variant
        if variant is not None:
            found.taken.append((experiment, variant, scope_of(experiment)))
    return found


def _changed(query: Query, change: ListChange) -> Query:
    return replace(
        query,
        strategy=parse_strategy(change.strategy) if change.strategy else query.strategy,
        limit=change.limit or query.limit,
        category=change.category or query.category,
        refill=query.refill if change.refill is None else change.refill,
        threshold=query.threshold if change.threshold is None else change.threshold,
    )


class Meeting(NamedTuple):
    """Who met a variant, by which decision: at `at_s` in the site's time, at `now_s` by the wall (epoch seconds).

    `sender_id` is the id the page sent, by which the variant was drawn; `visitor_id` is whom it belongs to.
    """

    site: str
    visitor_id: str
    sender_id: str
    decision_id: str
    at_s: float
    now_s: float


def exposure_event(experiment: Experiment, variant: Variant, meeting: Meeting) -> Event:
    """Give the event that tells of a visitor who met a variant.

    Its own id names the sender, the experiment, the variant and when the experiment began, so that it counts once.
    """
    return Event(
        site=meeting.site,
        event=EXPERIMENT_EXPOSED,
        visitor_id=meeting.visitor_id,
        device_id="" if meeting.sender_id == meeting.visitor_id else meeting.sender_id,
        at_s=meeting.at_s,
        accepted_at_s=meeting.now_s,
        event_id=event_id_of(
            meeting.sender_id, experiment.experiment_id, variant.variant_id, repr(experiment.began_at_s)
        ),
        params={
            "experiment_id": experiment.experiment_id,
            "variant_id": variant.variant_id,
            "decision_id": meeting.decision_id,
        },
    )


def begun(before: Experiment | None, after: Experiment, now_s: float) -> Experiment:
    """Give an experiment with the moment it began, or begins; raises `InvalidError` for what may not change any more.

    `before` is what stands under its id now, None for nothing. One that has begun keeps the ids and weights of its
    variants, its layer, audience, metric and start: a change would move visitors from one side to the other, and their
    orders with them. Its traffic may grow, its end move, and it may be switched off and on. What a variant shows can be
    corrected: nobody changes sides, and counting begins anew.
    """
    if before is None or before.began_at_s > now_s:
        began_at_s = max(after.starts_at_s, now_s) if after.enabled else math.inf
        return msgspec.structs.replace(after, began_at_s=began_at_s)
    if _sides(before) == _sides(after) and before.variants != after.variants:
        return msgspec.structs.replace(
            begun(before, msgspec.structs.replace(after, variants=before.variants), now_s),
            variants=after.variants,
            began_at_s=now_s,
        )
    for name in SETTLED:
        if getattr(before, name) != getattr(after, name):
            raise InvalidError(
                "experiment_begun",
                f"experiment {after.experiment_id!r} has begun: {name.removesuffix('_s')} cannot change any more, or "
                "visitors would change sides; end it and begin another",
            )
    if after.traffic < before.traffic:
        raise InvalidError(
            "experiment_begun",
            f"experiment {after.experiment_id!r} has begun: traffic can only grow, from {before.traffic:g}, "
            f"got {after.traffic:g}",
        )
    return msgspec.structs.replace(after, began_at_s=before.began_at_s)


def _sides(experiment: Experiment) -> list[tuple[str, float]]:
    """What visitors are divided by: each variant's id and weight, in order."""
    return [(variant.variant_id, variant.weight) for variant in experiment.variants]


def check_layer(experiment: Experiment, others: Iterable[Experiment]) -> None:
    """Refuse a part of a layer that another experiment holds; raises `InvalidError`."""
    for other in others:
        if (
            experiment.layer
            and other.layer == experiment.layer
            and other.experiment_id != experiment.experiment_id
            and other.enabled
            and experiment.enabled
            and other.layer_from < experiment.layer_to
            and experiment.layer_from < other.layer_to
            and other.starts_at_s < experiment.ends_at_s
            and experiment.starts_at_s < other.ends_at_s
        ):
            raise InvalidError(
                "layer_taken",
                f"experiment {experiment.experiment_id!r}: {experiment.layer_from:g} to {experiment.layer_to:g} of the "
                f"layer {experiment.layer} overlaps {other.layer_from:g} to {other.layer_to:g} of "
                f"{other.experiment_id!r}",
            )
