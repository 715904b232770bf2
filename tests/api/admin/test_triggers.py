"""Triggers and contact policy over HTTP: the site's own stand in place of those every site begins with."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.conftest import Api, event, new_visitor

LEAD = {"when": {"event": {"name": "generate_lead", "after": "30m"}}, "purpose": "service"}


@pytest.fixture
def shop(other_api: Api) -> Iterator[Api]:
    """A site without triggers of its own, and left so."""
    yield other_api
    for trigger in other_api.secret.get("/v1/triggers").json()["triggers"]:
        if not trigger["shipped"]:
            assert other_api.secret.delete(f"/v1/triggers/{trigger['trigger_id']}").status_code == 204
    assert other_api.secret.put("/v1/contact-policy", json={}).status_code == 200


def listed(shop: Api) -> dict[str, dict[str, Any]]:
    """All triggers by id."""
    body = shop.secret.get("/v1/triggers").json()
    assert (body["total"], body["next"]) == (len(body["triggers"]), None)
    ids = [trigger["trigger_id"] for trigger in body["triggers"]]
    assert ids == sorted(ids)
    return {trigger["trigger_id"]: trigger for trigger in body["triggers"]}


def test_a_trigger_of_the_sites_own_goes_before_the_shipped_one_until_it_is_deleted(shop: Api) -> None:
    shipped = listed(shop)
    assert all(trigger["shipped"] and trigger["enabled"] for trigger in shipped.values())
    own = {"when": {"cart_left": {"after": "10m"}}, "enabled": False, "priority": 3}
    written = shop.secret.put("/v1/triggers/cart-left", json=own).json()
    assert (written["trigger_id"], written["shipped"], written["enabled"]) == ("cart-left", False, False)
    assert shop.secret.get("/v1/triggers/cart-left").json() == written
    assert listed(shop) == {**shipped, "cart-left": written}
    assert shop.secret.delete("/v1/triggers/cart-left").status_code == 204
    assert listed(shop) == shipped


def test_of_many_at_once_a_bad_one_fails_no_other(shop: Api) -> None:
    many = [{"trigger_id": "lead", **LEAD}, {"trigger_id": "bad"}, {"trigger_id": "last", "when": {"birthday": {}}}]
    answer = shop.secret.put("/v1/triggers", json={"triggers": many}).json()
    assert (answer["accepted"], [refused["index"] for refused in answer["rejected"]]) == (2, [1])
    assert {"lead", "last"} <= listed(shop).keys()
    assert "bad" not in listed(shop)


def test_more_than_a_site_may_have_are_refused_whole(shop: Api) -> None:
    fill = [{"trigger_id": f"t{number}", **LEAD} for number in range(200)]
    assert shop.secret.put("/v1/triggers", json={"triggers": fill}).json()["accepted"] == 200
    refused = shop.secret.put("/v1/triggers/one-more", json=LEAD)
    assert (refused.status_code, refused.json()["code"]) == (422, "triggers_too_many")
    assert shop.secret.put("/v1/triggers/t0", json={**LEAD, "priority": 9}).status_code == 200, "one in place of it"


def test_what_does_not_fit_is_refused_by_name(shop: Api) -> None:
    assert shop.public.get("/v1/triggers").status_code == 403
    bad = shop.secret.put("/v1/triggers/x", json={"when": {"fridge": {}}})
    assert (bad.status_code, bad.json()["code"]) == (422, "when_invalid")
    assert "fridge" in bad.json()["detail"]
    slow = shop.secret.put("/v1/triggers/x", json={"when": {"cart_left": {"after": "soon"}}})
    assert (slow.status_code, "'soon'" in slow.json()["detail"]) == (422, True)
    some = shop.secret.put("/v1/triggers", json={"triggers": [{"trigger_id": "x"}]}).json()
    assert (some["accepted"], some["rejected"][0]["code"]) == (0, "trigger_invalid")
    zone = shop.secret.put("/v1/contact-policy", json={"time_zone": "Mars/Olympus"})
    assert (zone.status_code, zone.json()["code"]) == (422, "contact_policy_invalid")
    cap = shop.secret.put("/v1/contact-policy", json={"caps": [{"most": 0, "per": "day"}]})
    assert cap.status_code == 422
    assert shop.secret.delete("/v1/triggers/cart-left").json()["code"] == "trigger_unknown"
    assert shop.secret.get("/v1/triggers/nobody").json()["code"] == "trigger_unknown"


def test_a_policy_is_set_whole_and_its_secret_is_not_told(shop: Api) -> None:
    bare: dict[str, Any] = {
        "caps": [],
        "quiet_hours": None,
        "time_zone": "UTC",
        "webhook": None,
        "attribution_days": 7.0,
    }
    assert shop.secret.get("/v1/contact-policy").json() == bare
    webhook = {"url": "https://shop.example/hook", "secret": "a secret of many letters"}
    written = {"caps": [{"most": 3, "per": "day"}], "quiet_hours": {"from": "21:00", "to": "08:00"}, "webhook": webhook}
    told = shop.secret.put("/v1/contact-policy", json=written).json()
    assert told == shop.secret.get("/v1/contact-policy").json()
    assert (told["caps"], told["quiet_hours"]) == (written["caps"], written["quiet_hours"])
    assert told["webhook"] == {"url": "https://shop.example/hook", "secret": "(set)"}
    assert shop.secret.put("/v1/contact-policy", json={"time_zone": "Europe/Berlin"}).json() == {
        **bare,
        "time_zone": "Europe/Berlin",
    }


def test_a_preview_tells_what_is_armed_and_keeps_no_draft(shop: Api) -> None:
    visitor = new_visitor()
    assert shop.secret.put("/v1/triggers/lead", json=LEAD).status_code == 200
    time.sleep(0.6)  # the trigger flow reads it with its next tick
    shop.post(event("generate_lead", visitor))

    def preview(**body: Any) -> dict[str, Any]:
        response = shop.secret.post("/v1/triggers/preview", json={"visitor_id": visitor, **body})
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    deadline_s = time.monotonic() + 10
    while not (armed := preview()["armed"]):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    assert [(timer["trigger_id"], timer["held"]) for timer in armed] == [("lead", None)]
    assert preview()["now"] < armed[0]["due"] < armed[0]["expires"]
    draft = {"trigger_id": "draft", **LEAD, "offer": {"code": "X"}, "recommend": {"limit": 0}}
    would = preview(trigger=draft)["would"]
    assert (would["offer"], would["recommended"], would["held_back"]) == ({"code": "X"}, [], None)
    assert would["does"] in ("send", "hold", "give_up", "drop")
    assert shop.secret.get("/v1/triggers/draft").status_code == 404
    assert preview()["armed"] == armed
    wrong = shop.secret.post("/v1/triggers/preview", json={"visitor_id": visitor, "trigger": {"trigger_id": "x"}})
    assert wrong.status_code == 422
