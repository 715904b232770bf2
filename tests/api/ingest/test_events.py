"""POST /v1/events over HTTP."""

import time
from typing import Any

import pytest
import redis

from shopwindow.embedded_stack import EmbeddedStack
from tests.api.conftest import Api, event, new_visitor

BAD_EVENTS: list[tuple[Any, str, str]] = [
    ({"visitor_id": "v"}, "event_name_invalid", "None"),
    ({"event": "!", "visitor_id": "v"}, "event_name_invalid", "!"),
    ({"event": "page_view"}, "visitor_id_missing", "None"),
    ({"event": "page_view", "visitor_id": ""}, "visitor_id_missing", "''"),
    ({"event": "page_view", "visitor_id": [7]}, "visitor_id_invalid", "[7]"),
    ({"event": "page_view", "visitor_id": "undefined"}, "visitor_id_placeholder", "undefined"),
    ({"event": "page_view", "visitor_id": "x" * 129}, "visitor_id_invalid", "xxx"),
    ({"event": "page_view", "visitor_id": "a\nb"}, "visitor_id_invalid", "a\\nb"),
    ({"event": "page_view", "visitor_id": "v", "timestamp": "yesterday"}, "timestamp_invalid", "yesterday"),
    ({"event": "page_view", "visitor_id": "v", "timestamp": -5}, "timestamp_invalid", "-5"),
    ({"event": "view_item", "visitor_id": "v"}, "items_missing", "view_item"),
    ({"event": "view_item", "visitor_id": "v", "items": {}}, "items_missing", "{}"),
    ({"event": "view_item", "visitor_id": "v", "items": [{}]}, "items_missing", "{}"),
    ({"event": "add_to_cart", "visitor_id": "v", "items": [{"item_id": "a", "quantity": 0}]}, "items_missing", "0"),
    ({"event": "purchase", "visitor_id": "v", "items": [{"item_id": "a"}]}, "transaction_id_missing", "None"),
    ({"event": "order_cancelled", "visitor_id": "v"}, "order_id_missing", "None"),
    ({"event": "search", "visitor_id": "v"}, "search_term_missing", "None"),
    ({"event": "view_promotion", "visitor_id": "v"}, "creative_name_missing", "creative_name"),
    ("page_view", "event_invalid", "page_view"),
    (None, "event_invalid", "None"),
]


@pytest.mark.parametrize(("bad", "code", "value"), BAD_EVENTS)
def test_a_bad_event_is_named_and_fails_no_other(api: Api, bad: Any, code: str, value: str) -> None:
    visitor = new_visitor()
    good = event("view_item", visitor, "p1")
    body = api.secret.post("/v1/events", json={"events": [good, bad, good]})
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
    ahead = event("page_view", future, timestamp="2999-01-01T00:00:00Z")
    (warning,) = api.public.post("/v1/events", json={"events": [ahead]}).json()["warnings"]
    assert (warning["index"], warning["field"], warning["code"]) == (0, "timestamp", "clock_corrected")
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
        time.sleep(0.1)
    (letter,) = [letter for letter in letters if "dead-letter-test" in letter["value"]]
    assert (letter["source"], letter["code"]) == ("api", "search_term_missing")
    answer = api.secret.post("/v1/dead-letters/replay").json()
    assert answer["accepted"] == 0
    assert letter["position"] in [rejection["position"] for rejection in answer["rejected"]]
    again = api.secret.post("/v1/dead-letters/replay").json()
    assert again == {"accepted": 0, "restored": 0, "rejected": [], "left": False}


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


