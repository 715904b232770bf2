"""Slots over HTTP: each creative once, with the chance it had, and moved by what its visitor looks at."""

from collections import Counter

import pytest

from tests.api.conftest import Api, event, new_visitor

SLOT_FIELDS = {
    "creative_id",
    "campaign_id",
    "image_link",
    "link",
    "headline",
    "position",
    "selection_probability",
    "reason",
}


def test_slots_are_distinct_and_their_chances_add_up(api: Api) -> None:
    answer = api.public.get("/v1/slots/hero", params={"visitor_id": new_visitor()}).json()
    assert (answer["placement"], answer["tier"]) == ("hero", "static")
    assert "even rotation" in answer["reason"]
    slots = answer["slots"]
    assert [slot["position"] for slot in slots] == [0, 1, 2, 3]
    assert len({slot["creative_id"] for slot in slots}) == 4
    assert len({slot["campaign_id"] for slot in slots}) == 4
    for slot in slots:
        assert slot.keys() >= SLOT_FIELDS
    # Nothing known: every creative of a campaign not shown yet has the same chance, 12, 9, 6 and 3 of them.
    assert [slot["selection_probability"] for slot in slots] == pytest.approx([1 / 12, 1 / 9, 1 / 6, 1 / 3], abs=1e-5)
    assert len(api.public.get("/v1/slots/hero", params={"count": 12}).json()["slots"]) == 12
    assert len(api.public.get("/v1/slots/hero", params={"count": 20}).json()["slots"]) == 12


def test_new_visitors_see_all_creatives_evenly(api: Api) -> None:
    first = Counter(
        api.public.get("/v1/slots/hero", params={"visitor_id": f"even-{number}", "count": 1}).json()["slots"][0][
            "creative_id"
        ]
        for number in range(600)
    )
    assert len(first) == 12
    assert max(first.values()) < 90  # 50 expected; five standard deviations above
    assert min(first.values()) > 15


def test_slots_move_with_what_is_looked_at_and_hold_otherwise(api: Api) -> None:
    moved = 0
    visitors = [new_visitor() for _ in range(20)]
    for visitor in visitors:
        api.post(*(event("view_item", visitor, f"p{number}") for number in (1, 7, 13)))
    api.wait_until_learned()  # models that are swapped between two requests move their chances
    for visitor in visitors:
        answer = api.public.get("/v1/slots/hero", params={"visitor_id": visitor}).json()
        assert answer["tier"] == "session"
        same = api.public.get("/v1/slots/hero", params={"visitor_id": visitor}).json()
        assert answer["slots"] == same["slots"]
        sport = {f"c{number}" for number in range(12) if number % 3 == 1}
        first = answer["slots"][0]
        moved += first["creative_id"] in sport
        if first["creative_id"] in sport:
            assert first["reason"] == "you looked at Sport lately"
    assert moved >= 8  # 1 in 3 would be chance


def test_a_clicked_slot_says_what_its_visitor_likes(api: Api) -> None:
    visitor = new_visitor()
    clicked = {"promotion_id": "k1", "creative_name": "c1", "creative_slot": "hero:0"}
    api.post(event("select_promotion", visitor, params=clicked))
    answer = api.recommend(visitor_id=visitor, limit=5)
    assert answer["tier"] == "session"
    assert {item["category"].split(" > ")[0] for item in answer["items"]} == {"Sport"}
    slots = api.public.get("/v1/slots/hero", params={"visitor_id": visitor}).json()
    assert slots["tier"] == "session"
    assert any(slot["reason"] == "you looked at Sport lately" for slot in slots["slots"])
    seen = api.secret.get(f"/v1/visitors/{visitor}").json()
    assert [(recent["creative_id"], recent["event"]) for recent in seen["recent_items"]] == [("c1", "select_promotion")]
    assert seen["interests"]["15m"]["categories"][0]["category"] == "Sport"
    assert api.ids(visitor_id=visitor, strategy="recently_viewed", refill=False) == []
    assert len(api.ids(visitor_id=visitor, strategy="similar", limit=20)) == 20
    api.wait_until_learned()
    assert api.recommend(visitor_id=visitor, limit=5)["items"][0]["category"].startswith("Sport")


def test_slots_obey_campaigns_and_switches(api: Api) -> None:
    api.secret.put("/v1/campaigns/k0", json={"ends_at": "2020-01-01T00:00:00Z"}).raise_for_status()
    api.secret.put(
        "/v1/creatives/c1", json={**api.secret.get("/v1/creatives/c1").json(), "enabled": False}
    ).raise_for_status()
    api.put_items({"item_id": "only", "availability": "out_of_stock"})
    creative = api.secret.get("/v1/creatives/c2").json()
    api.secret.put("/v1/creatives/c2", json={**creative, "item_ids": ["only"]}).raise_for_status()
    shown = {slot["creative_id"] for slot in api.public.get("/v1/slots/hero", params={"count": 12}).json()["slots"]}
    assert shown == {f"c{number}" for number in range(12)} - {"c0", "c4", "c8", "c1", "c2"}
    api.secret.put("/v1/campaigns/k0", json={}).raise_for_status()
    api.secret.put("/v1/creatives/c1", json={**api.secret.get("/v1/creatives/c1").json(), "enabled": True})
    api.secret.put("/v1/creatives/c2", json=creative).raise_for_status()
    api.secret.delete("/v1/catalog/items/only").raise_for_status()
    assert len(api.public.get("/v1/slots/hero", params={"count": 12}).json()["slots"]) == 12


def test_who_comes_by_a_campaign_sees_it_for_that_visit(api: Api) -> None:
    api.secret.put("/v1/campaigns/k2", json={"name": "Campaign 2", "aliases": ["spring-ad"]}).raise_for_status()
    seen: Counter[bool] = Counter()
    first: list[str] = []
    for _ in range(30):
        visitor = new_visitor()
        api.post(event("page_view", visitor, context={"page": {"url": "https://shop.example/?utm_campaign=Spring-Ad"}}))
        slots = api.public.get("/v1/slots/hero", params={"visitor_id": visitor}).json()
        assert slots["campaign_id"] == "k2"
        seen[slots["echo"]] += 1
        answer = api.recommend(visitor_id=visitor, limit=6)
        if slots["echo"]:
            assert [item["reason"] for item in answer["items"][:3]] == ["you came by the campaign Campaign 2"] * 3
            first.append(slots["slots"][0]["campaign_id"])
    assert seen[True] > seen[False], "a tenth get no echo"
    assert first.count("k2") > len(first) / 2
    other = new_visitor()
    api.post(event("page_view", other, context={"page": {"url": "https://shop.example/?utm_campaign=unknown"}}))
    assert api.recommend(visitor_id=other)["campaign_id"] is None


@pytest.mark.parametrize(
    ("path", "status", "named"),
    [
        ("/v1/slots/attic", 404, "attic"),
        ("/v1/slots/hero?count=99", 422, "99"),
    ],
)
def test_a_wrong_question_is_a_problem_that_names_the_value(api: Api, path: str, status: int, named: str) -> None:
    response = api.public.get(path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert named in response.json()["detail"]
