"""Segments: each condition holds for whom it says, and a rule that does not fit is refused with its place."""

from typing import Any

import pytest

from models.base.errors import InvalidError
from models.segments.segments import parse_segment, parse_segment_rule


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (None, "rule"),
        ([], "rule"),
        ({}, "rule"),
        ({"activity": {"seen_within_days": 1}, "device": "mobile"}, "rule must be an object with one of"),
        ({"all": []}, "rule.all"),
        ({"all": [{"device": "mobile"}, {"device": "fridge"}]}, "rule.all[1].device"),
        ({"not": [{"device": "mobile"}]}, "rule.not"),
        ({"activity": {}}, "rule.activity"),
        ({"activity": {"silent_days": -1}}, "rule.activity"),
        ({"activity": {"silent_days": "90"}}, "rule.activity"),
        ({"activity": {"quiet_days": 1}}, "rule.activity"),
        ({"interest": {"category": "a", "brand": "b"}}, "rule.interest"),
        ({"stage": []}, "rule.stage"),
        ({"python": "__import__('os')"}, "rule.python"),
    ],
)
def test_a_rule_that_does_not_fit_is_refused_with_its_place(raw: object, said: str) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_segment_rule(raw)
    assert caught.value.message.startswith(said)


def test_a_rule_has_a_bound() -> None:
    deep: dict[str, Any] = {"device": "mobile"}
    for _ in range(20):
        deep = {"not": deep}
    with pytest.raises(InvalidError, match="deep"):
        parse_segment_rule(deep)
    with pytest.raises(InvalidError, match="parts"):
        parse_segment_rule({"any": [{"device": "mobile"}] * 100})


def test_a_segment_has_an_id_and_a_rule() -> None:
    for raw in (None, {}, {"segment_id": "a b", "rule": {"device": "mobile"}}, {"segment_id": "a"}):
        with pytest.raises(InvalidError):
            parse_segment(raw)
    assert parse_segment({"segment_id": "a-1", "rule": {"device": "mobile"}}).raw == {"device": "mobile"}
