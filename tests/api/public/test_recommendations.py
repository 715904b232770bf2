"""Lists over HTTP: true at the very next request, as long as asked, and each item says why."""

from collections import Counter
from typing import Any

import pytest

from models.catalog.strategies import STRATEGIES
from models.decisions.recommend import UNPADDED
from tests.api.conftest import PRODUCTS, Api, event, new_visitor, product

LIST_FIELDS = {"decision_id", "visitor_id", "strategy", "tier", "reason", "state", "items"}
ITEM_FIELDS = {
    "item_id",
    "position",
    "score",
    "reason",
    "title",
    "price",
    "sale_price",
    "currency",
    "image_link",
    "link",
    "availability",
    "learner",
    "because_item_id",
}


def test_an_answer_has_the_shape_that_is_documented(api: Api) -> None:
    visitor = new_visitor()
    api.post(event("view_item", visitor, "p1", timestamp="2026-01-02T03:04:05Z"))
    answer = api.recommend(visitor_id=visitor, strategy="for_you", limit=5)
    assert answer.keys() >= LIST_FIELDS
    assert (answer["visitor_id"], answer["strategy"], answer["tier"]) == (visitor, "for_you", "session")
    assert answer["state"]["events_seen"] == 1
    assert answer["state"]["as_of"] == "2026-01-02T03:04:05.000Z"
    assert 0 <= answer["state"]["freshness_ms"] <= answer["state"]["age_ms"] + 1
    assert [item["position"] for item in answer["items"]] == [0, 1, 2, 3, 4]
    for item in answer["items"]:
        assert item.keys() >= ITEM_FIELDS
        assert item["reason"]
    again = api.recommend(visitor_id=visitor)
    assert again["state"]["freshness_ms"] is None  # the event was used before
    assert again["decision_id"] != answer["decision_id"]


@pytest.mark.parametrize("strategy", [strategy for strategy in STRATEGIES if strategy not in UNPADDED])
def test_lists_are_as_long_as_asked_and_hold_nothing_twice(api: Api, strategy: str) -> None:
    visitor = new_visitor()
    api.post(event("view_item", visitor, "p1"), event("view_item", visitor, "p7"))
    for limit in (1, 7, PRODUCTS - 1):
        ids = api.ids(visitor_id=visitor, strategy=strategy, item_id="p1", limit=limit)
        assert len(ids) == len(set(ids)) == limit
        assert "p1" not in ids
    within = api.recommend(visitor_id=visitor, strategy=strategy, category="Home > Home 0", limit=100)
    assert {item["category"] for item in within["items"]} == {"Home > Home 0"}
    assert len(within["items"]) == 10


@pytest.mark.parametrize("strategy", [strategy for strategy in STRATEGIES if strategy not in UNPADDED])
def test_what_may_not_be_shown_is_gone_at_the_next_request_and_back_when_undone(api: Api, strategy: str) -> None:
    for _ in range(5):
        visitor = new_visitor()
        api.post(event("view_item", visitor, "p4"), event("view_item", visitor, "p10"))

        def shown(visitor: str = visitor) -> set[str]:
            return set(api.ids(visitor_id=visitor, strategy=strategy, item_id="p40", limit=100))

        everything = shown()
        assert len(everything) == PRODUCTS - 1
        api.post(event("add_to_cart", visitor, {"item_id": "p10", "quantity": 2}))
        assert shown() == everything - {"p10"}
        api.post(event("remove_from_cart", visitor, {"item_id": "p10", "quantity": 1}))
        assert shown() == everything - {"p10"}
        api.post(event("remove_from_cart", visitor, {"item_id": "p10", "quantity": 1}))
        assert shown() == everything
        api.post(event("purchase", visitor, "p10", "p16", params={"transaction_id": f"t-{visitor}", "value": 1}))
        assert shown() == everything - {"p10", "p16"}
        api.post(event("refund", visitor, "p16", params={"transaction_id": f"t-{visitor}"}))
        assert shown() == everything - {"p10"}
        api.post(event("refund", visitor, params={"transaction_id": f"t-{visitor}"}))
        assert shown() == everything
        api.post(event("order_created", visitor, "p22", params={"order_id": f"o-{visitor}"}))
        assert shown() == everything - {"p22"}
        api.post(event("order_cancelled", visitor, params={"order_id": f"o-{visitor}"}))
        assert shown() == everything


