"""Currency over HTTP: what comes in is reckoned in the site's base, and where it cannot be it stands apart."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.api.conftest import Api, event, new_visitor


@pytest.fixture
def shop(other_api: Api) -> Iterator[Api]:
    """A site that has said nothing, and says nothing afterwards."""
    yield other_api
    assert other_api.secret.put("/v1/currency", json={}).json() == {"base": None, "rates": {}}


def value_of(shop: Api, visitor: str) -> dict[str, Any]:
    found: dict[str, Any] = shop.secret.get(f"/v1/visitors/{visitor}").json()["value"]
    return found


def buy(shop: Api, visitor: str, value: float, currency: str | None = None) -> None:
    params = {"transaction_id": uuid4().hex, "value": value, **({"currency": currency} if currency else {})}
    told = event("purchase", visitor, {"item_id": "a", "price": value}, params=params)
    assert shop.public.post("/v1/events", json={"events": [told]}).json()["accepted"] == 1


def test_without_a_base_a_visitors_orders_stand_apart_by_currency(shop: Api) -> None:
    visitor = new_visitor()
    for amount, currency in ((120, "SEK"), (80, "SEK"), (40, "GBP")):
        buy(shop, visitor, amount, currency)
    value = value_of(shop, visitor)
    assert (value["orders"], value["lifetime_value"], value["currency"]) == (3, 200.0, "SEK")
    assert value["other_currencies"] == {"GBP": {"orders": 1, "lifetime_value": 40.0}}
    assert value["average_basket"] == 100.0


def test_an_event_is_reckoned_by_the_rate_of_when_it_came_in_and_an_earlier_one_by_todays(shop: Api) -> None:
    visitor = new_visitor()
    buy(shop, visitor, 10, "GBP")
    said = shop.secret.put("/v1/currency", json={"base": "sek", "rates": {"GBP": 13}}).json()
    assert said == {"base": "SEK", "rates": {"GBP": 13.0}} == shop.secret.get("/v1/currency").json()
    buy(shop, visitor, 2, "GBP")
    buy(shop, visitor, 5)
    buy(shop, visitor, 900, "JPY")
    assert (value_of(shop, visitor)["lifetime_value"], value_of(shop, visitor)["currency"]) == (161.0, "SEK")
    shop.secret.put("/v1/currency", json={"base": "SEK", "rates": {"GBP": 12}}).raise_for_status()
    value = value_of(shop, visitor)
    assert value["lifetime_value"] == 10 * 12 + 2 * 13 + 5
    assert value["other_currencies"] == {"JPY": {"orders": 1, "lifetime_value": 900.0}}


def test_reports_say_which_currency_money_is_in(shop: Api) -> None:
    visitor = new_visitor()
    shop.secret.put("/v1/currency", json={"base": "NOK", "rates": {"DKK": 1.5}}).raise_for_status()
    before = shop.secret.get("/v1/reports/channels").json()
    buy(shop, visitor, 20, "DKK")
    buy(shop, visitor, 77, "ISK")
    after = shop.secret.get("/v1/reports/channels").json()
    assert after["currency"] == "NOK"
    assert after["rows"][-1]["revenue"] - before["rows"][-1]["revenue"] == pytest.approx(30.0)
    assert after["rows"][-1]["other_currencies"]["ISK"] == 77.0


def test_a_segment_compares_the_base_alone(shop: Api) -> None:
    visitor = new_visitor()
    shop.secret.put("/v1/currency", json={"base": "EUR", "rates": {"PLN": 0.25}}).raise_for_status()
    rule = {"segment_id": "rich", "rule": {"value": {"lifetime_min": 50}}}
    shop.secret.put("/v1/segments", json={"segments": [rule]}).raise_for_status()
    buy(shop, visitor, 9_000, "JPY")
    buy(shop, visitor, 160, "PLN")
    assert shop.secret.get(f"/v1/visitors/{visitor}").json()["segments"] == []
    buy(shop, visitor, 10, "EUR")
    (segment,) = shop.secret.get(f"/v1/visitors/{visitor}").json()["segments"]
    assert segment["segment_id"] == "rich"
    assert shop.secret.delete("/v1/segments/rich").status_code == 204


def test_what_is_no_currency_is_refused_and_changes_nothing(shop: Api) -> None:
    shop.secret.put("/v1/currency", json={"base": "EUR"}).raise_for_status()
    refused = shop.secret.put("/v1/currency", json={"base": "EUR", "rates": {"dollars": 0.9}})
    assert (refused.status_code, refused.json()["code"]) == (422, "rates_invalid")
    assert "'dollars'" in refused.json()["detail"]
    assert shop.secret.get("/v1/currency").json() == {"base": "EUR", "rates": {}}
    assert shop.public.get("/v1/currency").status_code == 403
