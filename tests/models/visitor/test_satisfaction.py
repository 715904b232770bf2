"""Satisfaction: the latest answer of each kind counts, whatever the order of arrival."""

from itertools import permutations
from typing import Any

import pytest

from models.events.events import Event
from models.visitor.satisfaction import Answer, Satisfaction, learn_satisfaction, merged_satisfaction, told_by
from tests.models.makers import START_S, event

SAID = (
    event("survey_answered", at_s=10, params={"nps": 9}),
    event("survey_answered", at_s=30, params={"nps": "6", "csat": 2}),
    event("review_added", at_s=20, params={"rating": 4.5}),
    event("complaint_made", at_s=25),
)


def learned(*events: Event) -> Satisfaction | None:
    satisfaction: Satisfaction | None = None
    for told in events:
        satisfaction = learn_satisfaction(satisfaction, told)
    return satisfaction


@pytest.mark.parametrize("said", list(permutations(SAID)))
def test_the_latest_answer_counts_whatever_the_order_of_arrival(said: tuple[Event, ...]) -> None:
    found = learned(*said)
    assert found is not None
    assert (found.nps, found.csat, found.rating) == (
        Answer(6.0, START_S + 30),
        Answer(2.0, START_S + 30),
        Answer(4.5, START_S + 20),
    )
    assert found.complaints is not None
    assert found.complaints.value == 1
    assert found.latest == ("unhappy", START_S + 30)


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("survey_answered", {"nps": 11}, (False, {})),
        ("survey_answered", {"csat": 0}, (False, {})),
        ("page_view", {"nps": 3}, (False, {})),
        ("product_rated", {"rating": 5}, (False, {"rating": 5.0})),
        ("complaint_made", {}, (True, {})),
        ("complaint_resolved", {}, (False, {})),
    ],
)
def test_only_what_speaks_and_lies_in_its_range_is_heard(name: str, params: dict[str, Any], said: object) -> None:
    assert told_by(event(name, params=params)) == said


def test_moods_follow_the_scales() -> None:
    for params, mood in (
        ({"nps": 9}, "happy"),
        ({"nps": 7}, "neutral"),
        ({"csat": 2}, "unhappy"),
        ({"rating": 3}, "neutral"),
    ):
        found = learned(event("survey_answered", params=params))
        assert found is not None
        assert found.latest == (mood, START_S)
    assert learned(event("page_view")) is None
    assert Satisfaction().latest is None


def test_two_records_of_one_visitor_sum_up_complaints_and_keep_the_later_answer() -> None:
    one, other = learned(*SAID[:2], SAID[3]), learned(SAID[2], event("complaint_made", at_s=40))
    both = merged_satisfaction(one, other)
    assert both == merged_satisfaction(other, one)
    assert both is not None
    assert both.complaints is not None
    assert (both.complaints.value, both.complaints.at_s) == (2, START_S + 40)
    assert merged_satisfaction(one, None) == one