@pytest.mark.parametrize(
    "change",
    [
        {"availability": "out_of_stock"},
        {"hidden": True},
        {"available_from": "2999-01-01"},
        {"expiration_date": "2001-01-01"},
    ],
)
def test_the_catalog_counts_as_it_is_now(api: Api, change: dict[str, Any]) -> None:
    item = api.secret.get("/v1/catalog/items/p5").json()
    visitor = new_visitor()
    assert "p5" in api.ids(visitor_id=visitor, limit=100)
    api.secret.put("/v1/catalog/items/p5", json={**item, **change}).raise_for_status()
    assert "p5" not in api.ids(visitor_id=visitor, limit=100)
    assert len(api.ids(limit=100)) == PRODUCTS - 1  # and for nobody in particular
    api.secret.put("/v1/catalog/items/p5", json=item).raise_for_status()
    assert "p5" in api.ids(visitor_id=visitor, limit=100)


def test_a_new_product_can_be_recommended_at_once_and_leaves_at_once(api: Api) -> None:
    api.put_items({"id": "newcomer", "title": "Newcomer", "price": "5 EUR", "product_type": "Home > Home 1"})
    assert api.ids(strategy="new", limit=1) == ["newcomer"]
    assert api.secret.delete("/v1/catalog/items/newcomer").status_code == 204
    assert "newcomer" not in api.ids(strategy="new", limit=100)


def test_excluded_products_are_left_out(api: Api) -> None:
    assert not {"p0", "p1", "p2"} & set(api.ids(limit=100, exclude=["p0,p1", "p2"]))


def test_someone_new_gets_what_everybody_gets_and_is_told_so(api: Api) -> None:
    for parameters in ({"visitor_id": new_visitor()}, {}):
        answer = api.recommend(**parameters)
        assert answer["tier"] in ("popular", "static")
        assert answer["state"] == {"events_seen": 0, "as_of": None, "age_ms": None, "freshness_ms": None}
        assert "shop" in answer["reason"]


def test_an_empty_site_answers_with_an_empty_list_and_the_reason(other_api: Api) -> None:
    answer = other_api.recommend(visitor_id=new_visitor())
    assert (answer["items"], answer["tier"], answer["reason"]) == ([], "static", "no item may be shown")


def test_for_you_follows_each_click(untaught_api: Api) -> None:
    visitor = new_visitor()
    for number, top in ((1, "Sport"), (2, "Books"), (3, "Home")):
        untaught_api.post(event("view_item", visitor, f"p{number}"), event("view_item", visitor, f"p{number + 24}"))
        answer = untaught_api.recommend(visitor_id=visitor, limit=4)
        assert answer["tier"] == "session"
        tops = Counter(item["category"].split(" > ")[0] for item in answer["items"])
        assert tops[top] >= 1, answer
    only = new_visitor()
    untaught_api.post(*(event("view_item", only, f"p{number}") for number in (0, 6, 12)))
    assert {item["category"] for item in untaught_api.recommend(visitor_id=only, limit=5)["items"]} == {"Home > Home 0"}


def test_similar_shares_the_category(api: Api) -> None:
    answer = api.recommend(strategy="similar", item_id="p0", limit=5)
    assert {item["category"] for item in answer["items"]} == {"Home > Home 0"}
    assert answer["reason"] == "similar to Product 0"


