"""The prices of one event are in one currency, or left out."""

import pytest

from models.events.currency import NO_CURRENCY, SiteCurrency
from models.events.event_amount import amount_of
from models.events.events import Event
from models.events.intake.event_warnings import EventWarning, EventWarnings
from models.events.intake.item_currencies import in_one_currency
from models.events.intake.parsing import parse_event

EUROS = SiteCurrency(base="EUR", rates={"USD": 0.5, "SEK": 0.1})


def settled(site: SiteCurrency, *prices: object, **params: object) -> tuple[Event, list[EventWarning]]:
    items = [{"item_id": f"i{place}", "price": price} for place, price in enumerate(prices)]
    raw = {"event": "purchase", "visitor_id": "v", "params": {"transaction_id": "1", **params}, "items": items}
    warnings = EventWarnings()
    return in_one_currency(parse_event(raw, "s", 1.7e9), site, warnings), warnings.found


def test_a_price_in_another_currency_is_reckoned_in_the_events() -> None:
    event, found = settled(EUROS, "50 USD", "50 USD", "10 EUR")
    assert [item.price for item in event.items] == [50, 50, 20]
    assert (event.params["currency"], amount_of(event)) == ("USD", (60.0, "EUR"))
    assert [(warning.field, warning.code) for warning in found] == [("items[2].price", "read_as")]
    crossed, _ = settled(EUROS, "30 USD", currency="SEK")
    assert [item.price for item in crossed.items] == [150]


@pytest.mark.parametrize("site", [NO_CURRENCY, SiteCurrency(base="EUR", rates={"USD": 0.5})])
def test_what_has_no_rate_is_left_out_and_named(site: SiteCurrency) -> None:
    event, found = settled(site, 20, "30 GBP", currency="USD")
    assert [item.price for item in event.items] == [20, None]
    assert [(warning.field, warning.code) for warning in found] == [("items[1].price", "dropped")]
    assert "30 GBP" in found[0].message


def test_no_kept_item_names_a_currency() -> None:
    event, _ = settled(EUROS, "50 USD", "1 GBP", "3 SEK", "4 USD")
    assert not any(item.currency for item in event.items)
    assert (event.rate, event.base) == (0.5, "EUR")
