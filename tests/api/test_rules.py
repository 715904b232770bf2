"""Rules over HTTP: put, previewed for a visitor, live from the next request on, taken back."""

from tests.api.conftest import Api, event, new_visitor


def test_a_rule_is_previewed_and_then_lives_until_it_is_taken_back(api: Api) -> None:
    visitor = new_visitor()
    api.post(event("view_item", visitor, "p1"))
    before = api.ids(visitor_id=visitor, limit=6)
    rule = {"action": "pin", "item_ids": ["p59"], "position": 1, "strategies": ["for_you"]}
    asked = {"visitor_id": visitor, "list": {"limit": 6}, "rules": [{"rule_id": "draft", **rule}]}
    preview = api.secret.post("/v1/rules/preview", json=asked).json()
    assert [item["item_id"] for item in preview["before"]["items"]] == before
    expected = [before[0], "p59", *before[1:5]]
    assert [item["item_id"] for item in preview["after"]["items"]] == expected
    assert api.ids(visitor_id=visitor, limit=6) == before, "a preview changes nothing"
    assert api.public.post("/v1/rules/preview", json=asked).status_code == 403
    assert api.secret.put("/v1/rules/live", json=rule).status_code == 200
    assert api.ids(visitor_id=visitor, limit=6) == expected
    assert api.secret.get("/v1/rules/live").json()["action"] == "pin"
    refused = api.secret.put("/v1/rules/live", json={**rule, "action": "push"})
    assert (refused.status_code, "push" in refused.json()["detail"]) == (422, True)
    assert api.secret.delete("/v1/rules/live").status_code == 204
    assert api.ids(visitor_id=visitor, limit=6) == before