def send(api: Api, content: bytes) -> dict[str, Any]:
    response = api.public.post("/v1/events", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == 202, response.text
    body: dict[str, Any] = response.json()
    return body


def test_orders_of_shops_that_write_amounts_their_own_way_are_all_kept(other_api: Api) -> None:
    def bought(value: Any, *lines: dict[str, Any], currency: Any = "EUR") -> tuple[str, dict[str, Any]]:
        visitor = new_visitor()
        params = {"transaction_id": f"order of {visitor}", "value": value, "currency": currency}
        items = list(lines) or [{"item_id": "vase", "price": 31}]
        return visitor, {"event": "purchase", "visitor_id": visitor, "params": params, "items": items}

    told = [
        bought("3,118.75", {"item_id": "wardrobe", "price": "3,118.75"}),
        bought(31, currency="eur"),
        bought("1.034,50 EUR", currency=None),
        bought(31, {"item_id": "vase", "price": 31, "quantity": None}),
        bought(31, {"item_id": "vase", "price": 31}, {"item_id": "ribbon", "price": 0, "quantity": 0}),
        bought("", {"item_id": "vase", "price": 31}),
        bought(28.5, {"item_id": "vase", "price": 31}, {"item_id": "thanks", "price": -2.5}),
        bought(5.1, {"item_id": "pears", "price": 3.4, "quantity": 1.5}),
    ]
    response = other_api.public.post("/v1/events", json={"events": [order for _, order in told]})
    body = response.json()
    assert (body["accepted"], body["rejected"]) == (len(told), [])
    assert {warning["index"] for warning in body["warnings"]} == {0, 1, 2, 3, 4, 5, 6}
    assert {"index", "field", "code", "message"} == body["warnings"][0].keys()
    values = [other_api.secret.get(f"/v1/visitors/{visitor}").json()["value"]["lifetime_value"] for visitor, _ in told]
    assert values == [3118.75, 31, 1034.5, 31, 31, 31, 28.5, 5.1]


def test_what_is_sold_by_weight_stands_in_the_cart_and_goes_out_of_it_whole(api: Api) -> None:
    visitor = new_visitor()
    weighed = {"item_id": "p2", "price": 4}
    api.post(event("add_to_cart", visitor, {**weighed, "quantity": 0.3}))
    api.post(event("add_to_cart", visitor, {**weighed, "quantity": 0.45}))
    (line,) = api.secret.get(f"/v1/visitors/{visitor}").json()["cart"]
    assert line["quantity"] == 0.75
    for _ in range(3):
        api.post(event("remove_from_cart", visitor, {**weighed, "quantity": 0.25}))
    assert api.secret.get(f"/v1/visitors/{visitor}").json()["cart"] == []
    api.wait_until_learned()
    assert api.secret.get(f"/v1/visitors/{visitor}").json()["cart"] == []


def test_one_value_that_json_does_not_have_costs_no_other_event(api: Api) -> None:
    first, second = new_visitor(), new_visitor()
    good = f'{{"event": "view_item", "visitor_id": "{second}", "items": [{{"item_id": "p1"}}]}}'
    for bad, field, code in (
        (
            '{"event": "search", "visitor_id": "%s", "params": {"search_term": "pie \\ud83e"}}',
            "params.search_term",
            "read_as",
        ),
        ('{"event": "page_view", "visitor_id": "%s", "params": {"scroll": NaN}}', "params.scroll", "dropped"),
        ('{"event": "page_view", "visitor_id": "%s", "params": {"n": -Infinity}}', "params.n", "dropped"),
        ('{"event": "page_view", "visitor_id": "%s", "params": {"n": 123456789012345678901}}', "params.n", "read_as"),
    ):
        body = send(api, f'{{"events": [{bad % first}, {good}]}}'.encode())
        assert (body["accepted"], body["rejected"]) == (2, [])
        assert [(warning["index"], warning["field"], warning["code"]) for warning in body["warnings"]] == [
            (0, field, code)
        ]
    lost = '{"event": "view_item", "visitor_id": NaN, "items": [{"item_id": "p1"}]}'
    body = send(api, f'{{"events": [{lost}, {good}]}}'.encode())
    assert (body["accepted"], body["rejected"][0]["index"], body["rejected"][0]["code"]) == (1, 0, "visitor_id_missing")
    latin = f'{{"events": [{{"event": "search", "visitor_id": "{first}", "params": {{"search_term": "café"}}}}]}}'
    assert send(api, latin.encode("latin-1"))["warnings"][0]["field"] == "params.search_term"


def test_a_long_number_is_an_id_digit_for_digit(api: Api) -> None:
    digits = "98765432109876543210987"
    body = send(api, f'{{"events": [{{"event": "page_view", "visitor_id": {digits}, "event_id": 5}}]}}'.encode())
    assert (body["accepted"], body["warnings"][0]["event_id"]) == (1, "5")
    assert api.secret.get(f"/v1/visitors/{digits}").status_code == 200


def test_a_batch_tells_when_it_was_sent_and_its_clock_is_corrected(api: Api) -> None:
    visitor = new_visitor()
    old = event("page_view", visitor, timestamp="2020-05-05T10:00:00Z", event_id="slow")
    body = api.public.post("/v1/events", json={"events": [old], "sentAt": "2020-05-05T10:00:20Z"}).json()
    (warning,) = body["warnings"]
    assert (warning["event_id"], warning["field"], warning["code"]) == ("slow", "timestamp", "clock_corrected")
    assert api.secret.get(f"/v1/visitors/{visitor}").json()["last_seen"] > "2026"


def test_costs_told_under_a_name_that_is_mended_still_need_the_secret_key(other_api: Api) -> None:
    cost = event("Campaign cost", "costs", params={"cost": 40.0, "campaign": "may"})
    assert other_api.public.post("/v1/events", json={"events": [cost]}).json()["code"] == "key_public"


GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(
    ("agent", "key", "is_bot"),
    [
        (GOOGLEBOT, "public", True),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/122.0.0.0 Safari/537.36", "public", True),
        (
            "Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36 Chrome/122.0 Mobile Safari/537.36",
            "public",
            False,
        ),
        ("python-requests/2.32", "public", False),
        (GOOGLEBOT, "secret", False),
    ],
)
def test_the_user_agent_of_a_browsers_call_tells_bots(api: Api, agent: str, key: str, is_bot: bool) -> None:
    visitor = new_visitor()
    told = [event("view_item", visitor, "p3"), event("view_item", visitor, "p4")]
    client = api.public if key == "public" else api.secret
    assert client.post("/v1/events", json={"events": told}, headers={"User-Agent": agent}).json()["accepted"] == 2
    api.wait_until_learned()
    seen = api.secret.get(f"/v1/visitors/{visitor}").json()
    assert (seen["bot"], seen["stage"]["since"] is None, seen["events_seen"]) == (is_bot, is_bot, 2)


def test_views_by_crawlers_make_nothing_popular(other_api: Api) -> None:
    def bots_views() -> int:
        rows = other_api.secret.get("/v1/reports/bots").json()["rows"]
        return sum(row["product_views"] for row in rows)

    before, visitor = bots_views(), new_visitor()
    views = [event("view_item", visitor, "crawled") for _ in range(40)]
    assert (
        other_api.public.post("/v1/events", json={"events": views}, headers={"User-Agent": GOOGLEBOT}).status_code
        == 202
    )
    other_api.wait_until_learned()
    assert "crawled" not in other_api.ids(strategy="trending")
    assert bots_views() == before + 40


def test_addresses_are_cut_before_anything_is_kept(api: Api, stack: EmbeddedStack) -> None:
    visitor = new_visitor()
    told = {"ip": "203.0.113.77", "note": "of nobody"}
    taken = event("page_view", visitor, params=told, context={"ip": "2001:db8:85a3:8d3::1"})
    api.post(taken, {**taken, "event_id": "once more"})
    api.public.post("/v1/events", json={"events": [event("search", visitor, params=told)]})
    with redis.Redis.from_url(stack.settings.redis_url) as client:
        records = [
            repr(found) for log in client.scan_iter(_type="stream") for found in client.xrevrange(log, count=500)
        ]
    kept = [record for record in records if visitor in record and "page_view" in record]
    assert len(kept) == 2
    assert all("203.0.113.0" in record and "2001:db8:85a3::" in record for record in kept)
    assert all("203.0.113.77" not in record and ":8d3" not in record for record in kept)

    def letters() -> list[dict[str, Any]]:
        kept = api.secret.get("/v1/dead-letters", params={"limit": 1000}).json()["dead_letters"]
        return [letter for letter in kept if letter["visitor_id"] == visitor]

    deadline_s = time.monotonic() + 30
    while not letters():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    assert "203.0.113.0" in letters()[0]["value"]
    assert "203.0.113.77" not in letters()[0]["value"]
