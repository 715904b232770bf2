"""Region: one answer for one event, whoever asks; written in whichever way senders write it."""

from typing import Any

import pytest

from models.events.region import region_of, within
from models.reports.archive_row import row_of
from models.visitor.profile import Profile, apply_one
from models.visitor.timeline import timeline_entry_of
from tests.models.makers import event

CONTEXTS: list[tuple[dict[str, Any], str]] = [
    ({"location": {"country": "DE", "region": "BE"}}, "DE-BE"),
    ({"location": {"countryCode": "DE", "regionCode": "BE"}}, "DE-BE"),
    ({"geo": {"country_code": "US", "region_code": "US-CA"}}, "US-CA"),
    ({"user_location": {"country_id": "FR"}}, "FR"),
    ({"location": {"region": "Bavaria", "country": "DE"}}, "DE-Bavaria"),
    ({"country": "AT", "state": "Tyrol"}, "AT-Tyrol"),
    ({"country": "AT", "location": {"country": "DE"}}, "AT"),
    ({"geo": {"region": "BE"}}, "BE"),
    ({"location": "Berlin"}, ""),
    ({"location": {"country": 49}}, ""),
    ({}, ""),
]


@pytest.mark.parametrize(("context", "region"), CONTEXTS)
def test_profile_timeline_and_archive_tell_the_same_region(context: dict[str, Any], region: str) -> None:
    told = event("page_view", context=context)
    profile = Profile()
    apply_one(profile, told, lambda *_: False)
    entry = timeline_entry_of(1, told)
    assert entry is not None
    assert (region_of(told), profile.region, entry.region, row_of(0, 1, told, 0.0)["region"]) == (region,) * 4


def test_a_country_holds_for_its_regions() -> None:
    assert within("DE-BE", "de")
    assert not within("DEU", "DE")
