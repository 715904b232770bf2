"""Sender caps: browsers' word counts up to a cap a visitor and an address, a server's always."""

import msgspec
import pytest
from msgspec.structs import replace

from models.base.durations import DAY_S
from models.learner.sender_caps import SenderCaps
from models.ranking.teaching_room import SavedRoom
from tests.models.makers import event

WEEK_S = 7 * DAY_S


def caps() -> SenderCaps:
    return SenderCaps(DAY_S / 4, WEEK_S, 30 * DAY_S)


def test_a_visitor_has_a_cap_whatever_the_times_say() -> None:
    bounded = caps()
    told = [event("purchase", "a", at_s=13.0 * number, told_from="home") for number in range(300)]
    told = [replace(each, accepted_at_s=told[0].accepted_at_s) for each in told]
    assert 11.9 < sum(bounded.trending(each, "a", 5.0).weight for each in told) < 12.0
    assert 11.9 < sum(bounded.popular(each, "a", 5.0).weight for each in told) < 12.0
    assert 2.9 < sum(bounded.sold(each, "a", 5.0) for each in told) < 3.0


def test_an_address_has_a_cap_whoever_it_says_it_is() -> None:
    bounded = caps()
    told = [event("purchase", "a", visitor=f"v{number}", told_from="home") for number in range(300)]
    counted = [bounded.popular(each, "a", 5.0) for each in told]
    assert 35.0 < sum(each.weight for each in counted) < 36.0
    assert {each.of_visitor for each in counted} == {5.0}
    assert bounded.popular(event("purchase", "a", visitor="w", told_from="elsewhere"), "a", 5.0) == (5.0, 5.0)


def test_a_server_has_none() -> None:
    bounded = caps()
    assert sum(bounded.popular(event("purchase", "a"), "a", 5.0).weight for _ in range(300)) == 1_500.0
    assert bounded.save()[0].senders == []


@pytest.mark.parametrize("later_s", [0.0, WEEK_S])
def test_caps_go_on_from_what_they_gave(later_s: float) -> None:
    one, other = caps(), caps()
    for number in range(30):
        one.popular(event("purchase", "a", visitor=f"v{number % 4}", told_from=f"t{number % 3}"), "a", 5.0)
    other.restore(msgspec.json.decode(msgspec.json.encode(one.save()), type=list[SavedRoom]))
    asked = event("purchase", "a", visitor="v1", at_s=later_s, told_from="t1")
    assert 0.0 < one.popular(asked, "a", 5.0).weight == other.popular(asked, "a", 5.0).weight < 5.0


def test_the_erased_are_forgotten() -> None:
    bounded = caps()
    for _ in range(30):
        bounded.popular(event("purchase", "a", told_from="home"), "a", 5.0)
    bounded.forget("v1")
    assert "v1" not in str(bounded.save())
