"""Events: one door, and nothing gets through it that the log could not give back."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.base.errors import InvalidError
from models.base.timestamps import EARLIEST_S, MAX_CLOCK_AHEAD_S
from models.events.events import (
    ITEM_EVENTS,
    MAX_EVENT_ITEMS,
    MAX_PARAMS,
    ORDER_EVENTS,
    PROMOTION_EVENTS,
    SEARCH_EVENTS,
    VISITOR_DELETED,
    Event,
    decode_event,
    encode_event,
    order_id_of,
    parse_event,
    promotions_of,
)

NOW_S = 1_700_000_000.0
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
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


def given_event(**fields: Any) -> dict[str, Any]:
    return {"event": "page_view", "visitor_id": "v1", **fields}


def event_or_error(make: Callable[[], Event]) -> Event | InvalidError:
    try:
        return make()
    except InvalidError as error:
        return error


def refused(raw: object) -> InvalidError:
    with pytest.raises(InvalidError) as found:
        parse_event(raw, "shop", NOW_S)
    return found.value


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


@given(value=st.binary(max_size=60) | JSON.map(msgspec.json.encode))
def test_any_bytes_of_the_log_are_an_event_or_refused(value: bytes) -> None:
    made = event_or_error(lambda: decode_event(value))
    assert made.visitor_id if isinstance(made, Event) else made.code == "event_undecodable"


@pytest.mark.parametrize(
    ("raw", "code", "named"),
    [
        ([], "event_invalid", "[]"),
        (given_event(colour="red"), "field_unknown", "'colour'"),
        (given_event(event="9lives"), "event_name_invalid", "'9lives'"),
        (given_event(event=VISITOR_DELETED), "event_name_invalid", VISITOR_DELETED),
        (given_event(visitor_id=""), "visitor_id_missing", "''"),
        (given_event(visitor_id=" v"), "visitor_id_invalid", "' v'"),
        (given_event(visitor_id="x" * 129), "visitor_id_invalid", "xxx"),
        (given_event(event_id="a\nb"), "event_id_invalid", "a\\nb"),
        (given_event(timestamp="yesterday"), "timestamp_invalid", "'yesterday'"),
        (given_event(timestamp=True), "timestamp_invalid", "True"),
        (given_event(timestamp=12.5), "timestamp_invalid", "12.5"),
        (given_event(params=[1]), "params_invalid", "[1]"),
        (given_event(params={f"p{n}": 1 for n in range(MAX_PARAMS + 1)}), "params_invalid", str(MAX_PARAMS + 1)),
        (given_event(context={"": 1}), "context_invalid", "''"),
        (given_event(items={}), "items_invalid", "{}"),
        (given_event(items=[{"item_id": "a"}] * (MAX_EVENT_ITEMS + 1)), "items_invalid", str(MAX_EVENT_ITEMS + 1)),
        (given_event(items=[7]), "item_invalid", "items[0]"),
        (given_event(items=[{"item_id": "a"}, {}]), "item_id_missing", "items[1]"),
        (given_event(items=[{"item_id": "a", "quantity": 0}]), "quantity_invalid", "got 0"),
        (given_event(items=[{"item_id": "a", "quantity": 1.5}]), "quantity_invalid", "1.5"),
        (given_event(items=[{"item_id": "a", "price": -1}]), "price_invalid", "-1"),
        (given_event(items=[{"item_id": "a", "price": "nan"}]), "price_invalid", "'nan'"),
        (given_event(event="view_item"), "items_missing", "view_item"),
        (given_event(event="purchase", items=[{"item_id": "a"}]), "transaction_id_missing", "None"),
        (given_event(event="order_paid", params={"order_id": ""}), "order_id_missing", "''"),
        (given_event(event="search", params={"search_term": " "}), "search_term_missing", "' '"),
        (given_event(event="view_promotion"), "creative_name_missing", "view_promotion"),
        (given_event(params={"value": "much"}), "value_invalid", "'much'"),
        (given_event(params={"currency": "euro"}), "currency_invalid", "'euro'"),
    ],
)
def test_what_is_refused_is_named_with_its_value(raw: object, code: str, named: str) -> None:
    error = refused(raw)
    assert error.code == code
    assert named in error.message


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


def test_orders_and_promotions_are_found_under_both_names() -> None:
    def made(**fields: Any) -> Event:
        return parse_event(given_event(**fields), "shop", NOW_S)

    assert order_id_of(made(params={"transaction_id": 7})) == order_id_of(made(params={"order_id": "7"})) == "7"
    of_items = made(items=[{"item_id": "a", "creative_name": "c", "promotion_id": "k", "creative_slot": "hero:1"}])
    of_event = made(params={"creative_name": "c", "promotion_id": "k", "creative_slot": "hero:1"})
    assert promotions_of(of_items) == promotions_of(of_event) == [("k", "c", "hero:1")]
    assert promotions_of(made()) == []
