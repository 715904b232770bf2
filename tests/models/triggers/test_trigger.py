"""Trigger: what is written is checked, and what does not fit is named with its place and value."""

import pytest

from models.base.errors import InvalidError
from models.triggers.trigger import parse_trigger


@pytest.mark.parametrize(
    ("raw", "code", "named"),
    [
        ([], "trigger_invalid", "JSON object"),
        ({"trigger_id": "a b", "when": {"birthday": {}}}, "trigger_id_invalid", "a b"),
        ({"trigger_id": "x"}, "trigger_invalid", "when"),
        ({"trigger_id": "x", "when": {}}, "when_invalid", "cart_left"),
        ({"trigger_id": "x", "when": {"fridge": {}}}, "when_invalid", "fridge"),
        ({"trigger_id": "x", "when": {"cart_left": {"before": "2h"}}}, "when_invalid", "before"),
        ({"trigger_id": "x", "when": {"cart_left": {"after": "2 moons"}}}, "when_invalid", "2 moons"),
        ({"trigger_id": "x", "when": {"stage": "asleep"}}, "when_invalid", "asleep"),
        ({"trigger_id": "x", "when": {"anniversary": {"days": 0}}}, "when_invalid", "days"),
        ({"trigger_id": "x", "when": {"birthday": {"at": "25:00"}}}, "when_invalid", "at"),
        ({"trigger_id": "x", "when": {"birthday": {}}, "actions": ["pigeon"]}, "trigger_invalid", "pigeon"),
        ({"trigger_id": "x", "when": {"birthday": {}}, "priority": 101}, "trigger_invalid", "priority"),
        ({"trigger_id": "x", "when": {"birthday": {}}, "only": {"fridge": {}}}, "rule_invalid", "fridge"),
        (
            {"trigger_id": "x", "when": {"birthday": {}}, "offer": {str(n): n for n in range(21)}},
            "trigger_invalid",
            "21",
        ),
        ({"trigger_id": "x", "when": {"birthday": {}}, "recommend": {"strategy": "best"}}, "trigger_invalid", "best"),
    ],
)
def test_what_does_not_fit_is_named(raw: object, code: str, named: str) -> None:
    with pytest.raises(InvalidError) as found:
        parse_trigger(raw)
    assert found.value.code == code
    assert named in str(found.value)
