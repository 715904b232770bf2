"""Whole pages over HTTP: several placements and lists at once, with nothing on the page twice."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.conftest import Api, event, new_visitor


def test_a_page_holds_nothing_twice(api: Api) -> None:
    visitor = new_visitor()
    api.post(*(event("view_item", visitor, f"p{number}") for number in (1, 7, 2)))
    response = api.public.post(
        "/v1/decisions",
        json={
            "visitor_id": visitor,
            "placements": [{"placement": "hero", "count": 4}, {"placement": "side"}],
            "lists": [
                {"name": "a", "strategy": "for_you", "limit": 8},
                {"name": "b", "strategy": "trending", "limit": 8},
                {"name": "c", "strategy": "similar", "item_id": "p1", "limit": 8},
                {"strategy": "new", "limit": 8},
            ],
            "exclude": ["p20"],
        },
    )
    assert response.status_code == 200, response.text
    page = response.json()
    creatives = [slot["creative_id"] for slate in page["placements"].values() for slot in slate["slots"]]
    assert len(creatives) == len(set(creatives)) == 6
    items = [item["item_id"] for entry in page["lists"].values() for item in entry["items"]]
    assert len(items) == len(set(items)) == 32
    assert "p20" not in items
    assert page["lists"].keys() == {"a", "b", "c", "new"}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ([], "[]"),
        ({"list": []}, "'list'"),
        ({"placements": [{}]}, "placements[0]"),
        ({"placements": [{"placement": "hero", "count": 0}]}, "placements[0].count"),
        ({"lists": [{"strategy": "worst"}]}, "'worst'"),
        ({"lists": [{"limit": 1000}]}, "1000"),
        ({"lists": [{}, {}]}, "name"),
        ({"visitor_id": 5}, "5"),
        ({"exclude": "p1"}, "'p1'"),
    ],
)
def test_a_wrong_page_is_a_problem_that_names_the_value(api: Api, body: Any, named: str) -> None:
    response = api.public.post("/v1/decisions", json=body)
    assert response.status_code == 422
    assert named in response.json()["detail"]


def coat(number: int, size: str, **fields: Any) -> dict[str, Any]:
    """A coat in one of its sizes, in a category of its own."""
    return {
        "item_id": f"coat{number}-{size}",
        "item_group_id": f"coat{number}",
        "title": f"Coat {number}",
        "product_type": "Outdoor > Coats",
        "brand": "Nordvik",
        "price": f"{90 + number}.00 EUR",
        "size": size,
        "availability": "in stock",
        **fields,
    }


@pytest.fixture
def coats(api: Api) -> Iterator[None]:
    """Coats, a parka and hats in sizes, for one test."""
    made = [coat(number, size) for number in range(4) for size in ("s", "m", "l")]
    made += [coat(4, "m", product_type="Outdoor > Parkas", brand="Parka")]
    made += [coat(number, size, product_type="Outdoor > Hats") for number in (6, 7) for size in ("s", "m")]
    api.put_items(*made)
    yield
    taken = {"item_ids": [item["item_id"] for item in made]}
    api.secret.request("DELETE", "/v1/catalog/items", json=taken).raise_for_status()


def groups_of(*lists: dict[str, Any]) -> list[str]:
    return [item["item_group_id"] or item["item_id"] for entry in lists for item in entry["items"]]


@pytest.mark.usefixtures("coats")
def test_of_a_products_variants_a_page_shows_one_and_none_of_what_was_bought(api: Api) -> None:
    visitor, strategies = new_visitor(), ("for_you", "similar", "trending", "new", "recently_viewed", "also_viewed")
    api.post(event("view_item", visitor, "coat1-s"), event("view_item", visitor, "coat1-m"))
    for strategy in strategies:
        found = groups_of(api.recommend(visitor_id=visitor, strategy=strategy, limit=20))
        assert len(found) == len(set(found)), strategy
        beside = api.recommend(visitor_id=visitor, strategy=strategy, item_id="coat1-m", limit=20)
        assert "coat1" not in groups_of(beside)
    assert "coat1-m" in api.ids(visitor_id=visitor, strategy="recently_viewed", limit=5)
    assert api.ids(strategy="similar", item_id="coat1", limit=3)
    lists = [{"name": name, "strategy": name, "limit": 9} for name in strategies]
    page = api.public.post("/v1/decisions", json={"visitor_id": visitor, "lists": lists}).json()
    shown = groups_of(*page["lists"].values())
    assert len(shown) == len(set(shown))
    api.post(event("purchase", visitor, "coat1-l", params={"transaction_id": f"t-{visitor}", "value": 91}))
    for strategy in strategies:
        assert "coat1" not in groups_of(api.recommend(visitor_id=visitor, strategy=strategy, limit=30))


@pytest.mark.usefixtures("coats")
def test_an_event_may_name_a_product_by_its_groups_id(api: Api) -> None:
    looking, buying = new_visitor(), new_visitor()
    api.post(event("view_item", looking, "coat6"))
    first = api.recommend(visitor_id=looking, limit=1)["items"][0]
    assert first["category"] == "Outdoor > Hats"
    api.post(event("purchase", buying, "coat6", params={"transaction_id": f"t-{buying}", "value": 96}))
    assert "coat6" not in groups_of(api.recommend(visitor_id=buying, strategy="new", limit=100))
    filling = new_visitor()
    api.post(event("add_to_cart", filling, "coat7"))
    body = {"list": {"strategy": "similar", "limit": 20}, "visitor_ids": [filling]}
    mailed = api.secret.post("/v1/recommendations/batch", json=body).json()["lists"][0]
    found = groups_of(mailed)
    assert "coat7" not in found
    assert len(found) == len(set(found)) == 20
