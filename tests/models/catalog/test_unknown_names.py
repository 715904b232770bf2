"""Names the catalog lacks."""

import pytest

from models.catalog.assortment import Assortment
from models.catalog.resources import CatalogItem, Creative
from models.catalog.unknown_names import spelling_known, warn_of_unknown
from models.events.events import Event, EventItem
from models.events.intake.event_warnings import EventWarnings


def warned(assortment: Assortment, *item_ids: str, **params: str) -> list[tuple[str, str, str]]:
    warnings = EventWarnings()
    items = tuple(EventItem(item_id=item_id) for item_id in item_ids)
    event = Event(site="s", event="view_item", visitor_id="v", at_s=1.0, accepted_at_s=1.0, items=items, params=params)
    warn_of_unknown(event, assortment, warnings)
    return [(warning.field, warning.code, warning.message) for warning in warnings.found]


def assortment_of(*item_ids: str) -> Assortment:
    made = Assortment()
    for item_id in item_ids:
        made.put(CatalogItem(item_id=item_id, item_group_id="skirt"))
    return made


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ("sku-7", "SKU-7"),
        ("SKU-7", "sku-7"),
        ("00471", "471"),
        ("shopify_DE_88_471", "471"),
        ("gid://shop/ProductVariant/471", "471"),
        ("lamp_red", "lamp-red"),
        ("lamp-red", "lamp_red"),
        (" 471 ", "471"),
    ],
)
def test_an_id_spelled_otherwise_is_guessed(told: str, known: str) -> None:
    assert spelling_known(told, {known, "other"}.__contains__) == known


@pytest.mark.parametrize("told", ["471", "", "/", "0", "000"])
def test_nothing_is_guessed_where_no_spelling_is_known(told: str) -> None:
    assert spelling_known(told, {"SKU-7", ""}.__contains__) == ""


def test_items_the_catalog_lacks_are_named_and_known_ones_are_not() -> None:
    found = warned(assortment_of("A1", "A2"), "A1", "a2", "ghost", "skirt")
    assert [(field, code) for field, code, _ in found] == [("items.item_id", "unknown")] * 2
    assert found[0][2] == "items.item_id 'a2' is not in the catalog, and teaches little; did you mean A2?"
    assert found[1][2] == "items.item_id 'ghost' is not in the catalog, and teaches little"


def test_an_empty_catalog_misses_nothing() -> None:
    assert warned(Assortment(), "ghost", creative_name="hero") == []


def test_a_creative_spelled_otherwise_is_named_and_a_banner_of_the_shops_own_is_not() -> None:
    assortment = Assortment()
    assortment.put(Creative(creative_id="Hero-1", campaign_id="c"))
    (found,) = warned(assortment, creative_name="hero-1")
    assert found == ("creative_name", "unknown", "creative_name 'hero-1' is no creative; did you mean Hero-1?")
    assert warned(assortment, creative_name="Hero-1") == warned(assortment, creative_name="our_own_banner") == []
