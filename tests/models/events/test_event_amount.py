"""Event amount: the value told, else the prices, in the base currency where a rate is known."""

from models.events.event_amount import amount_of
from models.events.events import EventItem
from tests.models.makers import event


def test_the_value_counts_else_the_prices_that_are_known() -> None:
    lines = (EventItem(item_id="a", price=2.5, quantity=2), EventItem(item_id="b"))
    assert amount_of(event("purchase", items=lines, params={"value": "7.25"})) == (7.25, "")
    assert amount_of(event("purchase", items=lines)) == (5.0, "")
    assert amount_of(event("purchase", items=lines[1:])) is None


def test_a_rate_brings_an_amount_into_the_base_currency_and_without_one_it_keeps_its_own() -> None:
    params = {"value": 200, "currency": "SEK"}
    assert amount_of(event("purchase", params=params)) == (200, "SEK")
    assert amount_of(event("purchase", params=params, rate=0.09)) == (18.0, "")
