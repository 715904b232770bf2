"""Parsing: experiments as a shop writes them, checked and made ours."""

import math
from typing import Final, get_args

import msgspec

from models.base.errors import InvalidError, show_value
from models.base.fields import Fields, parse_object
from models.catalog.feed_fields import parse_category
from models.catalog.resources import METRICS, Experiment, ListChange, MerchandisingRule, SlotChange, SlotPolicy, Variant
from models.catalog.rule_parsing import parse_audience, parse_merchandising_rule
from models.catalog.strategies import parse_strategy
from models.decisions.recommend import MAX_LIMIT
from models.experiments.assignment import GLOBAL_HOLDOUT

MAX_VARIANTS: Final = 10
MAX_WEIGHT: Final = 1e6
MAX_VARIANT_RULES: Final = 20
MAX_CHANGES: Final = 50
MAX_NAME: Final = 200
MAX_THRESHOLD: Final = 1e9

_POLICIES: Final[tuple[SlotPolicy, ...]] = get_args(SlotPolicy)
_FIELDS: Final = (*Experiment.__struct_fields__, "starts_at", "ends_at")


def parse_experiment(raw: object) -> Experiment:
    """Read one experiment as a shop writes it; raises `InvalidError` that names the place and the value.

    >>> raw = {"experiment_id": "e", "variants": [{"variant_id": "a"},
    ...        {"variant_id": "b", "lists": {"for_you": {"strategy": "bestsellers"}}}]}
    >>> [variant.variant_id for variant in parse_experiment(raw).variants]
    ['a', 'b']
    """
    source = parse_object(raw, "an experiment", _FIELDS)
    experiment_id = Fields(source, "experiment: ").own_id("experiment_id")
    if experiment_id == GLOBAL_HOLDOUT:
        raise InvalidError("experiment_id_invalid", f"{GLOBAL_HOLDOUT} is the holdout's own, and always there")
    fields = Fields(source, f"experiment {experiment_id!r}: ")
    experiment = Experiment(
        experiment_id=experiment_id,
        variants=_variants(fields, experiment_id),
        name=fields.text("name", "", MAX_NAME),
        metric=fields.choice("metric", METRICS[0], METRICS),
        traffic=fields.number("traffic", 1.0, 0.0, 1.0),
        layer=fields.text("layer", "", MAX_NAME),
        layer_from=fields.number("layer_from", 0.0, 0.0, 1.0),
        layer_to=fields.number("layer_to", 1.0, 0.0, 1.0),
        audience=parse_audience(source.get("audience")),
        starts_at_s=_moment(fields, "starts_at", 0.0),
        ends_at_s=_moment(fields, "ends_at", math.inf),
        enabled=fields.flag("enabled", True),
    )
    for name, holds, must in (
        ("traffic", experiment.traffic > 0, "above 0"),
        ("layer_to", experiment.layer_to > experiment.layer_from, "above layer_from"),
        ("layer", experiment.layer or (experiment.layer_from, experiment.layer_to) == (0.0, 1.0), "named"),
        ("ends_at", experiment.ends_at_s > experiment.starts_at_s, "after starts_at"),
    ):
        if not holds:
            raise fields.refused(name, f"must be {must}", source.get(name))
    return experiment


def _moment(fields: Fields, name: str, default: float) -> float:
    """Read a moment as it is written, or as answers give it; errors name it as it is written."""
    value = fields.source.get(name, fields.source.get(f"{name}_s"))
    return Fields({name: value}, fields.where).moment((name,), default)


def _variants(fields: Fields, experiment_id: str) -> tuple[Variant, ...]:
    variants = tuple(
        _variant(variant, f"{fields.where}variants[{place}]", experiment_id)
        for place, variant in enumerate(fields.array("variants", MAX_VARIANTS, least=2))
    )
    ids = [variant.variant_id for variant in variants]
    if len(set(ids)) < len(ids):
        raise InvalidError(
            "variants_invalid", f"{fields.where}each variant needs an id of its own, got {show_value(ids)}"
        )
    if not any(variant.lists or variant.placements or variant.rules for variant in variants):
        raise InvalidError(
            "variants_invalid", f"{fields.where}no variant changes anything; give one lists, placements or rules"
        )
    return variants


def _variant(raw: object, where: str, experiment_id: str) -> Variant:
    fields = Fields(parse_object(raw, where, Variant.__struct_fields__), f"{where}: ")
    variant_id = fields.own_id("variant_id")
    weight = fields.number("weight", 1.0, 0.0, MAX_WEIGHT)
    if weight <= 0:
        raise fields.refused("weight", "must be above 0", weight)
    return Variant(
        variant_id=variant_id,
        name=fields.text("name", "", MAX_NAME),
        weight=weight,
        lists={
            parse_strategy(name): _list_change(change, f"{where}.lists.{name}")
            for name, change in fields.mapping("lists", MAX_CHANGES).items()
        },
        placements={
            name: _slot_change(change, f"{where}.placements.{name}")
            for name, change in fields.mapping("placements", MAX_CHANGES).items()
        },
        rules=tuple(_rule(rule, f"{experiment_id}/{variant_id}/") for rule in fields.array("rules", MAX_VARIANT_RULES)),
    )


def _rule(raw: object, prefix: str) -> MerchandisingRule:
    """Read a variant's rule; its id is told apart from those of the shop's own rules."""
    rule = parse_merchandising_rule(raw)
    if rule.rule_id.startswith(prefix):
        return rule
    return msgspec.structs.replace(rule, rule_id=f"{prefix}{rule.rule_id}")


def _list_change(raw: object, where: str) -> ListChange:
    fields = Fields(parse_object(raw, where, ListChange.__struct_fields__), f"{where}: ")
    strategy = fields.source.get("strategy")
    return ListChange(
        strategy=parse_strategy(strategy) if strategy else "",
        limit=fields.whole("limit", None, 1, MAX_LIMIT),
        category=parse_category(fields.source.get("category"), f"{where}.category"),
        refill=fields.flag("refill", None),
        threshold=fields.number("threshold", None, 0.0, MAX_THRESHOLD),
    )


def _slot_change(raw: object, where: str) -> SlotChange:
    fields = Fields(parse_object(raw, where, SlotChange.__struct_fields__), f"{where}: ")
    policy = fields.choice("policy", _POLICIES[0], _POLICIES)
    creative_ids = fields.array("creative_ids", MAX_CHANGES)
    if not all(isinstance(creative_id, str) and creative_id for creative_id in creative_ids):
        raise fields.refused("creative_ids", "must be a list of ids", creative_ids)
    return SlotChange(policy=policy, creative_ids=tuple(creative_ids))
