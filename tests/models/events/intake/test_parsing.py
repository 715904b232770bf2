"""Parsing: one door, and nothing gets through it that the log could not give back."""

from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.base.errors import InvalidError
from models.base.nesting import MAX_NESTING
from models.base.timestamps import EARLIEST_S, MAX_CLOCK_AHEAD_S
from models.events.events import Event, decode_event, encode_event, order_id_of
from models.events.intake.event_warnings import EventWarning, EventWarnings
from models.events.intake.parsing import (
    Receipt,
    parse_event,
    parse_event_name,
    parse_served_id,
    read_event,
)
from models.events.names import ITEM_EVENTS, ORDER_EVENTS, PROMOTION_EVENTS, SEARCH_EVENTS, VISITOR_DELETED
from tests.models.events.raw import JSON, NOW_S, event_or_error, given_event, refused

NAMES = sorted(ITEM_EVENTS | PROMOTION_EVENTS | ORDER_EVENTS | SEARCH_EVENTS | {"page_view", "own_event"})
IDS = st.text(min_size=1, max_size=12) | JSON
ITEM = st.fixed_dictionaries(
    {"item_id": IDS},
    optional=dict.fromkeys(
        ("item_name", "item_brand", "item_category", "item_category3", "item_variant", "price", "index"), JSON
    )
    | {"quantity": st.integers(1, 9) | JSON, "creative_name": JSON, "promotion_id": JSON, "own": JSON},
)
PARAMS = st.fixed_dictionaries(
    {},
    optional={
        "transaction_id": IDS,
        "order_id": IDS,
        "search_term": IDS,
        "creative_name": IDS,
        "value": JSON,
        "currency": st.just("EUR") | JSON,
    },
)
NEARLY = st.fixed_dictionaries(
    {"event": st.sampled_from(NAMES), "visitor_id": IDS},
    optional={
        "event_id": IDS,
        "user_id": IDS,
        "session_id": IDS,
        "timestamp": st.floats(EARLIEST_S, 2e9) | JSON,
        "params": PARAMS | st.dictionaries(st.text(max_size=8), JSON, max_size=3),
        "items": st.lists(ITEM, max_size=3) | JSON,
        "context": PARAMS | JSON,
    },
)


@given(raw=JSON | NEARLY)
@example(raw=given_event(event="view_item", items=[{"item_id": "a", "quantity": "9" * 5_000}]))
@example(raw=given_event(timestamp="0001-01-01T00:00:00+14:00"))
@example(raw=given_event(timestamp=10**19))
def test_any_json_value_becomes_an_event_that_the_log_gives_back_or_is_refused(raw: object) -> None:
    made = event_or_error(lambda: parse_event(raw, "shop", NOW_S))
    if isinstance(made, Event):
        assert decode_event(encode_event(made)) == made
        assert EARLIEST_S <= made.at_s <= NOW_S + MAX_CLOCK_AHEAD_S
    else:
        assert made.code.replace("_", "").isalpha()
        assert 0 < len(made.message) < 400


