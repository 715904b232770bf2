"""Segment's events are read as ours, and answers are checked against their scale."""

from typing import Any

import pytest

from models.base.errors import InvalidError
from models.events.events import Event, order_id_of
from models.events.intake.parsing import parse_event
from models.events.intake.segment_spec import NAMES


def parsed(name: str, **params: Any) -> Event:
    return parse_event({"event": name, "visitor_id": "v", "params": params}, "shop", 1_700_000_000.0)


def test_an_order_completed_is_a_purchase() -> None:
    products = [{"product_id": "a", "name": "Kettle", "price": 39.9, "quantity": 2, "category": "Home > Kitchen"}]
    event = parsed("Order Completed", order_id="7", revenue=79.8, currency="EUR", products=products)
    assert (event.event, order_id_of(event), event.params["value"]) == ("purchase", "7", 79.8)
    (item,) = event.items
    assert (item.item_id, item.name, item.price, item.quantity) == ("a", "Kettle", 39.9, 2)
    assert item.category == ("Home", "Kitchen")


@pytest.mark.parametrize(
    ("theirs", "ours", "params"),
    [
        ("Email Delivered", "email_delivered", {}),
        ("Email Opened", "email_opened", {"campaign_name": "may"}),
        ("Email Link Clicked", "email_clicked", {"link_url": "https://shop.example/"}),
        ("Signed Up", "sign_up", {}),
        ("Signed In", "login", {}),
        ("Products Searched", "search", {"query": "kettle"}),
        ("Product Viewed", "view_item", {"product_id": "a"}),
        ("Product Added", "add_to_cart", {"sku": "a", "quantity": 2}),
        ("product_viewed", "view_item", {"product_id": "a"}),
        ("ORDER COMPLETED", "purchase", {"order_id": "7", "products": [{"sku": "a"}]}),
        ("OrderCompleted", "purchase", {"order_id": "7", "products": [{"sku": "a"}]}),
        ("Order Cancelled", "order_cancelled", {"order_id": "7"}),
        ("Order Refunded", "refund", {"order_id": "7"}),
        ("Product Reviewed", "review_added", {"product_id": "a", "rating": 4, "review_body": "good"}),
        ("Push Notification Tapped", "message_clicked", {}),
        ("Promotion Clicked", "select_promotion", {"creative": "c1", "position": 2}),
    ],
)
def test_names_and_properties_are_read_as_ours(theirs: str, ours: str, params: dict[str, Any]) -> None:
    assert parsed(theirs, **params).event == ours


def test_every_name_of_segments_leads_to_a_name_of_ours() -> None:
    assert all(name == name.lower() and " " not in name for name in NAMES.values())


@pytest.mark.parametrize(
    ("name", "params", "code", "told"),
    [
        ("survey_answered", {"nps": 11}, "nps_invalid", "params.nps must be a whole number from 0 to 10, got 11"),
        ("survey_answered", {"nps": -1}, "nps_invalid", "-1"),
        ("survey_answered", {"nps": 7.5}, "nps_invalid", "7.5"),
        ("survey_answered", {"nps": True}, "nps_invalid", "True"),
        ("survey_answered", {"csat": 0}, "csat_invalid", "params.csat must be a whole number from 1 to 5"),
        ("survey_answered", {"csat": 6}, "csat_invalid", "6"),
        ("survey_answered", {}, "nps_missing", "params.nps (0 to 10) or params.csat (1 to 5)"),
        ("review_added", {"rating": 0}, "rating_invalid", "params.rating must be a number from 1 to 5, got 0"),
        ("review_added", {"rating": "many"}, "rating_invalid", "many"),
        ("review_added", {}, "rating_missing", "rating"),
        ("birthday_given", {}, "birthday_missing", "birthday"),
        ("birthday_given", {"birthday": "04/05/1990"}, "birthday_invalid", "04/05/1990"),
        ("campaign_cost", {"campaign": "x"}, "cost_missing", "cost"),
        ("campaign_cost", {"campaign": "x", "cost": -5}, "cost_invalid", "-5"),
        ("campaign_cost", {"cost": 5}, "campaign_missing", "campaign"),
        ("order_shipped", {}, "order_id_missing", "order_shipped needs params.order_id"),
    ],
)
def test_what_is_off_its_scale_is_refused_by_name_and_value(
    name: str, params: dict[str, Any], code: str, told: str
) -> None:
    with pytest.raises(InvalidError) as error:
        parsed(name, **params)
    assert error.value.code == code
    assert told in error.value.message


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("survey_answered", {"nps": 0}),
        ("survey_answered", {"nps": "10", "csat": 5}),
        ("survey_answered", {"csat": 1}),
        ("review_added", {"rating": 4.5}),
        ("birthday_given", {"birthday": "2000-02-29"}),
        ("order_returned", {"order_id": "7"}),
    ],
)
def test_what_is_on_its_scale_is_taken(name: str, params: dict[str, Any]) -> None:
    assert parsed(name, **params).params == params
