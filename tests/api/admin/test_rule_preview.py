"""Rules over HTTP: put, previewed for a visitor, live from the next request on, taken back."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

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


@pytest.fixture
def lookers(api: Api) -> Iterator[str]:
    """A segment of those who looked at two products of Brand 3; gone afterwards."""
    rule = {"interest": {"brand": "Brand 3", "items": 2}}
    assert api.secret.put("/v1/segments/lookers", json={"rule": rule}).status_code == 200
    yield "lookers"
    assert api.secret.delete("/v1/segments/lookers").status_code == 204


def test_a_rule_for_an_audience_and_a_region_holds_from_the_moment_a_visitor_belongs(api: Api, lookers: str) -> None:
    visitor = new_visitor()
    pin = {"action": "pin", "item_ids": ["p58"], "audience": {"any": [lookers]}, "region": "DE"}
    slot = {"action": "pin", "creative_ids": ["c11"], "placements": ["hero"], "audience": {"all": [lookers]}}
    try:
        assert api.secret.put("/v1/rules/own", json=pin).status_code == 200
        assert api.secret.put("/v1/rules/own-slot", json=slot).status_code == 200

        def first() -> tuple[str, str]:
            slots = api.public.get("/v1/slots/hero", params={"visitor_id": visitor}).json()["slots"]
            return api.ids(visitor_id=visitor, limit=3)[0], slots[0]["reason"]

        api.post(event("view_item", visitor, "p3", context={"country": "DE", "region": "BE"}))
        api.wait_until_learned()
        assert first()[0] != "p58"
        assert first()[1] != "pinned by a rule"
        api.post(event("view_item", visitor, "p7"))
        deadline_s = time.monotonic() + 5
        while first()[0] != "p58":
            assert time.monotonic() < deadline_s, "membership follows the event within a second or two"
            time.sleep(0.05)
        assert first()[1] == "pinned by a rule"
        api.post(event("view_item", visitor, "p7", context={"country": "AT"}))
        assert first()[0] != "p58", "another region, at once"
        assert first()[1] == "pinned by a rule"
    finally:
        for rule in ("own", "own-slot"):
            assert api.secret.delete(f"/v1/rules/{rule}").status_code == 204


def _preview(api: Api, **body: Any) -> tuple[list[str], list[str]]:
    response = api.secret.post("/v1/rules/preview", json=body)
    assert response.status_code == 200, response.text
    both = response.json()
    name, key = ("slots", "creative_id") if "placement" in body else ("items", "item_id")
    before, after = ([entry[key] for entry in both[side][name]] for side in ("before", "after"))
    return before, after


def test_rules_are_tried_on_a_visitor_made_up(api: Api, lookers: str) -> None:
    rule = {"rule_id": "draft", "action": "pin", "item_ids": ["p57"], "strategies": ["new"]}
    asked: dict[str, Any] = {"list": {"strategy": "new", "limit": 4}}
    plain, pinned = _preview(api, rules=[rule], **asked)
    assert pinned == ["p57", *[item_id for item_id in plain if item_id != "p57"][:3]]
    for recipient, other, fields in (
        ({"segments": [lookers]}, {"segments": []}, {"audience": {"any": [lookers]}}),
        ({"region": "DE-BE"}, {"region": "AT"}, {"region": ["DE"]}),
        ({"device": "tablet"}, {"device": "mobile"}, {"devices": ["tablet"]}),
        ({"at": "2027-12-24"}, {"at": "2027-12-26"}, {"starts_at": "2027-12-24", "ends_at": "2027-12-25"}),
    ):
        drafts = [{**rule, **fields}]
        assert _preview(api, rules=drafts, view_as=recipient, **asked) == (plain, pinned)
        assert _preview(api, rules=drafts, view_as=other, **asked) == (plain, plain)
        assert _preview(api, rules=drafts, **asked) == (plain, plain), "a new visitor is none of these"
    echoed = api.secret.post("/v1/rules/preview", json={"view_as": {"campaign": "k1"}, "placement": "hero"}).json()
    assert echoed["before"]["reason"] == "you came by the campaign k1"
    seen = _preview(api, view_as={"items": ["p1", "p4"]}, list={"limit": 4})[0]
    assert seen != _preview(api, list={"limit": 4})[0]
    cap = {"rule_id": "draft", "action": "cap", "placements": ["hero"], "per_category": 1}
    before, after = _preview(api, rules=[cap], placement="hero")
    assert (len(before), len(after)) == (4, 3), "three categories"
    visitor = new_visitor()
    api.post(event("view_item", visitor, "p1"))
    known = _preview(api, visitor_id=visitor, rules=[{**rule, "region": "CH"}], view_as={"region": "CH"}, **asked)
    assert known == (plain, pinned)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"view_as": {"segments": ["nobody-made-it"]}}, "segment_unknown"),
        ({"view_as": {"device": "watch"}}, "device_invalid"),
        ({"view_as": {"region": 49}}, "region_invalid"),
        ({"view_as": {"at": "soon"}}, "at_invalid"),
        ({"view_as": {"campaign": "none"}}, "campaign_unknown"),
        ({"view_as": {"mood": "good"}}, "field_unknown"),
        ({"view_as": "v-1"}, "view_as_invalid"),
        ({"placement": "hero", "list": {}}, "placement_invalid"),
        ({"placement": "attic"}, "placement_unknown"),
        ({"placement": "hero", "count": 0}, "parameter_invalid"),
    ],
)
def test_a_preview_names_what_does_not_fit(api: Api, body: dict[str, Any], code: str) -> None:
    response = api.secret.post("/v1/rules/preview", json=body)
    assert response.status_code in (404, 422)
    assert response.json()["code"] == code


def test_an_audience_of_a_segment_nobody_made_is_refused(api: Api) -> None:
    response = api.secret.put(
        "/v1/rules/odd", json={"action": "bury", "brand": "Brand 1", "audience": {"none": ["nobody-made-it"]}}
    )
    assert (response.status_code, response.json()["code"]) == (422, "segment_unknown")
    many = [{"rule_id": "odd", "action": "bury", "brand": "Brand 1", "audience": {"none": ["nobody-made-it"]}}]
    refused = api.secret.put("/v1/rules", json={"rules": many}).json()
    assert (refused["accepted"], refused["rejected"][0]["code"]) == (0, "segment_unknown")
