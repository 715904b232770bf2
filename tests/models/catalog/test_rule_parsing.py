"""Rule parsing: a rule that could mean nothing, or everything, is refused by name."""

from typing import Any

import pytest

from models.base.errors import InvalidError
from models.catalog.resources import EVERYBODY, Audience
from models.catalog.rule_parsing import parse_audience, parse_merchandising_rule


def test_a_rule_takes_what_its_action_makes_usual() -> None:
    assert parse_merchandising_rule({"rule_id": "r", "action": "boost"}).weight == 2.0
    assert parse_merchandising_rule({"rule_id": "r", "action": "diversify"}).weight == 0.3
    made = parse_merchandising_rule(
        {"rule_id": 7, "action": "bury", "region": "DE", "availability": ["Out of stock"], "price_to": "9,90 EUR"}
    )
    assert (made.rule_id, made.regions, made.availability, made.price_to) == ("7", ("DE",), ("out_of_stock",), 9.9)


@pytest.mark.parametrize(
    ("fields", "code", "named"),
    [
        ({"action": "shout"}, "action_invalid", "'shout'"),
        ({"action": "pin"}, "item_ids_invalid", "got none"),
        ({"action": "exclude"}, "rule_invalid", "must name items"),
        ({"action": "pin", "placements": ["hero"]}, "creative_ids_invalid", "names creative_ids"),
        ({"action": "bury", "placements": ["hero"]}, "rule_invalid", "must name creatives"),
        ({"action": "boost", "placements": ["hero"], "weight": 0}, "action_invalid", "boost of 0"),
        ({"action": "boost", "placements": ["hero"], "strategies": ["new"]}, "rule_invalid", "make it two"),
        ({"action": "diversify", "weight": 1.5}, "weight_invalid", "from 0 to 1, got 1.5"),
        ({"action": "boost", "price_from": 9, "price_to": 8}, "price_to_invalid", "8.0 is below 9.0"),
        ({"action": "boost", "devices": ["watch"]}, "devices_invalid", "'watch'"),
        ({"action": "boost", "availability": ["maybe"]}, "availability_invalid", "rule 'r': availability"),
        ({"action": "boost", "starts_at": "2021-01-01", "ends_at": "2020-01-01"}, "ends_at_invalid", "2020-01-01"),
        ({"action": "boost", "audience": {"any": "all of them"}}, "audience_invalid", "audience.any must be a list"),
        ({"action": "boost", "colour": "red"}, "field_unknown", "'colour'"),
    ],
)
def test_a_bad_rule_is_refused_by_name_and_value(fields: dict[str, Any], code: str, named: str) -> None:
    with pytest.raises(InvalidError) as found:
        parse_merchandising_rule({"rule_id": "r", **fields})
    assert found.value.code == code
    assert named in found.value.message


def test_an_audience_that_names_nobody_is_everybody() -> None:
    assert parse_audience(None) is parse_audience({}) is parse_audience({"any": []}) is EVERYBODY
    assert parse_audience({"any": ["a"], "none": ["b"]}) == Audience(any_of=("a",), none_of=("b",))
