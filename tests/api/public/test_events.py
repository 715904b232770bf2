"""POST /v1/events over HTTP."""

from typing import Any

import pytest

from tests.api.conftest import Api, event, new_visitor

BAD_EVENTS: list[tuple[Any, str, str]] = [
    ({"visitor_id": "v"}, "event_name_invalid", "None"),
    ({"event": "view item", "visitor_id": "v"}, "event_name_invalid", "view item"),
    ({"event": "page_view"}, "visitor_id_missing", "None"),
    ({"event": "page_view", "visitor_id": ""}, "visitor_id_missing", "''"),
    ({"event": "page_view", "visitor_id": 7}, "visitor_id_invalid", "7"),
    ({"event": "page_view", "visitor_id": "x" * 129}, "visitor_id_invalid", "xxx"),
    ({"event": "page_view", "visitor_id": "a\nb"}, "visitor_id_invalid", "a\\nb"),
    ({"event": "page_view", "visitor_id": "v", "timestamp": "yesterday"}, "timestamp_invalid", "yesterday"),
    ({"event": "page_view", "visitor_id": "v", "timestamp": -5}, "timestamp_invalid", "-5"),
    ({"event": "page_view", "visitor_id": "v", "colour": "red"}, "field_unknown", "colour"),
    ({"event": "page_view", "visitor_id": "v", "params": []}, "params_invalid", "[]"),
    ({"event": "view_item", "visitor_id": "v"}, "items_missing", "view_item"),
    ({"event": "view_item", "visitor_id": "v", "items": {}}, "items_invalid", "{}"),
    ({"event": "view_item", "visitor_id": "v", "items": [{}]}, "item_id_missing", "{}"),
    ({"event": "view_item", "visitor_id": "v", "items": [{"item_id": "a", "price": -1}]}, "price_invalid", "-1"),
    ({"event": "view_item", "visitor_id": "v", "items": [{"item_id": "a", "price": "ten"}]}, "price_invalid", "ten"),
    ({"event": "add_to_cart", "visitor_id": "v", "items": [{"item_id": "a", "quantity": 0}]}, "quantity_invalid", "0"),
    ({"event": "purchase", "visitor_id": "v", "items": [{"item_id": "a"}]}, "transaction_id_missing", "None"),
    ({"event": "order_cancelled", "visitor_id": "v"}, "order_id_missing", "None"),
    ({"event": "search", "visitor_id": "v"}, "search_term_missing", "None"),
    ({"event": "view_promotion", "visitor_id": "v"}, "creative_name_missing", "creative_name"),
    ({"event": "page_view", "visitor_id": "v", "params": {"currency": "euro"}}, "currency_invalid", "euro"),
    ("page_view", "event_invalid", "page_view"),
    (None, "event_invalid", "None"),
]