@pytest.mark.parametrize(
    ("raw", "code", "named"),
    [
        ([], "event_invalid", "[]"),
        (given_event(event=None), "event_name_invalid", "None"),
        (given_event(event="?!"), "event_name_invalid", "'?!'"),
        (given_event(event=VISITOR_DELETED), "event_name_invalid", VISITOR_DELETED),
        (given_event(event="segment_entered"), "event_name_reserved", "segment_entered"),
        (given_event(event="segment entered"), "event_name_reserved", "segment_entered"),
        (given_event(visitor_id=""), "visitor_id_missing", "''"),
        (given_event(visitor_id="x" * 129), "visitor_id_invalid", "xxx"),
        (given_event(visitor_id="a\nb"), "visitor_id_invalid", "a\\nb"),
        (given_event(visitor_id="undefined"), "visitor_id_placeholder", "'undefined'"),
        (given_event(visitor_id="undefined", user_id="null"), "visitor_id_placeholder", "'undefined'"),
        (given_event(timestamp="yesterday"), "timestamp_invalid", "'yesterday'"),
        (given_event(timestamp=True), "timestamp_invalid", "True"),
        (given_event(timestamp=12.5), "timestamp_invalid", "12.5"),
        (given_event(event="view_item"), "items_missing", "view_item"),
        (given_event(event="view_item", items=[{}, 7]), "items_missing", "[{}, 7]"),
        (given_event(event="add_to_cart", items=[{"item_id": "a", "quantity": 0}]), "items_missing", "'quantity': 0"),
        (
            given_event(
                event="purchase", params={"transaction_id": "t9"}, items=[{"item_id": "a", "price": 3, "quantity": 0}]
            ),
            "items_empty",
            "order t9 is of nothing",
        ),
        (
            given_event(
                event="purchase",
                params={"transaction_id": "t9"},
                items=[{"item_id": "a", "quantity": "0"}, {"item_id": "b", "quantity": "0.00"}],
            ),
            "items_empty",
            "order t9 is of nothing",
        ),
        (given_event(event="purchase", items=[{"item_id": "a"}]), "transaction_id_missing", "None"),
        (given_event(event="order_paid", params={"order_id": ""}), "order_id_missing", "''"),
        (given_event(event="search", params={"search_term": " "}), "search_term_missing", "' '"),
        (given_event(event="view_promotion"), "creative_name_missing", "view_promotion"),
    ],
)
def test_what_has_no_meaning_left_is_refused_and_named_with_its_value(raw: object, code: str, named: str) -> None:
    error = refused(raw)
    assert error.code == code
    assert named in error.message


def taken(**fields: Any) -> tuple[Event, list[EventWarning]]:
    warnings = EventWarnings()
    return read_event(given_event(**fields), Receipt("shop", NOW_S), warnings), warnings.found


@pytest.mark.parametrize(
    ("fields", "field", "code", "kept"),
    [
        ({"colour": "red"}, "colour", "unknown", {"params": {"colour": "red"}}),
        ({"colour": "red", "params": {"colour": "blue"}}, "colour", "unknown", {"params": {"colour": "blue"}}),
        ({"event": "view item", "items": [{"item_id": "a"}]}, "event", "read_as", {"event": "view_item"}),
        ({"event": "$opened page"}, "event", "read_as", {"event": "opened_page"}),
        ({"event": "3d shown"}, "event", "read_as", {"event": "event_3d_shown"}),
        ({"visitor_id": " v "}, "visitor_id", "read_as", {"visitor_id": "v"}),
        ({"visitor_id": "NULL", "user_id": "ann"}, "visitor_id", "placeholder", {"visitor_id": "ann"}),
        ({"visitor_id": None, "user_id": "ann"}, "visitor_id", "dropped", {"visitor_id": "ann"}),
        ({"user_id": "undefined"}, "user_id", "placeholder", {"user_id": ""}),
        ({"user_id": []}, "user_id", "dropped", {"user_id": ""}),
        ({"event_id": {}}, "event_id", "dropped", {"event_id": ""}),
        ({"session_id": " s "}, "session_id", "read_as", {"session_id": "s"}),
        ({"timestamp": ""}, "timestamp", "dropped", {"at_s": NOW_S}),
        ({"timestamp": 0}, "timestamp", "dropped", {"at_s": NOW_S}),
        ({"timestamp": "0"}, "timestamp", "dropped", {"at_s": NOW_S}),
        ({"timestamp": " "}, "timestamp", "dropped", {"at_s": NOW_S}),
        ({"timestamp": False}, "timestamp", "dropped", {"at_s": NOW_S}),
        ({"timestamp": NOW_S + 900}, "timestamp", "clock_corrected", {"at_s": NOW_S + MAX_CLOCK_AHEAD_S}),
        ({"timestamp": NOW_S, "sent_at": "later"}, "sent_at", "dropped", {"at_s": NOW_S}),
        ({"params": [1]}, "params", "dropped", {"params": {}}),
        ({"context": "x"}, "context", "dropped", {"context": {}}),
        ({"items": "a,b"}, "items", "dropped", {"items": ()}),
    ],
)
def test_what_is_odd_is_mended_or_left_out_with_a_warning(
    fields: dict[str, Any], field: str, code: str, kept: dict[str, Any]
) -> None:
    event, found = taken(**fields)
    assert [(warning.field, warning.code) for warning in found] == [(field, code)]
    assert {name: getattr(event, name) for name in kept} == kept


