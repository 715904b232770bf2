"""Experiment results: from the archive's tables to what `models.experiments.results` judges."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.catalog.resources import Experiment, Metric
from models.events.bots import FLOOD_EVENTS, FLOOD_REFILL_S
from models.experiments.assignment import GLOBAL_HOLDOUT, Scope, scope_of, shares
from models.experiments.results import Group, Results, results_of
from store.archive import experiment_queries

if TYPE_CHECKING:
    from store.archive.tables import Reading

HOLDOUT_METRIC: Final[Metric] = "revenue_per_visitor"
LEFT_OUT: Final = ("bots", "floods", "several_variants")


class Asked(NamedTuple):
    """An experiment to judge: who met it is found by `experiment`, None for the holdout."""

    experiment_id: str
    metric: Metric
    shares: dict[str, float]
    scope: Scope
    experiment: Experiment | None


class Judged(NamedTuple):
    """An experiment judged, and how many visitors were left out for being a bot, a flood, or in several variants.

    `others` is what each variant's visitors ordered in other currencies, by currency: no revenue counts it.
    """

    asked: Asked
    results: Results
    left_out: dict[str, int]
    others: Mapping[str, Mapping[str, float]]


def asked_of(experiment: Experiment) -> Asked:
    """Give what there is to ask of an experiment."""
    ids = [variant.variant_id for variant in experiment.variants]
    named = dict(zip(ids, shares(experiment), strict=True))
    return Asked(experiment.experiment_id, experiment.metric, named, scope_of(experiment), experiment)


def asked_of_holdout(share: float) -> Asked | None:
    """Give what there is to ask of the holdout; None where nobody or everybody is in it."""
    if not 0.0 < share < 1.0:
        return None
    groups = {"holdout": share, "personalized": 1.0 - share}
    return Asked(GLOBAL_HOLDOUT, HOLDOUT_METRIC, groups, Scope(None, None), None)


def judge_by_archive(reading: "Reading", asked: Asked, from_s: float, until_s: float) -> Judged:
    """Judge an experiment by what happened from `from_s` up to `until_s` (epoch seconds); the tables are prepared.

    What visitors do after its end does not count.
    """
    experiment = asked.experiment
    values: dict[str, Any] = {
        "from_s": from_s,
        "refill_s": FLOOD_REFILL_S,
        "flood_events": FLOOD_EVENTS,
        "experiment": asked.experiment_id,
        "began_s": experiment.began_at_s if experiment else 0.0,
        "end_s": min(until_s, experiment.ends_at_s) if experiment else until_s,
        "all_placements": asked.scope.placements is None,
        "placements": sorted(asked.scope.placements or ()),
        "all_lists": asked.scope.lists is None,
        "lists": sorted(asked.scope.lists or ()),
    }

    def run(statement: str) -> Sequence[tuple[Any, ...]]:
        used = {name: value for name, value in values.items() if f"${name}" in statement}
        return reading.connection.execute(statement, used).fetchall()

    run(experiment_queries.EXPOSED if experiment else experiment_queries.HELD_OUT)
    run(experiment_queries.LEFT_OUT_QUERY)
    counts: Mapping[str, int] = dict(run(experiment_queries.LEFT_OUT_COUNTS))
    groups = {row[0]: Group(*row) for row in run(experiment_queries.OUTCOMES)}
    found = results_of(groups, asked.shares, asked.metric)
    others: dict[str, dict[str, float]] = {}
    for variant, currency, brought in run(experiment_queries.OUTCOME_OTHERS):
        others.setdefault(variant, {})[currency] = brought
    return Judged(asked, found, {name: counts.get(name, 0) for name in LEFT_OUT}, others)