@pytest.mark.parametrize(("bad", "code", "value"), BAD_EVENTS)
def test_a_bad_event_is_named_and_fails_no_other(api: Api, bad: Any, code: str, value: str) -> None:
    visitor = new_visitor()
    good = event("view_item", visitor, "p1")
    body = api.public.post("/v1/events", json={"events": [good, bad, good]})
    assert body.status_code == 202
    answer = body.json()
    assert answer["accepted"] == 2
    (rejected,) = answer["rejected"]
    assert (rejected["index"], rejected["code"]) == (1, code)
    assert value in rejected["message"]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "json_invalid"),
        (b"", 400, "json_invalid"),
        (b'"text"', 422, "events_missing"),
        (b"[]", 422, "events_missing"),
        (b'{"event": []}', 422, "events_missing"),
        (b'{"events": {}}', 422, "events_missing"),
        (b'{"events": [' + b",".join([b"{}"] * 1001) + b"]}", 413, "events_too_many"),
        (b'{"events": ["' + b"x" * 524_288 + b'"]}', 413, "body_too_large"),
    ],
)
def test_a_body_that_is_no_list_of_events_is_a_problem(api: Api, content: bytes, status: int, code: str) -> None:
    response = api.public.post("/v1/events", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["code"] == code
    assert problem["status"] == status
    assert {"type", "title", "detail"} <= problem.keys()


def test_a_thousand_events_at_once_are_all_applied(api: Api) -> None:
    api.wait_until_learned()
    before = api.secret.get("/v1/status").json()["events"]
    visitors = [new_visitor() for _ in range(50)]
    api.post(*(event("view_item", visitors[number % 50], f"p{number % 7}") for number in range(1000)))
    api.wait_until_learned()
    after = api.secret.get("/v1/status").json()["events"]
    assert after["applied"] - before["applied"] == 1000
    assert api.secret.get(f"/v1/visitors/{visitors[0]}").json()["events_seen"] == 20


def test_an_event_sent_again_counts_once(api: Api) -> None:
    visitor = new_visitor()
    again = event("add_to_cart", visitor, {"item_id": "p2", "quantity": 2}, event_id="same")
    api.post(again)
    api.post(again, again)
    seen = api.secret.get(f"/v1/visitors/{visitor}").json()
    assert seen["events_seen"] == 1
    assert [(line["item_id"], line["quantity"]) for line in seen["cart"]] == [("p2", 2)]
    api.wait_until_learned()
    assert api.secret.get(f"/v1/visitors/{visitor}").json()["events_seen"] == 1


def test_times_are_read_and_the_future_is_clamped(api: Api) -> None:
    visitor = new_visitor()
    api.post(event("page_view", visitor, timestamp="2024-02-03T04:05:06+01:00"))
    assert api.secret.get(f"/v1/visitors/{visitor}").json()["last_seen"] == "2024-02-03T03:05:06.000Z"
    future = new_visitor()
    api.post(event("page_view", future, timestamp="2999-01-01T00:00:00Z"))
    assert api.secret.get(f"/v1/visitors/{future}").json()["last_seen"] < "2999"


def test_sites_know_nothing_of_each_other(api: Api, other_api: Api) -> None:
    visitor = new_visitor()
    api.post(event("view_item", visitor, "p3"))
    assert api.secret.get(f"/v1/visitors/{visitor}").status_code == 200
    assert other_api.secret.get(f"/v1/visitors/{visitor}").status_code == 404
    assert other_api.ids(strategy="trending") == []
    assert other_api.secret.get("/v1/catalog/items/p3").status_code == 404
    assert other_api.secret.delete("/v1/catalog/items/p3").status_code == 404
    assert api.secret.get("/v1/catalog/items/p3").status_code == 200


def test_rejected_events_become_dead_letters_that_can_be_tried_again(api: Api) -> None:
    api.public.post("/v1/events", json={"events": [{"event": "search", "visitor_id": "dead-letter-test"}]})
    for _ in range(50):
        letters = api.secret.get("/v1/dead-letters").json()["dead_letters"]
        if any("dead-letter-test" in letter["value"] for letter in letters):
            break
    (letter,) = [letter for letter in letters if "dead-letter-test" in letter["value"]]
    assert (letter["source"], letter["code"]) == ("api", "search_term_missing")
    answer = api.secret.post("/v1/dead-letters/replay").json()
    assert answer["accepted"] == 0
    assert letter["position"] in [rejection["position"] for rejection in answer["rejected"]]
    assert api.secret.post("/v1/dead-letters/replay").json() == {"accepted": 0, "rejected": []}


def test_costs_of_campaigns_are_taken_with_the_secret_key_alone(other_api: Api) -> None:
    visitor = new_visitor()
    day = "2026-04-05"
    cost = event("campaign_cost", "costs", params={"cost": 40.0, "campaign": "april"}, timestamp=day)
    refused = other_api.public.post("/v1/events", json={"events": [cost]})
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    assert refused.json()["code"] == "key_public"
    assert "campaign_cost" in refused.json()["detail"]
    beacon = other_api.public.post(
        "/v1/events", params={"key": other_api.keys.public_key}, json={"events": [cost]}, headers={"Authorization": ""}
    )
    assert beacon.json()["code"] == "key_public"
    mixed = other_api.public.post("/v1/events", json={"events": [cost, event("page_view", visitor), cost]})
    assert mixed.status_code == 202
    body = mixed.json()
    assert (body["accepted"], [rejection["index"] for rejection in body["rejected"]]) == (1, [0, 2])
    assert {rejection["code"] for rejection in body["rejected"]} == {"key_public"}
    letters = other_api.secret.get("/v1/dead-letters", params={"limit": 1000}).json()["dead_letters"]
    assert not [letter for letter in letters if "april" in letter["value"]], "none that a replay would take in"
    taken = other_api.secret.post("/v1/events", json={"events": [cost]})
    assert (taken.status_code, taken.json()["accepted"]) == (202, 1)
    rows = other_api.secret.get("/v1/reports/campaigns", params={"from": day, "to": day}).json()["rows"]
    assert [row["cost"] for row in rows if row["campaign"] == "april"] == [40.0]
