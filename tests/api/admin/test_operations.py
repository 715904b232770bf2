"""Liveness, readiness, metrics, status and the OpenAPI document."""

import re
import time

import httpx
import pytest

from shopwindow.embedded_stack import EmbeddedStack
from tests.api.conftest import Api, event, new_visitor


def test_alive_and_ready_need_no_key(api: Api) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"):
        assert httpx.get(api.url + path).status_code == 200


def _value(text: str, name: str) -> float:
    """Sum of the samples of a metric; one that has never been counted is not there."""
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if re.match(name + r"[ {]", line))


def test_metrics_count_what_happens(api: Api) -> None:
    before = httpx.get(f"{api.url}/metrics").text
    visitor = new_visitor()
    api.post(event("view_item", visitor, "p1"))
    api.public.post("/v1/events", json={"events": [{}]})
    api.recommend(visitor_id=visitor)
    api.wait_until_learned()
    time.sleep(2.2)  # gauges of the stream are renewed every two seconds
    after = httpx.get(f"{api.url}/metrics").text

    def grown(name: str) -> float:
        return _value(after, name) - _value(before, name)

    assert grown(r'shopwindow_events_total\{outcome="accepted",site="alpha"\}') == 1
    assert grown(r'shopwindow_events_total\{outcome="rejected",site="alpha"\}') == 1
    assert grown("shopwindow_freshness_seconds_count") == 1
    assert grown(r'shopwindow_request_seconds_count\{route="/v1/recommendations",status="200",tier="session"\}') == 1
    assert _value(after, r'shopwindow_log_lag_events\{flow="profile"\}') == 0
    assert _value(after, r'shopwindow_log_lag_events\{flow="learn"\}') == 0
    assert _value(after, "shopwindow_dead_letters") >= 1
    assert _value(after, r'shopwindow_events_processed\{outcome="applied",site="alpha"\}') >= 1


def test_the_document_describes_every_route(api: Api) -> None:
    document = httpx.get(f"{api.url}/openapi.json").json()
    expected = {
        "/v1/events": {"post"},
        "/v1/recommendations": {"get"},
        "/v1/slots/{placement}": {"get"},
        "/v1/decisions": {"post"},
        "/v1/visitors/{visitor_id}": {"get", "delete"},
        "/v1/catalog/items": {"get", "put"},
        "/v1/catalog/items/{resource_id}": {"get", "put", "delete"},
        "/v1/creatives": {"get", "put"},
        "/v1/campaigns": {"get", "put"},
        "/v1/placements": {"get", "put"},
    }
    for path, methods in expected.items():
        assert methods <= document["paths"][path].keys(), path
    text = httpx.get(f"{api.url}/openapi.json").text
    named = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert named <= document["components"]["schemas"].keys()
    event_schema = document["components"]["schemas"]["Event"]
    assert event_schema["properties"]["event"]["examples"]


def test_status_tells_what_was_rejected_and_the_share_of_unknown_items(api: Api) -> None:
    api.wait_until_learned()
    before = api.secret.get("/v1/status").json()
    events = [event("view_item", new_visitor(), item_id) for item_id in ("p1", "P2", "nobody-sells-this")]
    answer = api.public.post("/v1/events", json={"events": [*events, {}, {"event": "view_item"}]}).json()
    assert [rejection["index"] for rejection in answer["rejected"]] == [3, 4]
    assert [(warning["index"], warning["code"]) for warning in answer["warnings"]] == [(1, "unknown"), (2, "unknown")]
    assert "did you mean p2?" in answer["warnings"][0]["message"]
    api.wait_until_learned()
    after = api.secret.get("/v1/status").json()
    assert after["events"]["rejected"] - before["events"]["rejected"] == 2
    moved = {name: after["events_on_items"][name] - before["events_on_items"][name] for name in ("total", "unknown")}
    assert moved == {"total": 3, "unknown": 2}
    share = after["events_on_items"]["unknown"] / after["events_on_items"]["total"]
    assert after["events_on_items"]["unknown_share"] == pytest.approx(share, abs=1e-4)
    time.sleep(2.2)  # gauges of the stream are renewed every two seconds
    text = httpx.get(f"{api.url}/metrics").text
    unknown = _value(text, r'shopwindow_events_on_items\{items="unknown",site="alpha"\}')
    assert unknown == after["events_on_items"]["unknown"]
    rejected = _value(text, r'shopwindow_events_processed\{outcome="rejected",site="alpha"\}')
    assert rejected == after["events"]["rejected"]


@pytest.mark.slow
def test_a_part_that_is_killed_comes_back_and_nothing_accepted_is_lost(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """SIGKILL of each part in turn, Redis and API among them, while events come in."""
    import os
    import signal

    from shopwindow.remote import Address, Remote
    from shopwindow.settings import Settings

    directory = tmp_path_factory.mktemp("killed")
    settings = Settings(port=0, data_dir=str(directory), session_timeout_s=1.5)
    accepted = 0
    with EmbeddedStack(settings, "killed") as stack, Remote(Address(stack.url, stack.keys.secret_key)) as remote:
        for part in ("profile", "learn", "api", "redis"):
            for chunk in range(6):
                if chunk == 3:
                    os.kill(stack.pid(part), signal.SIGKILL)
                events = [
                    event("view_item", f"v{number % 9}", f"p{number % 11}", event_id=f"{part}-{chunk}-{number}")
                    for number in range(40)
                ]
                accepted += remote.call("POST", "/v1/events", {"events": events})["accepted"]
        deadline_s = time.monotonic() + 60
        while True:
            counts = remote.call("GET", "/v1/status")["events"]
            if counts["applied"] + counts["duplicates"] >= accepted:
                break
            assert time.monotonic() < deadline_s, (counts, accepted)
            time.sleep(0.2)
        assert counts["applied"] == accepted == 4 * 6 * 40
        seen = [remote.call("GET", f"/v1/visitors/v{number}")["events_seen"] for number in range(9)]
        assert sum(seen) == accepted
        assert stack.restarts >= 3
