"""Consent: of who agreed to no storage nothing is left anywhere, and pages answer by what they show themselves."""

import time
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from shopwindow.embedded_stack import EmbeddedStack
from store.client import Client
from tests.api.conftest import Api, event, new_visitor
from tests.api.traces import keys_with, rows_with

DENIED = {"analytics_storage": "denied", "ad_storage": "denied"}
GRANTED = {"analytics_storage": "granted"}
SIGNALS: Sequence[dict[str, str]] = ({"Sec-GPC": "1"}, {"DNT": "1"})
NOTHING_STORED = {"accepted": 0, "rejected": [], "warnings": [], "not_stored": 1}


def told(api: Api, *events: Any, key: str = "public", query: str = "", **body: Any) -> dict[str, Any]:
    """What became of events."""
    headers = body.pop("headers", {})
    client = api.public if key == "public" else api.secret
    response = client.post(f"/v1/events{query}", json={"events": list(events), **body}, headers=headers)
    assert response.status_code == 202, response.text
    found: dict[str, Any] = response.json()
    return found


def settled(api: Api) -> None:
    """Wait until all that is on its way anywhere has arrived: flows, decisions, and letters, which go by themselves."""
    time.sleep(0.3)
    api.wait_until_learned()


def test_of_who_denies_storage_nothing_is_left_anywhere(consent_api: Api, stack: EmbeddedStack, client: Client) -> None:
    api, tag = consent_api, f"denies-{new_visitor()}"
    looks = [event("view_item", f"{tag}-1", "p1"), event("add_to_cart", f"{tag}-1", "p1", user_id=f"{tag}-mail")]
    odd = [event("search", f"{tag}-2"), {"event": "", "visitor_id": f"{tag}-2"}, event("refund", f"{tag}-2"), tag, None]
    order = event("purchase", f"{tag}-3", "p1", params={"transaction_id": f"{tag}-o", "value": 9, "currency": "EUR"})
    login = event("login", f"{tag}-4", user_id=f"{tag}-5", event_id=f"{tag}-e", session_id=f"{tag}-s")
    everything = [*looks, *odd, order, login]
    nothing = {"accepted": 0, "rejected": [], "warnings": [], "not_stored": len(everything)}
    assert told(api, *everything, consent=DENIED) == nothing
    assert told(api, *everything, query="?consent=none") == nothing
    assert told(api, *everything, context={"consent": {"categoryPreferences": {"Analytics": False}}}) == nothing
    for headers in SIGNALS:
        assert told(api, *everything, headers=headers) == nothing
    for visitor in (f"{tag}-1", f"{tag}-6"):
        asked = {"visitor_id": visitor, "consent": "none"}
        for path in ("/v1/recommendations", "/v1/slots/hero", f"/v1/visitors/{visitor}/messages"):
            parameters = {"consent": "none"} if path.endswith("messages") else asked
            assert api.public.get(path, params=parameters).status_code == 200
            for headers in SIGNALS:
                signalled = {name: value for name, value in parameters.items() if name != "consent"}
                assert api.public.get(path, params=signalled, headers=headers).status_code == 200
        page = {"visitor_id": visitor, "lists": [{}], "placements": ["hero"], "consent": DENIED}
        assert api.public.post("/v1/decisions", json=page).status_code == 200
        batch = {"visitor_ids": [visitor], "consent": DENIED}
        assert api.secret.post("/v1/recommendations/batch", json=batch).status_code == 200
    settled(api)
    assert keys_with(client, [tag]) == []
    assert rows_with(stack, [tag]) == 0

    agrees = f"{tag}-agrees"
    assert told(api, event("view_item", agrees, "p1"), consent=GRANTED)["accepted"] == 1
    assert api.recommend(visitor_id=agrees)["personalized"] is True
    settled(api)
    kept = {key.decode().split(":")[0] for key, _ in keys_with(client, [agrees])}
    assert {"eta", "log"} <= kept  # what is looked for is found where there is something
    assert rows_with(stack, [agrees]) >= 1


def test_each_event_may_say_for_itself_and_the_closest_word_counts(consent_api: Api) -> None:
    visitors = [new_visitor() for _ in range(5)]
    words: Sequence[Any] = (DENIED, GRANTED, None, "NONE", {"ad_storage": "denied"})
    events = [
        event("view_item", visitor, "p1", **({} if word is None else {"consent": word}))
        for visitor, word in zip(visitors, words, strict=True)
    ]
    events[3]["context"] = {"consent": {"categoryPreferences": {"Analytics": True}}}
    assert told(consent_api, *events) == {"accepted": 3, "rejected": [], "warnings": [], "not_stored": 2}
    assert told(consent_api, *events, consent="denied")["accepted"] == 1
    assert told(consent_api, *events, headers={"Sec-GPC": "1"})["accepted"] == 1
    seen = [consent_api.recommend(visitor_id=visitor)["state"]["events_seen"] for visitor in visitors]
    assert seen == [0, 3, 1, 0, 1]


