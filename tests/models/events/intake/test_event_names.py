"""Event names: a slip is told, a name of the shop's own is not."""

import pytest

from models.events.intake.event_names import KNOWN_EVENTS, event_meant, known_event
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.parsing import Receipt, read_event


def warned(**raw: object) -> list[str]:
    warnings = EventWarnings()
    read_event({"visitor_id": "v1", **raw}, Receipt("shop", 1_700_000_000.0), warnings)
    return [f"{warning.field}: {warning.message}" for warning in warnings.found]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("views_item", "view_item"),
        ("page_views", "page_view"),
        ("purchased", "purchase"),
        ("order_paids", "order_paid"),
    ],
)
def test_a_slip_is_told_with_what_was_meant(name: str, meant: str) -> None:
    assert event_meant(name) == meant
    [warning] = warned(event=name, params={"transaction_id": "t"})
    assert f"did you mean {meant}?" in warning


def test_known_names_and_names_of_the_shops_own_are_no_slips() -> None:
    assert not any(event_meant(name) for name in KNOWN_EVENTS)
    assert warned(event="recipe_cooked") == []


def test_a_login_of_nobody_is_told() -> None:
    assert any("tells of nobody" in warning for warning in warned(event="login"))
    assert warned(event="login", user_id="ann") == []


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("PURCHASE", "purchase"),
        ("Purchase", "purchase"),
        ("ViewItem", "view_item"),
        ("addToCart", "add_to_cart"),
        ("begin-checkout", "begin_checkout"),
        ("Order.Paid", "order_paid"),
        ("purchases", ""),
        ("cart", ""),
    ],
)
def test_neither_case_nor_what_stands_between_words_counts(name: str, known: str) -> None:
    assert known_event(name) == known


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ViewContent", "view_item"),
        ("ecommerce_purchase", "purchase"),
        ("PURCHASES", "purchase"),
        ("Placed Order", "purchase"),
    ],
)
def test_what_other_systems_call_an_event_is_asked_about(name: str, meant: str) -> None:
    assert event_meant(name) == meant
