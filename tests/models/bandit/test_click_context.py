"""Context: the learner and the API name it alike, and nobody outside can make it grow."""

from collections import OrderedDict

import pytest

from models.bandit.click_context import Arrival, arrival_of, context_of, slot_of
from models.events.impressions import was_seen
from models.visitor.profile import Profile
from models.visitor.profile_batch import Change, learn
from tests.models.makers import START_S, assortment, event

MAIL = {"campaign": {"source": "mail", "medium": "email", "name": "spring"}}
PHONE = {"userAgent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148"}


def test_the_learner_sees_what_the_profile_holds() -> None:
    events = [
        event("page_view", at_s=0, context={**MAIL, **PHONE}),
        event("view_item", "p001", at_s=10),
        event("page_view", at_s=-5, context={"campaign": {"source": "late", "medium": "cpc", "name": "autumn"}}),
        event("page_view", at_s=20, context={"device": {"type": "android"}}),
    ]
    arrival, profiles = Arrival(), [Profile()]
    for position, told in enumerate(events, start=1):
        arrival.learn_one(told)
        learn(profiles, [Change(0, position, told)], assortment(3).vector_of_item)
    assert arrival_of(profiles[0].device, profiles[0].last_touch) == arrival
    assert (arrival.device, arrival.medium, arrival.campaign) == ("mobile", "email", "spring")


def test_only_the_campaign_that_brought_the_visitor_echoes() -> None:
    arrival = Arrival("", "email", "spring", START_S)
    assert "echo" in context_of("none", arrival, "spring", START_S).shared
    assert "echo" not in context_of("none", arrival, "autumn", START_S).shared
    assert "echo" not in context_of("none", Arrival(), "", START_S).shared


@pytest.mark.parametrize(("hour", "band"), [(0, 0), (5, 0), (6, 1), (17, 2), (23, 3)])
def test_hours_are_taken_in_bands(hour: int, band: int) -> None:
    assert f"hours:{band}" in context_of("none", Arrival(), "k", hour * 3_600.0 + 59).shared


@pytest.mark.parametrize(
    ("named", "slot"),
    [
        ("hero:0", "hero:0"),
        ("hero:03", "hero:3"),
        ("hero:24", ""),
        ("hero:-1", ""),
        ("hero", ""),
        ("attic:0", ""),
        ("hero:" + "9" * 400, ""),
        ("hero:²", ""),
        ("", ""),
    ],
)
def test_a_slot_is_one_of_the_shops_own(named: str, slot: str) -> None:
    assert slot_of(named, OrderedDict(hero=1)) == slot


def test_whatever_medium_is_named_few_are_told_apart() -> None:
    found = {context_of("none", Arrival("", f"medium-{number}"), "k", 0.0) for number in range(100)}
    assert len(found) == 1
    assert context_of("none", Arrival("", "CPC"), "k", 0.0).own == ("medium:paid",)


def test_an_impression_that_was_not_in_view_says_so() -> None:
    assert was_seen(event("view_promotion"))
    assert was_seen(event("view_promotion", params={"viewable": True}))
    assert not was_seen(event("view_promotion", params={"viewable": False}))
    assert not was_seen(event("view_promotion", params={"seen": False}))
