"""Mail lists by segment over HTTP: every member once, whatever happens between two pages."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.conftest import Api, event, new_visitor


@pytest.fixture
def members(api: Api) -> Iterator[list[str]]:
    """Seven visitors of the segment `mailed`, sorted; it is gone afterwards."""
    visitors = sorted(new_visitor() for _ in range(7))
    rule = {"source": {"campaign": f"mail-{visitors[0]}"}}
    assert api.secret.put("/v1/segments/mailed", json={"rule": rule}).status_code == 200
    landing = {"page_location": f"https://shop.example/?utm_campaign=mail-{visitors[0]}&utm_medium=email&utm_source=x"}
    api.post(*(event("page_view", visitor, params=landing) for visitor in visitors), event("page_view", new_visitor()))
    api.post(*(event("view_item", visitor, "p3") for visitor in visitors))
    deadline_s = time.monotonic() + 10
    while api.secret.get("/v1/segments/mailed").json()["count"] < len(visitors):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    yield visitors
    assert api.secret.delete("/v1/segments/mailed").status_code == 204


def mail(api: Api, **body: Any) -> dict[str, Any]:
    """Ask for a page."""
    response = api.secret.post("/v1/recommendations/batch", json={"list": {"limit": 2}, **body})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def test_a_segment_comes_page_by_page_each_visitor_once(api: Api, members: list[str]) -> None:
    first = mail(api, segment="mailed", limit=3)
    assert (first["total"], [entry["visitor_id"] for entry in first["lists"]]) == (7, members[:3])
    assert all(len(entry["items"]) == 2 and entry["decision_id"] for entry in first["lists"])
    # Between the pages one visitor unsubscribes, one is erased, one leaves the segment, and one comes in.
    api.post(event("email_unsubscribed", members[3], params={"campaign": "spring"}))
    assert api.secret.delete(f"/v1/visitors/{members[4]}").status_code in (202, 204)
    campaign = f"mail-{members[0]}"
    landing = {"page_location": f"https://shop.example/?utm_campaign={campaign}&utm_medium=email&utm_source=x"}
    api.post(event("page_view", new_visitor(), params=landing))
    api.wait_until_learned()
    second = mail(api, segment="mailed", limit=3, cursor=first["next_cursor"])
    assert [entry["visitor_id"] for entry in second["lists"]] == [members[5]]
    assert second["left_out"] == [
        {"visitor_id": members[3], "why": "unsubscribed"},
        {"visitor_id": members[4], "why": "unknown"},
    ]
    third = mail(api, segment="mailed", limit=3, cursor=second["next_cursor"])
    assert [entry["visitor_id"] for entry in third["lists"]] == [members[6]]
    assert (third["next_cursor"], third["total"]) == (None, 7)
    again = mail(api, segment="mailed", limit=3, cursor=first["next_cursor"])
    assert [entry["visitor_id"] for entry in again["lists"]] == [members[5]], "a page may be asked for again"


def test_consent_counts_for_visitors_named_too_and_may_come_back(api: Api) -> None:
    visitor, other = new_visitor(), new_visitor()
    api.post(event("email_unsubscribed", visitor))
    found = mail(api, visitor_ids=[visitor, other])
    assert [entry["visitor_id"] for entry in found["lists"]] == [other]
    assert found["left_out"] == [{"visitor_id": visitor, "why": "unsubscribed"}]
    api.post(event("email_subscribed", visitor), event("complaint_made", other, params={"case_id": "c1"}))
    found = mail(api, visitor_ids=[visitor, other])
    assert found["left_out"] == [{"visitor_id": other, "why": "complaint_open"}]
    api.post(event("complaint_resolved", other, params={"case_id": "c1"}))
    assert [entry["visitor_id"] for entry in mail(api, visitor_ids=[visitor, other])["lists"]] == [visitor, other]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"segment": "nobody-made-it"}, 404, "segment_unknown"),
        ({"segment": "no spaces"}, 422, "segment_id_invalid"),
        ({"segment": "mailed", "visitor_ids": ["v1"]}, 422, "ids_invalid"),
        ({"segment": "mailed", "limit": 501}, 422, "parameter_invalid"),
        ({"segment": "mailed", "cursor": "next"}, 422, "cursor_invalid"),
        ({"segment": "mailed", "cursor": "0123456789abcdef:3"}, 422, "cursor_unknown"),
        ({"visitor_ids": ["v1"], "cursor": "0123456789abcdef:3"}, 422, "segment_missing"),
        ({}, 422, "ids_invalid"),
    ],
)
def test_what_does_not_fit_is_named(api: Api, body: dict[str, Any], status: int, code: str) -> None:
    response = api.secret.post("/v1/recommendations/batch", json=body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert api.public.post("/v1/recommendations/batch", json=body).json()["code"] == "key_public"


def test_one_list_for_each_of_many_visitors(api: Api) -> None:
    visitors = [new_visitor() for _ in range(60)]
    api.post(*(event("view_item", visitor, f"p{number % 6}") for number, visitor in enumerate(visitors)))
    api.wait_until_learned()
    asked = {"visitor_ids": [*visitors, "nobody-knows"], "list": {"strategy": "for_you", "limit": 4}}
    assert api.public.post("/v1/recommendations/batch", json=asked).status_code == 403
    lists = api.secret.post("/v1/recommendations/batch", json=asked).json()["lists"]
    assert [visitor["visitor_id"] for visitor in lists] == asked["visitor_ids"]
    assert len({entry["decision_id"] for entry in lists}) == len(lists)
    for number, visitor in enumerate(visitors[:12]):
        single = api.ids(visitor_id=visitor, limit=4)
        assert [item["item_id"] for item in lists[number]["items"]] == single
    assert [listed["tier"] for listed in lists[-2:]] == ["session", "popular"]
    wrong: list[dict[str, Any]] = [
        {"visitor_ids": []},
        {"visitor_ids": ["v"] * 501},
        {"visitor_ids": ["v"], "list": {"limit": 0}},
        {"who": 1},
    ]
    for body in wrong:
        assert api.secret.post("/v1/recommendations/batch", json=body).status_code == 422
