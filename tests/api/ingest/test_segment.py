"""Segment's API over HTTP: its libraries' calls are taken as ours are, with its codes."""

import base64
from typing import Any

import httpx
import pytest

from tests.api.conftest import Api, new_visitor


def call(api: Api, path: str, body: dict[str, Any], key: str = "") -> httpx.Response:
    """Send as a library does: the key as user name."""
    basic = base64.b64encode(f"{key or api.keys.public_key}:".encode()).decode()
    return httpx.post(f"{api.url}{path}", json=body, headers={"Authorization": f"Basic {basic}"}, timeout=30)


def test_a_visit_told_call_by_call_is_learned_as_any_other(api: Api) -> None:
    device = new_visitor()
    page = {"url": "https://shop.example/?utm_source=letter&utm_medium=email", "referrer": "", "title": "Home"}
    told: list[tuple[str, dict[str, Any]]] = [
        ("/v1/page", {"name": "Home", "properties": page}),
        ("/v1/track", {"event": "Products Searched", "properties": {"query": "kettle"}}),
        ("/v1/track", {"event": "Product Viewed", "properties": {"product_id": "p1", "price": 11}}),
        ("/v1/screen", {"name": "Cart"}),
        ("/v1/t", {"event": "Product Added", "properties": {"product_id": "p1", "price": 11, "quantity": 2}}),
    ]
    for number, (path, message) in enumerate(told):
        response = call(api, path, {"anonymousId": device, "messageId": f"{device}-{number}", **message})
        assert (response.status_code, response.json()) == (
            200,
            {"success": True, "accepted": 1, "rejected": [], "warnings": []},
        )
    seen = api.secret.get(f"/v1/visitors/{device}").json()
    assert (seen["events_seen"], seen["sessions"]) == (5, 1)
    assert [(line["item_id"], line["quantity"]) for line in seen["cart"]] == [("p1", 2)]
    assert seen["last_touch"]["source"] == "letter"


def test_a_message_sent_again_counts_once(api: Api) -> None:
    device = new_visitor()
    message = {"anonymousId": device, "messageId": "m1", "event": "Product Added", "properties": {"product_id": "p2"}}
    for _ in range(3):
        assert call(api, "/v1/track", message).json()["accepted"] == 1
    api.wait_until_learned()
    assert api.secret.get(f"/v1/visitors/{device}").json()["events_seen"] == 1


def test_identify_and_alias_link_a_device_and_a_server_may_say_so_without_one(api: Api) -> None:
    device, other, user = new_visitor(), new_visitor(), f"user-{new_visitor()}"
    for name in (device, other):
        call(api, "/v1/track", {"anonymousId": name, "event": "Product Viewed", "properties": {"product_id": "p3"}})
    call(api, "/v1/identify", {"anonymousId": device, "userId": user, "traits": {"email": "a@b.example"}})
    call(api, "/v1/alias", {"previousId": other, "userId": user})
    call(api, "/v1/identify", {"userId": user, "traits": {"birthday": "1990-05-17"}}, api.keys.secret_key)
    api.wait_until_learned()
    seen = api.secret.get(f"/v1/visitors/{user}").json()
    assert seen["devices"] == sorted([device, other])
    assert "a@b.example" not in api.secret.get(f"/v1/visitors/{user}/export").text


def test_a_batch_reports_each_message_and_takes_the_rest(api: Api) -> None:
    device = new_visitor()
    batch = [
        {"type": "track", "anonymousId": device, "event": "Product Viewed", "properties": {"product_id": "p1"}},
        {"type": "track", "event": "Product Viewed"},
        {"type": "shout", "anonymousId": device},
        {"type": "track", "anonymousId": device},
        {"type": "track", "anonymousId": device, "event": "Order Refunded", "properties": {"order_id": "o"}},
        7,
        {"type": "page", "anonymousId": device},
    ]
    context = {"campaign": {"name": "spring", "source": "letter", "medium": "email"}}
    response = call(api, "/v1/batch", {"batch": batch, "context": context, "sentAt": "2026-01-01T00:00:00Z"})
    body = response.json()
    assert (response.status_code, body["success"], body["accepted"]) == (200, True, 2)
    assert [(rejected["index"], rejected["code"]) for rejected in body["rejected"]] == [
        (1, "no_user_anon_id"),
        (2, "message_type_invalid"),
        (3, "event_missing"),
        (4, "key_public"),
        (5, "message_invalid"),
    ]
    assert api.secret.get(f"/v1/visitors/{device}").json()["last_touch"]["campaign"] == "spring"


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/import", "/v1/b"])
def test_the_write_key_may_stand_in_the_body(api: Api, path: str) -> None:
    device = new_visitor()
    message = {"type": "track", "anonymousId": device, "event": "Product Viewed", "properties": {"product_id": "p1"}}
    body = {"writeKey": api.keys.public_key, "batch": [message]}
    assert httpx.post(f"{api.url}{path}", json=body, timeout=30).json()["accepted"] == 1
    refused = httpx.post(f"{api.url}{path}", json={**body, "writeKey": "no-key"}, timeout=30)
    assert (refused.status_code, refused.json()["code"]) == (401, "key_unknown")


def test_what_is_no_batch_is_a_clear_error(api: Api) -> None:
    for body, code in (({"batch": []}, "batch_invalid"), ({"batch": "x"}, "batch_invalid"), ({}, "batch_invalid")):
        response = call(api, "/v1/batch", body)
        assert (response.status_code, response.json()["code"]) == (400, code)
    long = {"batch": [{"type": "page", "anonymousId": "v"}] * 2_501}
    assert call(api, "/v1/batch", long).json()["code"] == "batch_too_long"
    assert call(api, "/v1/batch", {"batch": ["x" * 600_000]}).status_code == 413


def test_consent_and_tokens_count_as_anywhere(api: Api, known_api: Api) -> None:
    device, user = new_visitor(), f"user-{new_visitor()}"
    denied = {"consent": {"categoryPreferences": {"Analytics": False, "Advertising": True}}}
    answer = call(api, "/v1/track", {"anonymousId": device, "event": "Home", "context": denied}).json()
    assert (answer["accepted"], answer["not_stored"]) == (0, 1)
    linked = call(known_api, "/v1/identify", {"anonymousId": device, "userId": user}).json()
    assert (linked["accepted"], linked["warnings"][0]["code"]) == (1, "token_missing")
