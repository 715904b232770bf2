"""POST /v1/rank over HTTP: a search result in the visitor's order, with an id that its clicks send back."""

from typing import Any

import pytest

from tests.api.conftest import Api, event, new_visitor

ASKED = ["p1", "p4", "p8", "p13", "nothing"]


def ranked(api: Api, **body: Any) -> dict[str, Any]:
    """An answer."""
    response = api.public.post("/v1/rank", json={"items": ASKED, **body})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_a_search_result_follows_the_visitor(api: Api) -> None:
    visitor = new_visitor()
    as_it_came = ranked(api, visitor_id=visitor, weight=1)
    assert [item["item_id"] for item in as_it_came["items"]] == ASKED[:-1]
    assert as_it_came["left_out"] == [{"item_id": "nothing", "code": "unknown"}]
    api.post(*(event("view_item", visitor, "p7") for _ in range(3)))
    followed = ranked(api, visitor_id=visitor, weight=0)
    assert (followed["personalized"], followed["tier"]) == (True, "session")
    assert followed["items"][0]["reason"]
    assert followed["decision_id"].endswith(".rank")
    scored = [{"item_id": name, "score": place} for place, name in enumerate(ASKED)]
    backwards = ranked(api, visitor_id=visitor, items=scored, weight=1)
    assert [item["item_id"] for item in backwards["items"]] == ASKED[-2::-1]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"items": []}, "items_invalid"),
        ({"items": ["p1"] * 1_001}, "items_invalid"),
        ({"items": "p1"}, "items_invalid"),
        ({"items": [7]}, "items_invalid"),
        ({"items": [""]}, "items_invalid"),
        ({"items": [{"item_id": "p1", "boost": 2}]}, "items_invalid"),
        ({"items": [{"item_id": "p1", "score": 1}, "p2"]}, "items_invalid"),
        ({"items": [{"item_id": "p1", "score": "much"}]}, "parameter_invalid"),
        ({"weight": 2}, "parameter_invalid"),
        ({"colour": "red"}, "field_unknown"),
    ],
)
def test_what_cannot_be_ranked_is_named(api: Api, body: dict[str, Any], code: str) -> None:
    response = api.public.post("/v1/rank", json={"items": ASKED, **body})
    assert (response.status_code, response.json()["code"]) == (422, code)


def test_denied_storage_ranks_by_the_page_alone(api: Api) -> None:
    visitor = new_visitor()
    api.post(event("view_item", visitor, "p7"))
    denied = ranked(api, visitor_id=visitor, consent="none")
    assert (denied["personalized"], denied["not_personalized_because"]) == (False, "consent_denied")
    beside = ranked(api, visitor_id=visitor, consent="none", item_id="p7", weight=0)
    assert beside["tier"] == "session"
