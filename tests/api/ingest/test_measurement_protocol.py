"""GA4's Measurement Protocol over HTTP: taken without a word, checked with many."""

from typing import Any

import httpx

from tests.api.conftest import Api, new_visitor


def send(api: Api, path: str, body: Any, key: str = "") -> httpx.Response:
    params = {"measurement_id": "G-7", "api_secret": key or api.keys.secret_key}
    return httpx.post(f"{api.url}{path}", params=params, json=body, timeout=30)


def test_events_are_taken_as_ours_are(api: Api) -> None:
    device = new_visitor()
    cart = {"items": [{"item_id": "p1", "price": 11, "quantity": 2}], "value": 22, "currency": "EUR", "session_id": "9"}
    order = {"transaction_id": f"t-{device}", "value": 22, "currency": "EUR", "items": cart["items"]}
    body = {
        "client_id": device,
        "events": [{"name": "add_to_cart", "params": cart}, {"name": "purchase", "params": order}],
    }
    response = send(api, "/mp/collect", body)
    assert (response.status_code, response.content) == (204, b"")
    seen = api.secret.get(f"/v1/visitors/{device}").json()
    assert (seen["events_seen"], seen["value"]["lifetime_value"], seen["cart"]) == (2, 22.0, [])


def test_whatever_stands_in_a_body_is_answered_as_google_does_and_kept_aside(api: Api) -> None:
    device = new_visitor()
    odd: list[Any] = [{"client_id": device, "events": [{"name": "view_item"}]}, {"visitor_id": device}, [], "x"]
    for told in odd:
        assert send(api, "/mp/collect", told).status_code == 204
    assert (
        httpx.post(f"{api.url}/mp/collect?api_secret={api.keys.secret_key}", content=b"{", timeout=30).status_code
        == 204
    )
    api.wait_until_learned()
    letters = api.secret.get("/v1/dead-letters", params={"limit": 1000}).json()["dead_letters"]
    assert {letter["code"] for letter in letters if letter["visitor_id"] == device} == {
        "items_missing",
        "client_id_missing",
    }


def test_a_check_says_what_is_wrong_and_records_nothing(api: Api) -> None:
    device = new_visitor()
    told = {"client_id": device, "events": [{"name": "_bad"}, {"name": "view_item", "params": {"items": []}}]}
    found = send(api, "/debug/mp/collect", told).json()["validationMessages"]
    assert [(message["fieldPath"], message["validationCode"]) for message in found[:1]] == [("events", "NAME_INVALID")]
    assert any("Event at index: [1]" in message["description"] for message in found)
    good = {"client_id": device, "events": [{"name": "search", "params": {"search_term": "kettle"}}]}
    assert send(api, "/debug/mp/collect", good).json() == {"validationMessages": []}
    assert send(api, "/debug/mp/collect", []).json()["validationMessages"][0]["validationCode"] == "VALUE_INVALID"
    assert api.secret.get(f"/v1/visitors/{device}").status_code == 404


def test_a_wrong_secret_opens_nothing(api: Api) -> None:
    for path in ("/mp/collect", "/debug/mp/collect"):
        refused = send(api, path, {"client_id": "x", "events": []}, "no-key")
        assert (refused.status_code, refused.json()["code"]) == (401, "key_unknown")
        assert httpx.post(f"{api.url}{path}", json={}, timeout=30).json()["code"] == "key_missing"


def test_consent_denied_by_the_body_keeps_nothing(api: Api) -> None:
    device = new_visitor()
    denied = {"analytics_storage": "DENIED"}
    body = {"client_id": device, "consent": denied, "events": [{"name": "search", "params": {"search_term": "x"}}]}
    assert send(api, "/mp/collect", body).status_code == 204
    api.wait_until_learned()
    assert api.secret.get(f"/v1/visitors/{device}").status_code == 404
