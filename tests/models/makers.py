"""Small events, items and creatives for the tests of the models."""

from typing import Any

from models.catalog.assortment import Assortment
from models.catalog.resources import Campaign, CatalogItem, Creative, Placement
from models.events.events import Event, EventItem

START_S = 1_700_000_000.0
TOPS = ("Home", "Sport", "Books")


def event(name: str, *item_ids: str, visitor: str = "v1", at_s: float = 0.0, **fields: Any) -> Event:
    """Make an event `at_s` seconds after `START_S`."""
    items = fields.pop("items", tuple(EventItem(item_id=item_id) for item_id in item_ids))
    moment = START_S + at_s
    return Event(site="shop", event=name, visitor_id=visitor, at_s=moment, accepted_at_s=moment, items=items, **fields)


def item(number: int, **fields: Any) -> CatalogItem:
    """Make a catalog item: three top categories with two below each, four brands."""
    top = TOPS[number % 3]
    values: dict[str, Any] = {
        "item_id": f"p{number:03}",
        "title": f"Product {number}",
        "category": (top, f"{top} {number % 6 // 3}"),
        "brand": f"Brand {number % 4}",
        "price": 10.0 + number,
    }
    return CatalogItem(**{**values, **fields})


def assortment(items: int = 30, creatives: int = 0, campaigns: int = 4) -> Assortment:
    """Make a catalog; creative n belongs to campaign n modulo `campaigns` and is about a top category."""
    made = Assortment()
    for number in range(items):
        made.put(item(number))
    for number in range(campaigns if creatives else 0):
        made.put(Campaign(campaign_id=f"k{number}"))
    for number in range(creatives):
        category = (TOPS[number % 3],)
        made.put(Creative(creative_id=f"c{number}", campaign_id=f"k{number % campaigns}", category=category))
    made.put(Placement(placement_id="hero"))
    return made
