"""Archive row: an event as reports ask of it."""

from typing import Any

import pytest

from models.events.events import EventItem
from models.reports.archive_row import row_of
from tests.models.makers import START_S, event


def row(*arguments: Any, **fields: Any) -> dict[str, Any]:
    return row_of(2, 40, event(*arguments, **fields), 0.0)


def test_where_and_when_stand_in_every_row() -> None:
    found = row("page_view", at_s=5, session_id="s1", event_id="e1")
    assert (found["log_partition"], found["position"], found["visitor_id"], found["at_s"]) == (2, 40, "v1", START_S + 5)
    assert (found["session_id"], found["event_id"], found["off_site"], found["bot"]) == ("s1", "e1", False, False)


@pytest.mark.parametrize(
    ("params", "amount"),
    [({"value": 12.5}, 12.5), ({"value": "7"}, 7.0), ({}, 23.0), ({"value": None}, 23.0)],
)
def test_the_amount_is_the_value_else_the_items(params: dict[str, Any], amount: float) -> None:
    items = (EventItem(item_id="a", price=10.0, quantity=2), EventItem(item_id="b", price=3.0))
    assert row("purchase", items=items, params={"transaction_id": "o1", **params})["amount"] == amount


def test_what_nobody_tells_is_none() -> None:
    found = row("page_view")
    assert (found["amount"], found["channel"], found["campaign"]) == (None, None, None)


def test_costs_name_their_campaign_and_channel() -> None:
    found = row("campaign_cost", params={"source": "google", "medium": "cpc", "campaign": "spring", "cost": 9})
    assert (found["channel"], found["campaign"], found["off_site"]) == ("paid_search", "spring", True)


def test_only_an_exposure_names_a_variant_and_only_a_move_its_stages() -> None:
    params = {"experiment_id": "e", "variant_id": "b", "from": "active", "to": "lost"}
    exposed, moved, other = (row(name, params=params) for name in ("experiment_exposed", "stage_changed", "page_view"))
    assert (exposed["experiment"], exposed["variant"], exposed["stage"]) == ("e", "b", "")
    assert (moved["stage_from"], moved["stage"], moved["variant"]) == ("active", "lost", "")
    assert (other["experiment"], other["stage"]) == ("", "")


def test_the_holdout_is_the_senders() -> None:
    told = event("page_view", visitor="anna", device_id="phone")
    assert row_of(0, 1, told, 1.0)["holdout"]
    assert not row_of(0, 1, told, 0.0)["holdout"]


def test_a_cost_is_in_the_currency_it_names_or_in_the_base_by_its_rate() -> None:
    told = {"source": "g", "cost": 40, "currency": "SEK"}
    apart = row("campaign_cost", params=told)
    assert (apart["cost"], apart["currency"]) == (40.0, "SEK")
    reckoned = row("campaign_cost", params=told, rate=0.1, base="EUR")
    assert (reckoned["cost"], reckoned["currency"], reckoned["amount"]) == (4.0, "EUR", None)
