"""Conditions: for whom each of them holds."""

from typing import Any

import pytest

from models.events.events import Event
from tests.models.segments.stories import AD, BUYS, MAIL, VIEWS, event, holds, item, order


@pytest.mark.parametrize(
    ("rule", "events", "expected"),
    [
        ({"interest": {"category": "Kitchen"}}, VIEWS, True),
        ({"interest": {"category": "home > kitchen"}}, VIEWS, True),
        ({"interest": {"category": "Home", "items": 2}}, VIEWS, True),
        ({"interest": {"category": "Home > Pans"}}, VIEWS, False),
        ({"interest": {"category": "Kitchen", "items": 3}}, VIEWS, False),
        ({"interest": {"category": "Kitchen", "items": 2, "within_days": 1.5}}, VIEWS, False),
        ({"interest": {"brand": "brisa"}}, VIEWS, True),
        ({"interest": {"brand": "Round"}}, VIEWS, False),
        ({"interest": {"category": "Toys"}}, [event("view_item", 0, (item("new", category=("Toys",)),))], True),
        ({"interest": {"category": "Sport"}}, [event("view_item", 0, (item("new", category=("Toys",)),))], False),
        ({"source": {"source": "mail"}}, [MAIL, AD], True),
        ({"source": {"source": "mail", "touch": "last"}}, [MAIL, AD], False),
        ({"source": {"campaign": ["SPRING", "fall"], "touch": "first"}}, [MAIL, AD], True),
        ({"source": {"medium": "cpc", "source": "mail"}}, [MAIL, AD], False),
        ({"region": "DE"}, [event("page_view", context={"country": "DE", "region": "BE"})], True),
        ({"region": ["AT", "de-be"]}, [event("page_view", context={"location": {"region": "DE-BE"}})], True),
        ({"region": "D"}, [event("page_view", context={"country": "DE"})], False),
        ({"device": "mobile"}, [event("page_view", context={"device": "ios"})], True),
        ({"device": ["tablet", "desktop"]}, [event("page_view", context={"device": "ios"})], False),
        ({"orders": {"pattern": "single"}}, BUYS[:1], True),
        ({"orders": {"pattern": "single"}}, BUYS, False),
        ({"orders": {"pattern": "repeat"}}, BUYS, True),
        ({"orders": {"pattern": "none"}}, VIEWS, True),
        ({"orders": {"pattern": "wholesale"}}, BUYS, False),
        ({"orders": {"pattern": "wholesale"}}, [order(1, item("pot", 20.0, 20))], True),
        ({"orders": {"pattern": "wholesale"}}, [order(1, item("pot"), value=1_000)], True),
        ({"orders": {"pattern": "wholesale", "units": 3}}, BUYS, True),
        ({"orders": {"min": 2, "max": 2, "within_days": 30}}, BUYS, True),
        ({"value": {"lifetime_min": 92, "lifetime_max": 92}}, BUYS, True),
        ({"value": {"average_basket_min": 46, "average_basket_max": 46}}, BUYS, True),
        ({"value": {"tier": "active"}}, BUYS, True),
        ({"value": {"tier": ["new"]}}, BUYS[:1], True),
        ({"value": {"tier": "prospects"}}, VIEWS, True),
        ({"price_sensitivity": {"sale_share_min": 0.75, "sale_share_max": 0.75}}, BUYS, True),
        ({"price_sensitivity": {"sale_share_max": 1.0}}, VIEWS, False),
        ({"price_sensitivity": {"sale_share_min": 1.0}}, [order(1, item("x", 8.0, discount=2.0))], True),
        ({"satisfaction": {"is": "happy"}}, [event("survey_answered", params={"nps": 9})], True),
        ({"satisfaction": {"nps_max": 6}}, [event("survey_answered", params={"nps": 6})], True),
        ({"satisfaction": {"csat_min": 4}}, [event("survey_answered", params={"csat": 3})], False),
        ({"satisfaction": {"rating_min": 4}}, [event("review", params={"rating": 4.5})], True),
        ({"satisfaction": {"rating_min": 4}}, [event("view_item", 0, (item("pot"),), params={"rating": 5})], False),
        ({"satisfaction": {"complained": True}}, [event("complaint")], True),
        ({"satisfaction": {"complained": False}}, VIEWS, True),
        ({"satisfaction": {"is": "unhappy"}}, [event("review", params={"rating": 5}), event("complaint", 1)], True),
        ({"stage": "effective"}, [event("add_to_cart", 0, (item("pot"),))], True),
        ({"not": {"any": [{"device": "mobile"}, {"orders": {"min": 1}}]}}, VIEWS, True),
    ],
)
def test_a_condition_holds_for_whom_it_says(rule: dict[str, Any], events: list[Event], expected: bool) -> None:
    assert holds(rule, events) is expected


def test_an_order_counts_once_and_leaves_when_it_is_taken_back() -> None:
    made = event("order_created", 0, (item("pot", 20.0), item("ball", 10.0)), params={"order_id": "a"})
    paid = event("order_paid", 0.1, (item("pot", 20.0), item("ball", 10.0)), params={"order_id": "a", "value": 30})
    part = event("refund", 0.2, (item("ball", 10.0),), params={"transaction_id": "a"})
    back = event("order_cancelled", 0.3, params={"order_id": "a"})
    assert holds({"value": {"lifetime_min": 30, "lifetime_max": 30}}, [made, paid])
    assert holds({"value": {"lifetime_min": 20, "lifetime_max": 20}}, [made, paid, part])
    assert holds({"orders": {"pattern": "none"}}, [made, paid, part, back])
    lines = [order(1, item("pot", 20.0)), order(1, item("ball", 10.0)), order(1, item("ball", 10.0))]
    assert holds({"all": [{"value": {"lifetime_max": 30, "lifetime_min": 30}}, {"orders": {"max": 1}}]}, lines)


def test_more_orders_than_are_known_by_number_still_count() -> None:
    many = [order(number, item("pot", 20.0), day=number / 100) for number in range(100)]
    assert holds({"all": [{"orders": {"min": 100, "max": 100}}, {"value": {"lifetime_min": 2_000}}]}, many)