@pytest.mark.parametrize("fields", [{"visitor_id": 7}, {"user_id": 7}, {"event_id": 7}, {"session_id": 1_700_000_000}])
def test_numbers_are_ids_by_their_digits(fields: dict[str, int]) -> None:
    event, found = taken(**fields)
    assert [getattr(event, name) for name in fields] == [str(value) for value in fields.values()]
    assert found == []


def test_long_ids_that_are_only_compared_go_by_a_digest() -> None:
    one, found = taken(event_id="e" * 200, session_id="a\nb")
    again, _ = taken(event_id="e" * 200)
    other, _ = taken(event_id="e" * 201)
    assert one.event_id == again.event_id != other.event_id
    assert len(one.event_id) == 32
    assert [warning.code for warning in found] == ["shortened", "shortened"]


def test_an_order_of_nobody_goes_by_its_own_id() -> None:
    items = [{"item_id": "a", "price": 8.5}]
    bought, found = taken(
        event="purchase", visitor_id="undefined", params={"transaction_id": "T-8", "value": 8.5}, items=items
    )
    back, _ = taken(event="refund", visitor_id="[object Object]", params={"transaction_id": "T-8"})
    assert bought.visitor_id == back.visitor_id == "order-T-8"
    assert [warning.code for warning in found] == ["placeholder"]


def test_a_purchase_whose_items_say_nothing_is_still_an_order() -> None:
    event, found = taken(event="purchase", params={"transaction_id": 81, "value": 12}, items=[{"price": 12}])
    assert (event.items, event.params["value"], event.params["transaction_id"]) == ((), 12, "81")
    assert [warning.field for warning in found] == ["items[0]", "items"]


def test_lines_left_out_are_part_of_what_an_order_comes_to() -> None:
    lines = [{"item_id": "mat", "price": 40, "quantity": 2}, {"item_id": "voucher", "price": "-7,50"}]
    event, found = taken(event="purchase", params={"transaction_id": "1"}, items=lines)
    assert [item.item_id for item in event.items] == ["mat"]
    assert event.params["value"] == 72.5
    assert {warning.field for warning in found} == {"items[1].price", "params.value"}
    told, _ = taken(event="purchase", params={"transaction_id": "1", "value": 70}, items=lines)
    assert told.params["value"] == 70


def test_a_currency_that_a_price_names_is_the_events() -> None:
    event, _ = taken(event="view_item", items=[{"item_id": "a", "price": "1.099,00 EUR"}])
    assert (event.items[0].price, event.params) == (1099, {"currency": "EUR"})
    event, _ = taken(event="view_item", params={"currency": "CHF"}, items=[{"item_id": "a", "price": "10 EUR"}])
    assert event.params == {"currency": "CHF"}


@pytest.mark.parametrize("order", [("value", "currency"), ("currency", "value")])
def test_a_value_in_another_currency_than_the_events_says_as_what_it_counts(order: tuple[str, str]) -> None:
    told = {"value": "100 USD", "currency": "eur"}
    event, found = taken(params={name: told[name] for name in order})
    assert event.params == {"value": 100, "currency": "EUR"}
    assert "params.value 'USD' counts as EUR, which the event names" in [warning.message for warning in found]


def test_items_are_found_where_gtag_has_them() -> None:
    event, found = taken(event="view_item", params={"items": [{"item_id": "a"}], "own": 1})
    assert ([item.item_id for item in event.items], event.params, found) == (["a"], {"own": 1}, [])


@pytest.mark.parametrize("sent_at", [NOW_S - 86_400, "2023-11-13T22:13:20Z"])
def test_a_slow_clock_is_corrected_by_when_it_says_it_sent(sent_at: object) -> None:
    event, found = taken(timestamp=NOW_S - 86_400 - 40, sent_at=sent_at)
    assert event.at_s == NOW_S - 40
    assert [warning.code for warning in found] == ["clock_corrected"]
    by_batch = read_event(given_event(timestamp=NOW_S - 86_400 - 40), Receipt("shop", NOW_S, sent_at), EventWarnings())
    assert by_batch.at_s == NOW_S - 40


