"""Parsing: an experiment that does not fit is refused with its place, and what fits comes back the same."""

from typing import Any

import msgspec
import pytest

from models.base.errors import InvalidError
from models.catalog.resources import Experiment
from models.experiments.parsing import parse_experiment

VARIANTS: list[dict[str, Any]] = [
    {"variant_id": "a"},
    {"variant_id": "b", "lists": {"for_you": {"strategy": "bestsellers"}}},
]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"experiment_id": "no spaces"}, "experiment_id must be 1 to 60 of .* got 'no spaces'"),
        ({"experiment_id": "global_holdout"}, "global_holdout"),
        ({"variants": VARIANTS[:1]}, "variants must be a list of 2 to 10"),
        ({"variants": [{"variant_id": "a"}, {"variant_id": "b"}]}, "no variant changes anything"),
        ({"variants": [VARIANTS[1], VARIANTS[1]]}, "each variant needs an id of its own"),
        ({"variants": [VARIANTS[0], {**VARIANTS[1], "weight": 0}]}, "weight must be above 0, got 0"),
        ({"variants": [VARIANTS[0], {**VARIANTS[1], "weight": True}]}, r"variants\[1\]: weight .* got True"),
        ({"variants": [VARIANTS[0], {"variant_id": "b", "lists": {"best": {}}}]}, "strategy must be one of .*'best'"),
        ({"variants": [VARIANTS[0], {"variant_id": "b", "lists": {"new": {"limit": 0}}}]}, "limit .* got 0"),
        ({"variants": [VARIANTS[0], {"variant_id": "b", "placements": {"h": {"policy": "x"}}}]}, "policy .* got 'x'"),
        ({"variants": [VARIANTS[0], {"variant_id": "b", "rules": [{"rule_id": "r"}]}]}, "action must be one of"),
        ({"traffic": 0}, "traffic must be above 0, got 0"),
        ({"traffic": 1.5}, "traffic must be a number from 0 to 1, got 1.5"),
        ({"layer_to": 0.5}, "layer must be named"),
        ({"layer": "l", "layer_from": 0.5, "layer_to": 0.5}, "layer_to must be above layer_from, got 0.5"),
        ({"ends_at": "2020-01-01", "starts_at": "2021-01-01"}, "ends_at must be after starts_at"),
        ({"starts_at": "soon"}, "starts_at must be an ISO 8601 time, got 'soon'"),
        ({"metric": "love"}, "metric must be one of .* got 'love'"),
        ({"audience": {"some": ["x"]}}, "audience has no field 'some'"),
        ({"audience": {"any": ["no spaces"]}}, "got 'no spaces'"),
        ({"enabled": "yes"}, "enabled must be true or false, got 'yes'"),
        ({"weights": [1]}, "has no field 'weights'"),
    ],
)
def test_what_does_not_fit_is_named(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        parse_experiment({"experiment_id": "e", "variants": VARIANTS, **fields})


def test_what_is_written_comes_back_the_same() -> None:
    written: dict[str, Any] = {
        "experiment_id": "e",
        "variants": [VARIANTS[0], {**VARIANTS[1], "rules": [{"rule_id": "r", "action": "pin", "item_ids": ["p1"]}]}],
        "audience": {"any": ["loyal"]},
        "starts_at": "2026-01-01",
        "traffic": 0.5,
    }
    parsed = parse_experiment(written)
    assert parsed.variants[1].rules[0].rule_id == "e/b/r"
    stored = msgspec.msgpack.decode(msgspec.msgpack.encode(parsed), type=Experiment)
    assert stored == parsed
    assert parse_experiment(msgspec.to_builtins(parsed)) == parsed