def test_what_others_view_and_buy_together_is_learned(api: Api) -> None:
    for _ in range(6):
        visitor = new_visitor()
        api.post(
            event("view_item", visitor, "p30"),
            event("view_item", visitor, "p35"),
            event("purchase", visitor, "p30", "p41", params={"transaction_id": f"t-{visitor}"}),
            # Orders without either, or there would be nothing to tell a habit from chance by.
            event("purchase", new_visitor(), "p50", params={"transaction_id": f"other-{visitor}"}),
        )
    api.wait_until_learned()
    viewed = api.recommend(strategy="also_viewed", item_id="p30", limit=3)
    assert viewed["items"][0]["item_id"] == "p35"
    assert viewed["items"][0]["reason"] == "viewed together with Product 30"
    bought = api.recommend(strategy="also_bought", item_id="p30", limit=3)
    assert bought["items"][0]["item_id"] == "p41"
    assert bought["items"][0]["reason"] == "bought together with Product 30"
    bundle = api.recommend(strategy="bundles", item_id="p30", limit=3)
    assert [item["item_id"] for item in bundle["items"]] == ["p41"]
    assert bundle["companion_of"] == "p30"
    prices = [api.secret.get(f"/v1/catalog/items/{item_id}").json()["price"] for item_id in ("p30", "p41")]
    assert bundle["joint_price"] == pytest.approx(sum(prices))
    assert "joint_price" not in bought
    trending = api.recommend(strategy="trending", limit=PRODUCTS)
    assert (trending["tier"], trending["reason"]) == ("popular", "trending in the shop")
    tiers = {item["item_id"]: item["tier"] for item in trending["items"]}
    assert (tiers["p30"], tiers["p41"]) == ("popular", "popular")
    scores = [item["score"] for item in trending["items"] if item["tier"] == "popular"]
    assert scores == sorted(scores, reverse=True)


def test_recently_viewed_is_newest_first_and_stays_short_when_asked(api: Api) -> None:
    visitor = new_visitor()
    api.post(*(event("view_item", visitor, item_id) for item_id in ("p3", "p8", "p3", "p9")))
    ids = api.ids(visitor_id=visitor, strategy="recently_viewed", refill=False)
    assert ids == ["p9", "p3", "p8"]
    assert api.ids(visitor_id=visitor, strategy="recently_viewed", limit=20)[:3] == ["p9", "p3", "p8"]