@pytest.mark.parametrize(
    ("stamp", "sent_at", "age_s"),
    [
        ("1970-01-01T00:10:00Z", "1970-01-01T00:10:05Z", 5.0),
        (600, 605, 5.0),
        (600_000, 605_000, 5.0),
        ("600", "605", 5.0),
        (315_532_800, 315_532_890.5, 90.5),
        (315_532_800_000, 315_532_890_500, 90.5),
        ("1999-12-31T23:59:50Z", "2000-01-01T00:00:10Z", 20.0),
        (5_680_281_600_000, 5_680_281_660_000, 60.0),
        ("2150-01-01T00:00:00Z", "2150-01-01T00:01:00Z", 60.0),
    ],
)
def test_a_clock_wrong_by_decades_costs_no_event(stamp: object, sent_at: object, age_s: float) -> None:
    event, found = taken(timestamp=stamp, sent_at=sent_at)
    assert event.at_s == pytest.approx(NOW_S - age_s)
    assert [(warning.field, warning.code) for warning in found] == [("timestamp", "clock_corrected")]


@pytest.mark.parametrize("of_event", [None, "later"])
def test_an_event_that_does_not_say_when_it_was_sent_goes_by_its_batch(of_event: object) -> None:
    raw = given_event(timestamp=NOW_S - 86_400 - 40, sent_at=of_event)
    event = read_event(raw, Receipt("shop", NOW_S, NOW_S - 86_400), EventWarnings())
    assert event.at_s == pytest.approx(NOW_S - 40)


def test_a_clock_that_is_ahead_or_right_is_known_by_sent_at_too() -> None:
    ahead, _ = taken(timestamp=NOW_S + 7_200 - 30, sent_at=NOW_S + 7_200)
    right, found = taken(timestamp=NOW_S - 3_600, sentAt=NOW_S - 1)
    nothing, _ = taken(sent_at=NOW_S - 500)
    assert (ahead.at_s, right.at_s, nothing.at_s, found) == (NOW_S - 30, NOW_S - 3_600, NOW_S, [])


def test_names_and_ids_for_other_doors() -> None:
    assert parse_event_name("campaign cost") == "campaign_cost"
    assert [parse_served_id(value) for value in ("v1", "", None, "undefined")] == ["v1", "", "", ""]


def test_items_take_ga4s_field_names() -> None:
    raw = {
        "item_id": 17,
        "item_name": "Boot",
        "item_brand": "Tall",
        "item_category": "Shoes",
        "item_category2": "Boots",
        "price": "19.90",
        "quantity": "2",
        "index": 3,
    }
    [item] = parse_event(given_event(event="view_item", items=[raw]), "shop", NOW_S).items
    assert (item.item_id, item.name, item.brand, item.category) == ("17", "Boot", "Tall", ("Shoes", "Boots"))
    assert (item.price, item.quantity, item.index) == (19.9, 2, 3)


def test_an_item_without_an_id_goes_by_its_name() -> None:
    assert parse_event(given_event(items=[{"item_name": "Boot"}]), "shop", NOW_S).items[0].item_id == "Boot"


def test_event_and_session_ids_that_are_placeholders_are_none() -> None:
    """Else all of a sender's events but the first would be taken for one sent again."""
    event, found = taken(event_id="undefined", session_id="null")
    assert (event.event_id, event.session_id) == ("", "")
    assert [warning.code for warning in found] == ["placeholder", "placeholder"]


def test_orders_that_go_by_a_placeholder_are_not_one_order() -> None:
    def order_of(visitor: str, item_id: str, name: str = "undefined", **more: Any) -> str:
        params = {"transaction_id": name, "value": 5}
        event, found = taken(event="purchase", visitor_id=visitor, params=params, items=[{"item_id": item_id}], **more)
        assert "placeholder" in [warning.code for warning in found]
        assert event.params["value"] == 5
        named = event.params["transaction_id"]
        assert isinstance(named, str)
        return named

    orders = [order_of("v1", "a"), order_of("v2", "a"), order_of("v1", "b"), order_of("v1", "a", event_id="e1")]
    assert len(set(orders)) == 4
    assert order_of("v1", "a") == order_of("v1", "a", name="NULL") == orders[0], "a page loaded again is the same order"
    assert order_of("v9", "z", event_id="e1") == orders[3]
    assert refused(given_event(event="refund", params={"transaction_id": "undefined"})).code == "transaction_id_missing"


