"""Visitors' days, as events, and whether a rule holds after them."""

from typing import Any

from models.base.durations import DAY_S
from models.catalog.assortment import Assortment
from models.catalog.resources import CatalogItem
from models.events.events import Event, EventItem
from models.segments.conditions import Facts
from models.segments.lifecycle import Thresholds
from models.segments.segments import parse_segment_rule
from models.visitor.profile import Profile
from models.visitor.profile_batch import Change, learn

START_S = 1_700_000_000.0
CATALOG = [
    CatalogItem(item_id="pot", category=("Home", "Kitchen"), brand="Brisa", price=20.0),
    CatalogItem(item_id="pan", category=("Home", "Kitchen", "Pans"), brand="Brisa", price=30.0, sale_price=24.0),
    CatalogItem(item_id="ball", category=("Sport",), brand="Round", price=10.0),
]


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