@pytest.mark.parametrize(
    ("path", "status", "named"),
    [
        ("/v1/recommendations?strategy=best", 422, "'best'"),
        ("/v1/recommendations?limit=0", 422, "0"),
        ("/v1/recommendations?limit=101", 422, "101"),
        ("/v1/recommendations?limit=many", 422, "many"),
        ("/v1/recommendations?visitor_id=" + "x" * 200, 422, "visitor_id"),
        ("/v1/nothing", 404, "/v1/nothing"),
    ],
)
def test_a_wrong_question_is_a_problem_that_names_the_value(api: Api, path: str, status: int, named: str) -> None:
    response = api.public.get(path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert named in response.json()["detail"]


def test_each_item_says_why_and_with_explain_all_there_is_to_say(api: Api) -> None:
    visitor = new_visitor()
    for step in range(12):  # others go from p40 to p41
        other = new_visitor()
        api.post(event("view_item", other, "p40"), event("view_item", other, f"p4{1 + step % 2}"))
    api.post(event("view_item", visitor, "p40"))
    api.wait_until_learned()
    answer = api.recommend(visitor_id=visitor, explain="true", limit=20)
    ranked = [item for item in answer["items"] if item["says"]]
    assert {"p41", "p42"} <= {item["item_id"] for item in ranked}
    for item in ranked:
        assert item["learner"] == item["says"][0]["learner"]
    assert {item["because_item_id"] for item in ranked if item["item_id"] in ("p41", "p42")} == {"p40"}
    assert all("says" not in item for item in api.recommend(visitor_id=visitor)["items"])
    refused = api.public.get("/v1/recommendations", params={"visitor_id": visitor, "explain": "maybe"})
    assert (refused.status_code, refused.json()["code"]) == (422, "parameter_invalid")


def test_a_product_nobody_has_touched_is_recommended_as_soon_as_it_is_imported(other_api: Api) -> None:
    visitor = new_visitor()
    scored = [{**product(number), "item_id": f"old{number}"} for number in range(0, 36, 6)]  # one category, by number
    other_api.put_items(*scored)
    for step in range(20):
        other = new_visitor()
        other_api.post(*(event("view_item", other, scored[(step + place) % 6]["item_id"]) for place in range(3)))
    other_api.post(event("view_item", visitor, "old0"), event("view_item", visitor, "old6"))
    other_api.wait_until_learned()
    assert "brand-new" not in other_api.ids(visitor_id=visitor, limit=5)
    other_api.put_items({**product(0), "item_id": "brand-new"})
    found = [item for item in other_api.recommend(visitor_id=visitor, limit=5)["items"] if item["tier"] == "session"]
    assert "brand-new" in [item["item_id"] for item in found]
    assert {item["learner"] for item in found if item["item_id"] == "brand-new"} == {"interests"}
    other_api.secret.delete("/v1/catalog/items/brand-new").raise_for_status()
    for item in scored:
        other_api.secret.delete(f"/v1/catalog/items/{item['item_id']}").raise_for_status()


def test_lists_about_price_over_http(other_api: Api) -> None:
    scored = [
        {**product(0), "item_id": f"pan{price}", "product_type": "Kitchen > Pans", "price": f"{price}.00 EUR"}
        for price in (20, 30, 41, 90)
    ]
    scored[2]["sale_price"] = "35.00 EUR"
    other_api.put_items(*scored)
    visitor = new_visitor()
    other_api.post(event("add_to_cart", visitor, {"item_id": "pan20", "quantity": 1}))
    up = other_api.recommend(visitor_id=visitor, strategy="up_sell", item_id="pan20")
    assert sorted(item["item_id"] for item in up["items"]) == ["pan30", "pan41"]
    assert "pan41" in other_api.ids(visitor_id=visitor, strategy="clearance")
    nudge = other_api.recommend(visitor_id=visitor, strategy="threshold_nudge", threshold="50", limit=2)
    assert (nudge["threshold"], nudge["cart_value"], nudge["missing"]) == (50.0, 20.0, 30.0)
    assert [item["item_id"] for item in nudge["items"]] == ["pan30", "pan41"]
    page = {"visitor_id": visitor, "lists": [{"strategy": "threshold_nudge", "threshold": 50, "limit": 2}]}
    asked = other_api.public.post("/v1/decisions", json=page).json()["lists"]["threshold_nudge"]
    assert asked["missing"] == 30.0
    for given in ("-1", "much", "nan", "1e12"):
        refused = other_api.public.get(
            "/v1/recommendations", params={"strategy": "threshold_nudge", "threshold": given}
        )
        assert refused.status_code == 422
        assert given in refused.json()["detail"]
    for item in scored:
        other_api.secret.delete(f"/v1/catalog/items/{item['item_id']}").raise_for_status()


def test_a_misspelt_parameter_is_told(api: Api) -> None:
    for path, misspelt, meant in (
        ("recommendations", "limits", "did you mean limit?"),
        ("recommendations", "LIMIT", "did you mean limit?"),
        ("recommendations", "product", "item_id"),
        ("slots/hero", "visitorid", "did you mean visitor_id?"),
        ("slots/hero", "visitor", "there are category, consent, count"),
    ):
        response = api.public.get(f"/v1/{path}", params={misspelt: "3"})
        assert (response.status_code, response.json()["code"]) == (422, "parameter_unknown")
        assert meant in response.json()["detail"]
    assert api.public.get("/v1/recommendations", params={"_": "1234567"}).status_code == 200