@pytest.mark.parametrize("placeholder", ["undefined", "null", " ", "[object Object]"])
@pytest.mark.parametrize("param", ["transaction_id", "order_id"])
@pytest.mark.parametrize("name", ["purchase", "refund", "order_paid"])
def test_an_order_with_one_id_that_is_none_goes_by_the_other(name: str, param: str, placeholder: str) -> None:
    other = "order_id" if param == "transaction_id" else "transaction_id"
    told = parse_event(
        given_event(event=name, items=[{"item_id": "a"}], params={param: placeholder, other: "1002"}), "s", 2e9
    )
    assert (order_id_of(told), told.params.get(param)) == ("1002", None)


def test_an_order_of_nobody_under_a_placeholder_is_kept() -> None:
    params = {"transaction_id": "undefined", "value": 5}
    event, _ = taken(event="purchase", visitor_id="undefined", params=params, items=[{"item_id": "a"}])
    assert event.visitor_id == f"order-{event.params['transaction_id']}"


def test_orders_and_events_may_be_counted_from_0() -> None:
    event, found = taken(event="purchase", event_id=0, params={"transaction_id": 0}, items=[{"item_id": "a"}])
    assert (event.event_id, event.params["transaction_id"], found) == ("0", "0", [])


def test_a_field_one_slip_from_one_that_is_read_is_asked_about() -> None:
    lines = [{"item_id": "a", "prize": 3, "quantiti": 2, "price": 3, "colour": "red"}]
    event, found = taken(event="view_item", params={"valuee": 3, "searchterm": "x", "gift": True}, items=lines)
    assert event.params == {"valuee": 3, "searchterm": "x", "gift": True}
    asked = {(warning.field, warning.code, warning.message.rpartition(" ")[2]) for warning in found}
    assert asked == {
        ("items[0]", "unknown", "quantity?"),
        ("params", "unknown", "value?"),
        ("params", "unknown", "search_term?"),
    }
    plain, found = taken(
        event="view_item", params={"item_list_name": "x", "values": 1, "value": 2}, items=[{"item_id": "a"}]
    )
    assert (plain.params["value"], found) == (2, [])


def test_a_day_without_a_time_begins_at_midnight_of_the_site() -> None:
    def at_s(stamp: object, zone: tzinfo) -> float:
        return read_event(given_event(timestamp=stamp), Receipt("shop", NOW_S, zone=zone), EventWarnings()).at_s

    for stamp in ("2023-03-12", "20230312", " 2023-03-12 "):
        assert at_s(stamp, UTC) == 1_678_579_200
        assert at_s(stamp, ZoneInfo("America/New_York")) == 1_678_579_200 + 5 * 3_600
        assert at_s(stamp, ZoneInfo("Asia/Tokyo")) == 1_678_579_200 - 9 * 3_600
    assert at_s("2023-03-12T00:00:00", ZoneInfo("Asia/Tokyo")) == 1_678_579_200, "a time is UTC, where it names no zone"
    with pytest.raises(InvalidError, match="2023-02-30"):
        at_s("2023-02-30", ZoneInfo("Asia/Tokyo"))


@pytest.mark.parametrize("field", ["params", "context", "items", "event", "visitor_id", "timestamp", "of_my_own"])
def test_an_event_nested_too_deep_is_refused_whatever_field_it_is(field: str) -> None:
    deep: Any = 1
    for _ in range(MAX_NESTING + 1):
        deep = [deep] if field != "params" else {"a": deep}
    with pytest.raises(InvalidError) as found:
        parse_event({"event": "view_item", "visitor_id": "v", "items": [{"item_id": "a"}], field: deep}, "demo", NOW_S)
    assert found.value.code == "event_too_deep"


@pytest.mark.parametrize("user_id", ["-" * 100, "." * 128, "[]" * 40])
def test_a_user_of_signs_alone_is_one(user_id: str) -> None:
    raw = {"event": "page_view", "visitor_id": "v", "user_id": user_id}
    assert parse_event(raw, "demo", NOW_S).user_id == user_id