def test_an_odd_word_costs_no_event_and_personalizes_nothing(consent_api: Api) -> None:
    visitor = new_visitor()
    found = told(consent_api, event("view_item", visitor, "p1", consent={"analytics_storage": "perhaps"}))
    assert (found["accepted"], [warning["code"] for warning in found["warnings"]]) == (1, ["dropped"])
    assert found["warnings"][0]["field"] == "consent"
    assert told(consent_api, event("view_item", visitor, "p2"), consent=[])["accepted"] == 1
    answer = consent_api.recommend(visitor_id=visitor, consent="perhaps")
    assert (answer["personalized"], answer["not_personalized_because"]) == (False, "consent_unreadable")
    assert consent_api.recommend(visitor_id=visitor)["personalized"] is True


@pytest.mark.parametrize(
    ("asked", "headers", "why"),
    [
        ({"consent": "none"}, {}, "consent_denied"),
        ({"consent": '{"personalization_storage": "DENIED"}'}, {}, "consent_denied"),
        ({}, {"Sec-GPC": "1"}, "gpc"),
        ({}, {"DNT": "1"}, "dnt"),
        ({"consent": "granted"}, {"Sec-GPC": "1", "DNT": "1"}, None),
        ({"consent": "analytics_storage:granted"}, {"DNT": "1"}, None),
        ({}, {"Sec-GPC": "0"}, None),
    ],
)
def test_decisions_know_nothing_of_who_denies_and_say_why(
    consent_api: Api, asked: dict[str, str], headers: dict[str, str], why: str | None
) -> None:
    visitor = new_visitor()
    consent_api.post(*(event("view_item", visitor, f"p{number}") for number in (1, 7, 13)))
    for path, more in (
        ("/v1/recommendations", {"strategy": "recently_viewed", "refill": "false"}),
        ("/v1/slots/hero", {}),
    ):
        answer = consent_api.public.get(path, params={"visitor_id": visitor, **asked, **more}, headers=headers).json()
        assert (answer["personalized"], answer["not_personalized_because"]) == (why is None, why)
        assert answer["visitor_id"] == (visitor if why is None else None)
        assert answer["state"]["events_seen"] == (3 if why is None else 0)
        assert bool(answer["experiments"]) is False or why is None
        if "items" in answer:
            assert bool(answer["items"]) is (why is None)


def test_a_servers_headers_say_nothing_and_its_words_count(consent_api: Api) -> None:
    visitor = new_visitor()
    looked = event("view_item", visitor, "p1")
    assert told(consent_api, looked, key="secret", headers={"Sec-GPC": "1", "DNT": "1"})["accepted"] == 1
    assert told(consent_api, looked, key="secret", consent=DENIED) == NOTHING_STORED
    answer = consent_api.secret.get("/v1/recommendations", params={"visitor_id": visitor}, headers={"DNT": "1"}).json()
    assert answer["personalized"] is True


def test_a_site_may_ignore_the_signals_but_no_word(ignoring_api: Api) -> None:
    visitor = new_visitor()
    looked = event("view_item", visitor, "p1")
    for headers in SIGNALS:
        assert told(ignoring_api, looked, headers=headers)["accepted"] == 1
    assert told(ignoring_api, looked, consent="none") == NOTHING_STORED
    answer = ignoring_api.public.get("/v1/slots/hero", params={"visitor_id": visitor}, headers={"DNT": "1"})
    assert answer.status_code == 404  # it has no placement
    found = ignoring_api.public.get("/v1/recommendations", params={"visitor_id": visitor}, headers={"DNT": "1"}).json()
    assert (found["personalized"], found["state"]["events_seen"]) == (True, 2)


def test_without_storage_a_page_answers_by_what_it_shows(consent_api: Api) -> None:
    asked = {"visitor_id": new_visitor(), "consent": "none"}
    plain = consent_api.recommend(**asked, limit=5)
    assert plain["tier"] in ("popular", "static")
    assert len(plain["items"]) == 5
    beside = consent_api.recommend(**asked, item_id="p1", limit=4)
    # What other tests looked at in one visit may stand among them: the site learns.
    assert beside["items"][0]["category"].startswith("Sport > ")
    assert {item["item_id"] for item in beside["items"]} & {"p1"} == set()
    within = consent_api.recommend(**asked, category="Books", limit=4)
    assert {item["category"].split(" > ")[0] for item in within["items"]} == {"Books"}
    page = {**asked, "item_id": "p1", "lists": [{"limit": 3}], "placements": ["hero"]}
    answer = consent_api.public.post("/v1/decisions", json=page).json()
    assert answer["lists"]["for_you"]["items"][0]["category"].startswith("Sport > ")
    for shown in ({"item_id": "p1"}, {"category": "Sport > Sport 1"}):
        slots = consent_api.public.get("/v1/slots/hero", params={**asked, **shown}).json()
        assert (slots["tier"], slots["personalized"]) == ("session", False)


