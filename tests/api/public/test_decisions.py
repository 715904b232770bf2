"""Whole pages over HTTP: several placements and lists at once, with nothing on the page twice."""

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
