"""Event intake: one event's fault costs no other, in whatever shape they came."""

import httpx

from tests.api.conftest import Api, event, new_visitor


def test_what_is_no_event_is_set_aside_as_it_came_and_the_rest_goes_on(api: Api) -> None:
    visitor = new_visitor()
    messages = [{"type": "track", "visitor_id": visitor, "note": "of nobody"}, {"type": "page", "anonymousId": visitor}]
    key = {"Authorization": f"Bearer {api.keys.public_key}"}
    answer = httpx.post(f"{api.url}/v1/batch", json={"batch": messages}, headers=key, timeout=30).json()
    assert (answer["accepted"], [rejected["code"] for rejected in answer["rejected"]]) == (1, ["no_user_anon_id"])
    api.wait_until_learned()
    letters = api.secret.get("/v1/dead-letters", params={"limit": 1000}).json()["dead_letters"]
    (letter,) = [letter for letter in letters if letter["visitor_id"] == visitor]
    assert "of nobody" in letter["value"]


def test_a_request_of_which_nothing_may_be_told_is_refused_in_our_shape_and_reported_in_others(api: Api) -> None:
    visitor = new_visitor()
    refused = api.public.post("/v1/events", json={"events": [event("order_paid", visitor, params={"order_id": "o"})]})
    assert (refused.status_code, refused.json()["code"]) == (403, "key_public")
    message = {"anonymousId": visitor, "event": "Order Paid", "properties": {"order_id": "o"}}
    reported = api.public.post("/v1/track", json=message)
    assert (reported.status_code, reported.json()["rejected"][0]["code"]) == (200, "key_public")
