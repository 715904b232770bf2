"""Feed: what shops write becomes ours, or is refused by name and value."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.errors import InvalidError
from models.catalog.parsing import PARSERS, parse_campaign, parse_creative, parse_item, parse_placement
from models.catalog.resources import Campaign, CatalogItem, CatalogResource, Creative, Placement

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=15),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = sorted(
    {name for kind in (CatalogItem, Creative, Campaign, Placement) for name in kind.__struct_fields__}
    | {"id", "product_type", "google_product_category", "expiration_date", "starts_at", "ends_at", "custom_label_0"}
)


def made_or_error(parse: Callable[[object], CatalogResource], raw: object) -> CatalogResource | InvalidError:
    try:
        return parse(raw)
    except InvalidError as error:
        return error


@given(raw=JSON | st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8))
def test_any_json_value_becomes_a_resource_or_is_refused(raw: object) -> None:
    for parse in PARSERS.values():
        made = made_or_error(parse, raw)
        assert isinstance(made, CatalogResource) or 0 < len(made.message) < 600


def of(**fields: Any) -> CatalogItem:
    return parse_item({"id": "a", **fields})


@pytest.mark.parametrize(
    ("fields", "price", "currency"),
    [
        ({"price": "15.00 EUR"}, 15.0, "EUR"),
        ({"price": "15,50 eur"}, 15.5, "EUR"),
        ({"price": "USD 7"}, 7.0, "USD"),
        ({"price": 9, "currency": "GBP"}, 9.0, "GBP"),
        ({"price": {"value": "3.5", "currency": "EUR"}}, 3.5, "EUR"),
        ({"price": ""}, None, ""),
    ],
)
def test_prices_are_read_as_merchants_write_them(fields: dict[str, Any], price: float | None, currency: str) -> None:
    made = of(**fields)
    assert (made.price, made.currency) == (price, currency)


def test_an_item_takes_google_merchants_names() -> None:
    made = of(
        title="  Two   words ",
        product_type="Home > Kitchen",
        availability="In Stock",
        custom_label_1="b",
        is_bundle="yes",
        availability_date="2020-01-01T00:00:00Z",
        expiration_date="2030-01-01",
        unknown_attribute="passed over",
    )
    assert (made.title, made.category, made.availability) == ("Two words", ("Home", "Kitchen"), "in_stock")
    assert (made.custom_labels, made.is_bundle, made.available_from_s) == (("b",), True, 1_577_836_800.0)
    assert made.expires_at_s == 1_893_456_000.0
    assert of().expires_at_s == math.inf


@pytest.mark.parametrize(
    ("raw", "code", "named"),
    [
        ({}, "item_id_missing", "None"),
        ({"id": "x" * 101}, "item_id_invalid", "xxx"),
        ({"id": "a", "price": "cheap"}, "price_invalid", "'cheap'"),
    ],
)
def test_a_bad_item_is_refused_by_name_and_value(raw: object, code: str, named: str) -> None:
    with pytest.raises(InvalidError) as found:
        parse_item(raw)
    assert found.value.code == code
    assert named in found.value.message


def test_display_resources_know_their_fields() -> None:
    creative = {"creative_id": "c", "campaign_id": "k", "category": "Home > Kitchen", "item_ids": ["a", 7]}
    assert parse_creative(creative).item_ids == ("a", "7")
    assert parse_campaign({"campaign_id": "k", "starts_at": "2024-01-01"}).starts_at_s == 1_704_067_200.0
    assert parse_placement({"placement_id": "hero", "slots": 24}).slots == 24
    for parse, raw, code in [
        (parse_creative, {**creative, "colour": 1}, "field_unknown"),
        (parse_creative, {"creative_id": "c"}, "campaign_id_missing"),
        (parse_creative, {**creative, "item_ids": "a"}, "item_ids_invalid"),
        (parse_campaign, {"campaign_id": "k", "starts_at": "2024-01-02", "ends_at": "2024-01-01"}, "ends_at_invalid"),
        (parse_placement, {"placement_id": "hero", "slots": 25}, "slots_invalid"),
        (parse_placement, {"placement_id": "hero", "slots": True}, "slots_invalid"),
    ]:
        with pytest.raises(InvalidError) as found:
            parse(raw)
        assert found.value.code == code
