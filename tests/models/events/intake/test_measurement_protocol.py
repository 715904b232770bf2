"""Measurement Protocol: bodies as Google's tags and servers send them, and what its limits refuse."""

from typing import Any

import pytest

from models.base.errors import InvalidError
from models.events.device import device_of
from models.events.intake.measurement_protocol import MOST_EVENTS, check_body, events_of_body
from models.events.intake.parsing import parse_event
from models.events.region import region_of

NOW_S = 1_770_000_000.0


def body(*events: Any, **fields: Any) -> dict[str, Any]:
    return {"client_id": "7.1", "events": list(events), **fields}


def test_an_event_has_its_session_its_time_and_where_it_was_from() -> None:
    told = body(
        {"name": "view_item", "params": {"session_id": 99, "items": [{"item_id": "a"}], "value": 9, "currency": "EUR"}},
        {"name": "search", "params": {"search_term": "kettle"}, "timestamp_micros": 1_769_000_000_000_000},
        user_id="u",
        timestamp_micros=1_769_990_000_000_000,
        user_location={"country_id": "DE", "region_id": "DE-BE"},
        device={"category": "mobile"},
        user_agent="Mozilla/5.0",
    )
    first, second = (parse_event(event, "shop", NOW_S) for event in events_of_body(told))
    assert (first.visitor_id, first.user_id, first.session_id) == ("7.1", "u", "99")
    assert [item.item_id for item in first.items] == ["a"]
    assert (first.at_s, second.at_s) == (1_769_990_000.0, 1_769_000_000.0)
    assert (region_of(first), device_of(first)) == ("DE-BE", "mobile")


def test_an_app_or_a_user_alone_is_somebody() -> None:
    event = {"name": "search", "params": {"search_term": "x"}}
    assert events_of_body({"app_instance_id": "i", "events": [event]})[0]["visitor_id"] == "i"
    assert events_of_body({"user_id": "u", "events": [event]})[0]["visitor_id"] == "u"
    with pytest.raises(InvalidError, match="client_id"):
        events_of_body({"events": [event]})
    with pytest.raises(InvalidError, match="events must be a list"):
        events_of_body({"client_id": "7.1"})


@pytest.mark.parametrize(
    ("told", "paths", "codes"),
    [
        (7, [""], ["VALUE_INVALID"]),
        ({}, ["client_id", "events"], ["VALUE_REQUIRED", "VALUE_REQUIRED"]),
        (body(), ["events"], ["VALUE_REQUIRED"]),
        ({**body(), "events": "x"}, ["events"], ["VALUE_INVALID"]),
        (body(*[{"name": "a"}] * (MOST_EVENTS + 1)), ["events"], ["EXCEEDED_MAX_ENTITIES"]),
        (body({"name": "_bad"}), ["events"], ["NAME_INVALID"]),
        (body({"name": "a" * 41}), ["events"], ["NAME_INVALID"]),
        (body({"name": 7}), ["events"], ["NAME_INVALID"]),
        (body({}), ["events"], ["VALUE_REQUIRED"]),
        (body("x"), ["events"], ["VALUE_INVALID"]),
        (body({"name": "ad_click"}), ["events"], ["NAME_RESERVED"]),
        (body({"name": "a", "params": []}), ["events"], ["VALUE_INVALID"]),
        (body({"name": "a", "params": {f"p{n}": n for n in range(26)}}), ["events"], ["EXCEEDED_MAX_ENTITIES"]),
        (body({"name": "a", "params": {"firebase_x": 1, "é": 2}}), ["events"] * 2, ["NAME_RESERVED", "NAME_INVALID"]),
        (body({"name": "view_item", "params": {"items": [], "value": 1}}), [], []),
    ],
)
def test_what_its_limits_refuse_is_named(told: object, paths: list[str], codes: list[str]) -> None:
    found = check_body(told)
    assert ([message.field_path for message in found], [message.code for message in found]) == (paths, codes)
