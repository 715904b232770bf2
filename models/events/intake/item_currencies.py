"""Item currencies: the prices of one event are in one currency before it is kept."""

import msgspec

from models.base.texts import text_or_empty
from models.events.currency import SiteCurrency
from models.events.events import Event, EventItem
from models.events.intake.event_warnings import EventWarnings


def in_one_currency(event: Event, currency: SiteCurrency, warnings: EventWarnings) -> Event:
    """Give an event whose prices are all in the currency it names, stamped with what that is worth.

    A price in another is reckoned in it by the site's rates; without them it is left out, since it could only be added
    to what it cannot be added to.
    """
    if any(item.currency for item in event.items):
        named = text_or_empty(event.params.get("currency"))
        items = tuple(
            _reckoned(item, named, currency, f"items[{place}].price", warnings)
            for place, item in enumerate(event.items)
        )
        event = msgspec.structs.replace(event, items=items)
    return currency.stamped(event)


def _reckoned(item: EventItem, named: str, currency: SiteCurrency, field: str, warnings: EventWarnings) -> EventItem:
    if not item.currency or item.price is None:
        return item
    rate = currency.rate_between(item.currency, named)
    told = f"{item.price:g} {item.currency}"
    if rate is None:
        warnings.add(field, "dropped", told, f"has no rate to {named}, the event's currency, and was left out")
        return msgspec.structs.replace(item, price=None, currency="")
    price = round(item.price * rate, 6)
    warnings.add(field, "read_as", told, f"was read as {price:g} {named}, the event's currency")
    return msgspec.structs.replace(item, price=price, currency="")
