"""Of an event too large for the log goes what says least."""

from typing import Any

import pytest

from models.base.errors import InvalidError
from models.events.events import MAX_EVENT_BYTES, Event, decode_event
from models.events.intake.event_size import encode_fitting
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.parsing import parse_event


def kept(**raw: Any) -> tuple[Event, list[str]]:
    warnings = EventWarnings()
    event = parse_event({"event": "purchase", "visitor_id": "v", **raw}, "s", 1.7e9)
    encoded = encode_fitting(event, warnings)
    assert len(encoded) <= MAX_EVENT_BYTES
    return decode_event(encoded), [warning.message for warning in warnings.found]


def lines(number: int, **fields: object) -> list[dict[str, Any]]:
    return [{"item_id": f"sku-{place}", "price": 9.5, "quantity": 2, **fields} for place in range(number)]


def test_what_nobody_reads_goes_first() -> None:
    event, (told,) = kept(params={"own": "x" * 60_000, "transaction_id": "1", "value": 5}, items=lines(1))
    assert (event.params, len(event.items)) == ({"transaction_id": "1", "value": 5}, 1)
    assert "of your own" in told
    assert "texts" not in told


def test_a_long_address_is_cut_and_costs_no_order() -> None:
    address = "https://shop.example/?" + "x" * 60_000
    event, (told,) = kept(params={"transaction_id": "1", "page_location": address}, items=lines(2, item_name="n"))
    assert event.params["page_location"] == address[:500]
    assert [item.name for item in event.items] == ["n", "n"]
    assert "texts behind" in told


@pytest.mark.parametrize("id_length", [20, 150])
def test_an_order_of_as_many_lines_as_may_be_keeps_ids_prices_and_quantities(id_length: int) -> None:
    described = lines(
        200, item_name="n" * 150, item_brand="b" * 100, item_category="c" * 100, item_category2="d" * 100, index=3
    )
    ids = [f"{place:0>{id_length}}" for place in range(200)]
    given = [{**line, "item_id": item_id} for line, item_id in zip(described, ids, strict=True)]
    event, (told,) = kept(params={"transaction_id": "1"}, items=given, context={"userAgent": "x" * 3_000})
    assert [item.item_id for item in event.items] == ids
    assert {(item.price, item.quantity, item.name) for item in event.items} == {(9.5, 2, "")}
    assert "names of items" in told


def test_what_fits_in_no_way_is_refused() -> None:
    event, _ = kept(params={"transaction_id": "1", "cost": ["x" * 60_000]}, items=lines(1))
    assert (event.params, len(event.items)) == ({"transaction_id": "1"}, 1)
    ids = [{"item_id": f"{place:03}" + "商" * 147} for place in range(200)]
    order = parse_event({"event": "view_item_list", "visitor_id": "v", "items": ids}, "s", 1.7e9)
    with pytest.raises(InvalidError, match="at most 49152"):
        encode_fitting(order, EventWarnings())
