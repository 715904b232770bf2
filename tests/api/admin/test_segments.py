"""/v1/segments and /v1/stages over HTTP, with the stream behind them: entered, left, counted, told."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Api, event, new_visitor

DAY_S = 86_400.0
WITHIN_S = 2.0


def until(check: Callable[[], Any], within_s: float = 10.0) -> float:
    """Wait until something holds; gives how long that took."""
    started = time.monotonic()
    while not check():
        assert time.monotonic() - started < within_s
        time.sleep(0.02)
    return time.monotonic() - started


def put(api: Api, rule: dict[str, Any]) -> str:
    """Make a segment, and wait until everybody has been judged."""
    segment_id = f"s-{uuid.uuid4().hex[:8]}"
    response = api.secret.put(f"/v1/segments/{segment_id}", json={"rule": rule})
    assert response.status_code == 200, response.text
    until(lambda: read(api, segment_id)["settled"], 20.0)
    return segment_id


def read(api: Api, segment_id: str) -> dict[str, Any]:
    """Read a segment."""
    body: dict[str, Any] = api.secret.get(f"/v1/segments/{segment_id}").json()
    return body


def campaign(name: str) -> dict[str, Any]:
    """A context by which a test knows its visitors."""
    return {"campaign": {"source": "test", "name": name}}


def test_a_visitor_enters_by_an_event_and_leaves_by_another(api: Api) -> None:
    tag = uuid.uuid4().hex
    segment_id = put(api, {"all": [{"source": {"campaign": tag}}, {"orders": {"pattern": "single"}}]})
    visitor = new_visitor()
    api.post(event("page_view", visitor, context=campaign(tag)))
    api.post(event("purchase", visitor, "p1", params={"transaction_id": "a", "value": 11}))
    assert until(lambda: read(api, segment_id)["count"] == 1) < WITHIN_S
    assert read(api, segment_id)["changed_at"]
    seen = api.secret.get(f"/v1/visitors/{visitor}").json()
    mine = {segment["segment_id"]: segment for segment in seen["segments"]}
    assert "1 orders" in mine[segment_id]["why"]
    assert mine[segment_id]["since"]
    assert (seen["stage"]["stage"], seen["value"]["orders"], seen["value"]["lifetime_value"]) == ("effective", 1, 11.0)
    api.post(event("purchase", visitor, "p2", params={"transaction_id": "b", "value": 12}))
    assert until(lambda: read(api, segment_id)["count"] == 0) < WITHIN_S


def test_silence_makes_a_visitor_enter_and_leave_within_two_seconds_of_the_moment(api: Api) -> None:
    tag = uuid.uuid4().hex
    window_s = 6.0
    silent = put(api, {"all": [{"source": {"campaign": tag}}, {"activity": {"silent_days": window_s / DAY_S}}]})
    recent = put(api, {"all": [{"source": {"campaign": tag}}, {"activity": {"seen_within_days": window_s / DAY_S}}]})
    visitor = new_visitor()
    at_s = time.time()
    api.post(event("page_view", visitor, context=campaign(tag), timestamp=at_s))
    until(lambda: read(api, recent)["count"] == 1)
    assert read(api, silent)["count"] == 0
    until(lambda: (read(api, recent)["count"], read(api, silent)["count"]) == (0, 1), 15.0)
    assert window_s <= time.time() - at_s < window_s + WITHIN_S
    api.post(event("page_view", visitor))
    assert until(lambda: (read(api, recent)["count"], read(api, silent)["count"]) == (1, 0)) < WITHIN_S


def test_a_visitor_of_long_ago_is_lost_at_once_and_one_erased_is_counted_no_more(api: Api) -> None:
    tag = uuid.uuid4().hex
    segment_id = put(api, {"all": [{"source": {"campaign": tag}}, {"stage": "lost"}]})
    visitor = new_visitor()
    api.post(event("page_view", visitor, context=campaign(tag), timestamp=time.time() - 100 * DAY_S))
    until(lambda: read(api, segment_id)["count"] == 1)
    lost = api.secret.get("/v1/stages").json()["stages"]["lost"]["count"]
    assert lost >= 1
    assert api.secret.delete(f"/v1/visitors/{visitor}").status_code == 204
    until(lambda: read(api, segment_id)["count"] == 0)
    assert api.secret.get("/v1/stages").json()["stages"]["lost"]["count"] == lost - 1


def test_a_changed_rule_judges_those_who_are_there_already(api: Api) -> None:
    tag = uuid.uuid4().hex
    visitors = [new_visitor() for _ in range(30)]
    context = campaign(tag)
    api.post(*(event("view_item", visitor, f"p{index}", context=context) for index, visitor in enumerate(visitors)))
    api.wait_until_learned()
    segment_id = put(api, {"source": {"campaign": tag}})
    assert read(api, segment_id)["count"] == 30
    rule = {"all": [{"source": {"campaign": tag}}, {"interest": {"category": "Home"}}]}
    preview = api.secret.post("/v1/segments/preview", json={"rule": rule}).json()
    assert (preview["count"], preview["complete"], len(preview["examples"])) == (10, True, 10)
    assert {example["visitor_id"] for example in preview["examples"]} == set(visitors[::3])
    assert all("1 recent items of Home" in example["why"] for example in preview["examples"])
    api.secret.put("/v1/segments", json={"segments": [{"segment_id": segment_id, "rule": rule}]}).raise_for_status()
    until(lambda: read(api, segment_id)["settled"] and read(api, segment_id)["count"] == 10)
    listed = api.secret.get("/v1/segments", params={"limit": 1_000}).json()
    assert listed["counts"][segment_id] == 10
    assert api.secret.delete(f"/v1/segments/{segment_id}").status_code == 204
    assert api.secret.get(f"/v1/segments/{segment_id}").status_code == 404
    assert api.secret.delete(f"/v1/segments/{segment_id}").status_code == 404
    until(lambda: api.secret.get("/v1/stages").json()["settled"])
    assert segment_id not in str(api.secret.get(f"/v1/visitors/{visitors[0]}").json()["segments"])


def test_thresholds_are_the_sites_own(other_api: Api) -> None:
    stages = other_api.secret.get("/v1/stages").json()
    assert stages["thresholds"] == {"dormant_after_days": 30.0, "lost_after_days": 90.0}
    visitor = new_visitor()
    other_api.post(event("page_view", visitor, timestamp=time.time() - 20 * DAY_S))
    other_api.wait_until_learned()
    page = other_api.secret.get(f"/v1/visitors/{visitor}").json()
    assert page["stage"]["stage"] == "potential"
    response = other_api.secret.put("/v1/stages", json={"dormant_after_days": 14, "lost_after_days": 60})
    assert response.json() == {"dormant_after_days": 14.0, "lost_after_days": 60.0}
    order_value = {"dormant_after_days": 14, "lost_after_days": 60, "monetary_revenue": [1, 2, 3, 4]}
    assert other_api.secret.put("/v1/stages", json=order_value).json()["monetary_revenue"] == [1.0, 2.0, 3.0, 4.0]
    assert other_api.secret.get("/v1/stages").json()["thresholds"]["monetary_revenue"] == [1.0, 2.0, 3.0, 4.0]
    until(lambda: other_api.secret.get("/v1/stages").json()["settled"])
    assert other_api.secret.get(f"/v1/visitors/{visitor}").json()["stage"]["stage"] == "dormant"
    assert other_api.secret.get("/v1/stages").json()["stages"]["dormant"]["count"] >= 1
    gone = other_api.secret.put("/v1/stages", json={"dormant_after_days": 14, "lost_after_days": 360})
    assert (gone.status_code, gone.json()["code"]) == (422, "thresholds_invalid")
    assert "365 days (profile_lifetime_days)" in gone.json()["detail"]
    bad = other_api.secret.put("/v1/stages", json={"dormant_after_days": 60, "lost_after_days": 14})
    assert (bad.status_code, bad.json()["code"]) == (422, "lost_after_days_invalid")


@pytest.mark.parametrize("name", ["segment_entered", "segment_left", "stage_changed"])
def test_nobody_may_send_what_the_engine_tells(api: Api, name: str) -> None:
    body = api.public.post("/v1/events", json={"events": [event(name, new_visitor())]}).json()
    assert body["rejected"][0]["code"] == "event_name_reserved"


def test_what_does_not_fit_is_refused(api: Api) -> None:
    assert api.public.get("/v1/segments").status_code == 403
    bad = api.secret.put("/v1/segments/x", json={"rule": {"device": "fridge"}})
    assert (bad.status_code, bad.json()["code"]) == (422, "rule_invalid")
    other = api.secret.put("/v1/segments/x", json={"segment_id": "y", "rule": {"device": "mobile"}})
    assert other.json()["code"] == "segment_id_invalid"
    some = api.secret.put("/v1/segments", json={"segments": [{"segment_id": "x"}]}).json()
    assert (some["accepted"], some["rejected"][0]["code"]) == (0, "rule_invalid")
    assert api.secret.post("/v1/segments/preview", json={"rule": {}}).status_code == 422
    limit = api.secret.post("/v1/segments/preview", json={"rule": {"device": "mobile"}, "limit": 11})
    assert limit.json()["code"] == "limit_invalid"
