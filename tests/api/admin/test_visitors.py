"""/v1/visitors over HTTP: explained, and erased for good."""

from urllib.parse import quote

import pytest

from tests.api.conftest import Api, event, new_visitor


def test_a_profile_is_explained(api: Api) -> None:
    visitor = new_visitor()
    landing = {
        "page": {"url": "https://shop.example/?utm_source=mail&utm_medium=email&utm_campaign=spring"},
    }
    api.post(
        event("page_view", visitor, context=landing, session_id="s1", timestamp="2026-01-01T10:00:00Z"),
        event("view_item", visitor, "p0", session_id="s1", timestamp="2026-01-01T10:01:00Z"),
        event("view_item", visitor, "p6", session_id="s1", timestamp="2026-01-01T10:02:00Z"),
        event("add_to_cart", visitor, {"item_id": "p6", "quantity": 3, "price": 16}, timestamp="2026-01-01T10:03:00Z"),
        event("view_item", visitor, "p12", timestamp="2026-01-02T10:00:00Z", user_id="u-1"),
        event("purchase", visitor, "p12", timestamp="2026-01-02T10:05:00Z", params={"transaction_id": "t1"}),
    )
    seen = api.secret.get(f"/v1/visitors/{visitor}").json()
    assert (seen["events_seen"], seen["sessions"], seen["user_id"]) == (6, 2, "u-1")
    assert seen["session"]["events"] == 2
    assert seen["counts"] == {"page_view": 1, "view_item": 3, "add_to_cart": 1, "purchase": 1}
    assert seen["first_touch"] == seen["last_touch"]
    assert (seen["first_touch"]["source"], seen["first_touch"]["campaign"]) == ("mail", "spring")
    assert [recent["item_id"] for recent in seen["recent_items"]] == ["p12", "p6", "p0"]
    assert seen["recent_items"][0]["event"] == "purchase"
    assert [(line["item_id"], line["quantity"]) for line in seen["cart"]] == [("p6", 3)]
    assert [(bought["item_id"], bought["order_id"]) for bought in seen["bought"]] == [("p12", "t1")]
    assert seen["interests"].keys() == {"15m", "24h", "30d"}
    for kinds in seen["interests"].values():
        assert kinds["categories"][0]["category"] in ("Home", "Home > Home 0")
        assert sum(brand["weight"] for brand in kinds["brands"]) == pytest.approx(1.0, abs=0.01)
        assert kinds["price_bands"]
    assert seen["storage"]["profile_bytes"] < 1_600  # with the device's part, and the visitor's own apart from it
    assert seen["for_you"]["tier"] == "personalized"


def test_interests_are_told_apart(api: Api) -> None:
    visitor = new_visitor()
    api.post(
        *(event("view_item", visitor, f"p{number}") for number in (1, 7, 13, 19)), event("view_item", visitor, "p5")
    )
    categories = api.secret.get(f"/v1/visitors/{visitor}").json()["interests"]["15m"]["categories"]
    weights = {category["category"]: category["weight"] for category in categories}
    assert weights["Sport > Sport 0"] > weights["Books > Books 1"] > 0


def test_an_unknown_visitor_is_a_problem(api: Api) -> None:
    response = api.secret.get("/v1/visitors/nobody-ever")
    assert (response.status_code, response.json()["code"]) == (404, "visitor_unknown")
    assert "nobody-ever" in response.json()["detail"]


@pytest.mark.parametrize("visitor", ["a b", "a/b", "ä-😀", "x" * 128, "?", "#1", "100%"])
def test_any_printable_id_is_a_visitor(api: Api, visitor: str) -> None:
    api.post(event("view_item", visitor, "p1"))
    seen = api.secret.get(f"/v1/visitors/{quote(visitor, safe='')}").json()
    assert seen["visitor_id"] == visitor
    assert api.recommend(visitor_id=visitor)["visitor_id"] == visitor
    assert api.secret.delete(f"/v1/visitors/{quote(visitor, safe='')}").status_code == 204


def test_an_erased_visitor_is_new_at_once_and_stays_so(api: Api) -> None:
    visitor = new_visitor()
    api.post(event("view_item", visitor, "p0"), event("add_to_cart", visitor, "p6"))
    assert api.secret.delete(f"/v1/visitors/{visitor}").status_code == 204
    assert api.secret.get(f"/v1/visitors/{visitor}").status_code == 404
    answer = api.recommend(visitor_id=visitor, limit=100)
    assert answer["state"]["events_seen"] == 0
    assert answer["tier"] in ("popular", "static")
    assert "p6" in [item["item_id"] for item in answer["items"]]
    api.wait_until_learned()  # the stream has read the events before the erasure and the erasure itself
    assert api.secret.get(f"/v1/visitors/{visitor}").status_code == 404
    api.post(event("view_item", visitor, "p3"))
    assert api.secret.get(f"/v1/visitors/{visitor}").json()["events_seen"] == 1
    api.wait_until_learned()
    seen = api.secret.get(f"/v1/visitors/{visitor}").json()
    assert seen["events_seen"] == 1
    assert [recent["item_id"] for recent in seen["recent_items"]] == ["p3"]


def test_erasing_nobody_is_no_error(api: Api) -> None:
    assert api.secret.delete(f"/v1/visitors/{new_visitor()}").status_code == 204
