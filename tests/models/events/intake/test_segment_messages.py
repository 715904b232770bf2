"""Segment messages: each type as an event of ours, and a clear error for what is none."""

from typing import Any

import pytest

from models.base.errors import InvalidError
from models.events.intake.parsing import parse_event
from models.events.intake.segment_messages import MESSAGE_TYPES, event_of_message

NOW_S = 1_770_000_000.0


def message(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "anonymousId": "d", **fields}


def test_a_page_says_where_the_visitor_is_by_its_properties_or_its_context() -> None:
    context = {"page": {"url": "https://shop.example/a", "referrer": "https://search.example/", "title": "A"}}
    read = event_of_message(
        message("page", name="Kettles", context=context, properties={"url": "https://shop.example/b"})
    )
    assert read["params"]["page_location"] == "https://shop.example/b"
    assert (read["params"]["page_referrer"], read["params"]["page_title"]) == ("https://search.example/", "A")
    assert event_of_message(message("page", name="Kettles"))["params"] == {"page_title": "Kettles"}
    assert event_of_message(message("screen", name="Cart"))["params"] == {"screen_name": "Cart"}


def test_whose_a_device_is_is_a_login_and_what_a_server_knows_is_none() -> None:
    linked = event_of_message(message("identify", userId="u", traits={"birthday": "1990-05-17", "email": "a@b"}))
    assert (linked["event"], linked["visitor_id"], linked["user_id"]) == ("login", "d", "u")
    assert linked["params"] == {"birthday": "1990-05-17"}
    for told in ({"userId": "u", "anonymousId": None}, {"userId": "u", "anonymousId": "u"}, {"userId": ""}):
        assert event_of_message(message("identify", **told))["event"] == "identify"
    joined = event_of_message(message("alias", previousId="old", userId="u"))
    assert (joined["event"], joined["visitor_id"], joined["user_id"]) == ("login", "old", "u")
    assert event_of_message(message("group", groupId="g"))["params"] == {"group_id": "g"}


def test_a_message_has_its_own_context_above_the_batchs() -> None:
    own = message("track", event="Home", context={"locale": "de"})
    shared = {"context": {"locale": "en", "campaign": {"name": "spring"}}}
    assert event_of_message(own, shared)["context"] == {"locale": "de", "campaign": {"name": "spring"}}
    assert event_of_message(message("track", event="Home"), shared)["context"] == shared["context"]
    assert event_of_message(message("track", event="Home", context="x"), shared)["context"] == shared["context"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (7, "message_invalid"),
        ({"anonymousId": "d"}, "message_type_invalid"),
        (message("shout"), "message_type_invalid"),
        (message(["track"]), "message_type_invalid"),  # type: ignore[arg-type]
        ({"type": "track", "event": "Home"}, "no_user_anon_id"),
        ({"type": "track", "event": "Home", "anonymousId": ""}, "no_user_anon_id"),
        (message("track"), "event_missing"),
        (message("track", event=""), "event_missing"),
        (message("alias", userId="u"), "alias_invalid"),
    ],
)
def test_what_is_no_message_is_named(raw: object, code: str) -> None:
    with pytest.raises(InvalidError) as caught:
        event_of_message(raw)
    assert caught.value.code == code


@pytest.mark.parametrize("kind", MESSAGE_TYPES)
@pytest.mark.parametrize("odd", [None, 7, "x", [], {"a": {"b": []}}])
def test_odd_fields_cost_no_message(kind: str, odd: object) -> None:
    fields = dict.fromkeys(("properties", "traits", "context", "name", "groupId", "messageId"), odd)
    told = {**fields, "event": "Product Shared", "userId": "u", "previousId": "p"}
    assert parse_event(event_of_message(message(kind, **told)), "shop", NOW_S).site == "shop"
