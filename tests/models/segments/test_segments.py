"""Segments: each condition holds for whom it says, and a rule that does not fit is refused with its place."""

from typing import Any

import pytest

from models.base.durations import DAY_S
from models.base.errors import InvalidError
from models.catalog.assortment import Assortment
from models.catalog.resources import CatalogItem
from models.events.events import Event, EventItem
from models.segments.conditions import Facts
from models.segments.lifecycle import Thresholds
from models.segments.segments import parse_segment, parse_segment_rule
from models.visitor.profile import Profile
from models.visitor.profile_batch import Change, learn

START_S = 1_700_000_000.0


def event(name: str, day: float = 0.0, items: tuple[EventItem, ...] = (), **fields: Any) -> Event:
    """An event so many days after the start."""
    at_s = START_S + day * DAY_S
    return Event(site="s", event=name, visitor_id="v", at_s=at_s, accepted_at_s=at_s, items=items, **fields)


def item(item_id: str, price: float | None = None, quantity: int = 1, **fields: Any) -> EventItem:
    """An item of an event."""
    return EventItem(item_id=item_id, price=price, quantity=quantity, **fields)


def order(number: int, *items: EventItem, day: float = 0.0, **params: Any) -> Event:
    """An order."""
    return event("purchase", day, items, params={"transaction_id": f"t{number}", **params})


CATALOG = [
    CatalogItem(item_id="pot", category=("Home", "Kitchen"), brand="Brisa", price=20.0),
    CatalogItem(item_id="pan", category=("Home", "Kitchen", "Pans"), brand="Brisa", price=30.0, sale_price=24.0),
    CatalogItem(item_id="ball", category=("Sport",), brand="Round", price=10.0),
]
VIEWS = [event("view_item", 0, (item("pot"),)), event("view_item", 1, (item("pan"),))]
MAIL = event("page_view", context={"campaign": {"source": "Mail", "medium": "email", "name": "spring"}})
AD = event("page_view", 1, context={"campaign": {"source": "google", "medium": "cpc"}})
BUYS = [order(1, item("pot", 20.0), day=0), order(2, item("pan", 24.0, 3), day=5)]


def holds(rule: dict[str, Any], events: list[Event], day: float = 2.0) -> bool:
    """Whether a rule holds for a visitor who did these things, so many days after the start."""
    assortment = Assortment()
    for product in CATALOG:
        assortment.put(product)
    profiles = [Profile()]
    changes = [Change(0, position, event) for position, event in enumerate(events, 1)]
    learn(profiles, changes, assortment.vector_of_item, assortment.on_sale)
    facts = Facts(profiles[0], assortment, Thresholds(), START_S + day * DAY_S)
    parsed = parse_segment_rule(rule)
    assert parsed.why(facts)
    return parsed.holds(facts)


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


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (None, "rule"),
        ([], "rule"),
        ({}, "rule"),
        ({"activity": {"seen_within_days": 1}, "device": "mobile"}, "rule must be an object with one of"),
        ({"all": []}, "rule.all"),
        ({"all": [{"device": "mobile"}, {"device": "fridge"}]}, "rule.all[1].device"),
        ({"not": [{"device": "mobile"}]}, "rule.not"),
        ({"activity": {}}, "rule.activity"),
        ({"activity": {"silent_days": -1}}, "rule.activity"),
        ({"activity": {"silent_days": "90"}}, "rule.activity"),
        ({"activity": {"quiet_days": 1}}, "rule.activity"),
        ({"interest": {"category": "a", "brand": "b"}}, "rule.interest"),
        ({"stage": []}, "rule.stage"),
        ({"python": "__import__('os')"}, "rule.python"),
    ],
)
def test_a_rule_that_does_not_fit_is_refused_with_its_place(raw: object, said: str) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_segment_rule(raw)
    assert caught.value.message.startswith(said)


def test_a_rule_has_a_bound() -> None:
    deep: dict[str, Any] = {"device": "mobile"}
    for _ in range(20):
        deep = {"not": deep}
    with pytest.raises(InvalidError, match="deep"):
        parse_segment_rule(deep)
    with pytest.raises(InvalidError, match="parts"):
        parse_segment_rule({"any": [{"device": "mobile"}] * 100})


def test_a_segment_has_an_id_and_a_rule() -> None:
    for raw in (None, {}, {"segment_id": "a b", "rule": {"device": "mobile"}}, {"segment_id": "a"}):
        with pytest.raises(InvalidError):
            parse_segment(raw)
    assert parse_segment({"segment_id": "a-1", "rule": {"device": "mobile"}}).raw == {"device": "mobile"}