@pytest.mark.parametrize("key", ["consent", "visitor"])
def test_a_landing_links_campaign_is_kept_on_the_page_without_storage(consent_api: Api, key: str) -> None:
    link = "https://shop.example/?utm_campaign=spring&utm_source=mail&utm_medium=email"
    asked = {"visitor_id": new_visitor(), "consent": "none"} if key == "consent" else {}
    slots = consent_api.public.get("/v1/slots/hero", params={**asked, "page_location": link}).json()
    assert (slots["campaign_id"], slots["echo"]) == ("spring", True)
    assert slots["slots"][0]["selection_probability"] > 0.1
    found = consent_api.recommend(**asked, page_location=link)
    assert found["items"][0]["reason"] == "you came by the campaign spring"
    context = {"campaign": {"name": "autumn"}}
    page = consent_api.public.post("/v1/decisions", json={**asked, "placements": ["hero"], "context": context}).json()
    assert (page["campaign_id"], page["echo"]) == ("autumn", True)


def test_an_order_that_the_shops_server_tells_is_the_shops_own(consent_api: Api) -> None:
    customer = new_visitor()
    bought = {"transaction_id": f"o-{customer}", "value": 20.0, "currency": "EUR"}
    order = event("purchase", customer, "p1", params=bought)
    assert told(consent_api, order, consent=DENIED) == NOTHING_STORED
    segment = {
        "event": "Order Completed",
        "visitor_id": customer,
        "params": {**bought, "products": [{"product_id": "p1"}]},
    }
    assert told(consent_api, segment, key="secret", consent=DENIED)["accepted"] == 1
    refused = event("email_unsubscribed", customer, consent="none")
    looked = event("view_item", customer, "p2", consent="none")
    assert told(consent_api, refused, looked, key="secret")["accepted"] == 1
    consent_api.wait_until_learned()
    assert consent_api.recommend(visitor_id=customer)["state"]["events_seen"] == 2
    profile = consent_api.secret.get(f"/v1/visitors/{customer}").json()
    assert [bought["order_id"] for bought in profile["bought"]] == [f"o-{customer}"]
    batch = consent_api.secret.post("/v1/recommendations/batch", json={"visitor_ids": [customer], "consent": DENIED})
    assert batch.json()["left_out"] == [{"visitor_id": customer, "why": "unsubscribed"}]


def test_a_refusal_that_a_page_told_in_vain_is_told_of(consent_api: Api) -> None:
    found = told(consent_api, event("unsubscribed", new_visitor()), headers={"Sec-GPC": "1"})
    assert (found["accepted"], found["not_stored"]) == (0, 1)
    assert [(warning["index"], warning["code"]) for warning in found["warnings"]] == [(0, "not_stored")]
    assert "secret key" in found["warnings"][0]["message"]


def test_what_was_kept_before_a_denial_stays_and_a_later_grant_goes_on(consent_api: Api) -> None:
    visitor = new_visitor()
    consent_api.post(event("view_item", visitor, "p1"))
    assert told(consent_api, event("view_item", visitor, "p2"), consent="denied")["not_stored"] == 1
    assert consent_api.recommend(visitor_id=visitor)["state"]["events_seen"] == 1
    assert told(consent_api, event("view_item", visitor, "p3"), consent="granted")["accepted"] == 1
    seen = consent_api.recommend(visitor_id=visitor, strategy="recently_viewed", refill="false")
    assert [item["item_id"] for item in seen["items"]] == ["p3", "p1"]


def test_messages_of_who_denies_are_none_and_a_stream_ends(consent_api: Api) -> None:
    path = f"/v1/visitors/{new_visitor()}/messages"
    for parameters, headers, why in (({"consent": "none"}, {}, "consent_denied"), ({}, {"DNT": "1"}, "dnt")):
        found = consent_api.public.get(path, params=parameters, headers=headers)
        assert (found.json()["messages"], found.json()["not_personalized_because"]) == ([], why)
        stream = {"Accept": "text/event-stream", **headers}
        assert consent_api.public.get(path, params=parameters, headers=stream).status_code == 204
    with consent_api.public.stream("GET", path, headers={"Accept": "text/event-stream"}) as opened:
        assert opened.status_code == 200
        assert next(opened.iter_lines()).startswith("retry:")


def test_a_beacon_says_it_in_its_address(consent_api: Api) -> None:
    beacon = httpx.post(
        f"{consent_api.url}/v1/events",
        params={"key": consent_api.keys.public_key, "consent": "G100"},
        json={"events": [event("view_item", new_visitor(), "p1")]},
    )
    assert (beacon.status_code, beacon.json()) == (202, NOTHING_STORED)
