"""Buy again on a running stack: what a visitor orders by habit comes back, with its reason, unless taken back."""

import time
from datetime import UTC, datetime

from tests.api.conftest import Api, event, new_visitor

DAY_S = 86_400.0


def _days_ago(days: float) -> str:
    return datetime.fromtimestamp(time.time() - days * DAY_S, UTC).isoformat()


def _order(visitor: str, order: str, days: float, *items: str, name: str = "purchase") -> dict[str, object]:
    moment = _days_ago(days)
    return event(name, visitor, *items, params={"transaction_id": f"{visitor}-{order}"}, timestamp=moment)


def test_a_habit_comes_back_with_its_rhythm_before_and_after_it_is_learned(api: Api) -> None:
    visitor = new_visitor()
    api.post(*(_order(visitor, f"o{week}", 7 * week, "p21") for week in (4, 3, 2, 1)))
    api.post(_order(visitor, "sofa", 40, "p22"))
    for _ in range(2):
        answer = api.recommend(visitor_id=visitor, strategy="buy_again", limit=5)
        assert answer["tier"] == "personalized"
        first = answer["items"][0]
        assert (first["item_id"], first["reason"]) == ("p21", "you bought it 4 times, about every 7 days")
        assert len(answer["items"]) == 5
        own = api.recommend(visitor_id=visitor, strategy="buy_again", refill=False)
        assert [item["item_id"] for item in own["items"]] == ["p21", "p22"]
        assert own["items"][1]["reason"] == "you bought it once"
        assert "p21" not in api.ids(visitor_id=visitor, strategy="for_you", limit=100)
        api.wait_until_learned()
    api.post(event("add_to_cart", visitor, "p21"))
    assert api.ids(visitor_id=visitor, strategy="buy_again", refill=False) == ["p22"]


def test_an_order_taken_back_is_no_habit(api: Api) -> None:
    visitor = new_visitor()
    api.post(*(_order(visitor, f"o{week}", 40 + 7 * week, "p23", "p24") for week in (2, 1)))
    api.post(_order(visitor, "o1", 40, "p24", name="refund"))
    seen = api.secret.get(f"/v1/visitors/{visitor}").json()
    assert [(habit["item_id"], habit["count"], habit["every_days"]) for habit in seen["habits"]] == [
        ("p23", 2, 7.0), ("p24", 1, None),
    ]  # fmt: skip
    api.post(_order(visitor, "o1", 40, name="order_cancelled"), _order(visitor, "o2", 40, name="order_cancelled"))
    assert api.recommend(visitor_id=visitor, strategy="buy_again")["tier"] == "popular"
    assert api.secret.get(f"/v1/visitors/{visitor}").json()["habits"] == []


def test_the_description_names_the_strategy(api: Api) -> None:
    paths = api.public.get("/openapi.json").json()["paths"]
    (parameter,) = [
        parameter for parameter in paths["/v1/recommendations"]["get"]["parameters"] if parameter["name"] == "strategy"
    ]  # fmt: skip
    assert {"buy_again", "bundles"} <= set(parameter["schema"]["enum"])
