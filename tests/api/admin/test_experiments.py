"""Experiments over HTTP: set, met, counted, judged, and never changed under the visitors who are in them."""

import csv
import io
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.conftest import Api, event, new_visitor

EXPERIMENT = {
    "name": "Bestsellers instead of a personal list",
    "metric": "conversion",
    "variants": [
        {"variant_id": "control"},
        {
            "variant_id": "bestsellers",
            "lists": {"for_you": {"strategy": "bestsellers", "limit": 3}},
            "placements": {"side": {"policy": "fixed", "creative_ids": ["c9", "c8", "c7"]}},
            "rules": [{"rule_id": "first", "action": "pin", "item_ids": ["p42"], "strategies": ["new"]}],
        },
    ],
}


@pytest.fixture
def running(api: Api) -> Iterator[Api]:
    """The first site with the experiment `swap`, which is gone afterwards."""
    response = api.secret.put("/v1/experiments/swap", json=EXPERIMENT)
    assert response.status_code == 200, response.text
    yield api
    assert api.secret.delete("/v1/experiments/swap").status_code == 204


def side(api: Api, visitor: str) -> str:
    """Which variant a visitor would meet."""
    found = api.secret.get("/v1/experiments/swap/assignment", params={"visitor_id": visitor}).json()
    return str(found["variant_id"])


def on_side(api: Api, wanted: str, count: int) -> list[str]:
    """Visitors of one variant."""
    found: list[str] = []
    while len(found) < count:
        visitor = new_visitor()
        if side(api, visitor) == wanted:
            found.append(visitor)
    return found


def results(api: Api, **days: str) -> dict[str, Any]:
    """What the experiment has told, everything archived or not."""
    response = api.secret.get("/v1/experiments/swap/results", params=days)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def test_a_decision_shows_the_variant_and_says_so(running: Api) -> None:
    (control,), (treated,) = (on_side(running, variant_id, 1) for variant_id in ("control", "bestsellers"))
    plain = running.recommend(visitor_id=control, limit=6)
    assert plain["experiments"] == [{"experiment_id": "swap", "variant_id": "control"}]
    assert (plain["strategy"], len(plain["items"])) == ("for_you", 6)
    changed = running.recommend(visitor_id=treated, limit=6)
    assert changed["experiments"] == [{"experiment_id": "swap", "variant_id": "bestsellers"}]
    assert (changed["strategy"], len(changed["items"])) == ("bestsellers", 3)
    slots = running.public.get("/v1/slots/side", params={"visitor_id": treated}).json()
    assert [slot["creative_id"] for slot in slots["slots"]] == ["c9", "c8"]
    assert slots["slots"][0]["selection_probability"] == 1.0
    assert running.ids(visitor_id=treated, strategy="new", limit=3)[0] == "p42"
    assert running.ids(visitor_id=control, strategy="new", limit=3)[0] != "p42"
    elsewhere = running.recommend(visitor_id=treated, strategy="trending")
    assert elsewhere["experiments"] == [], "it says nothing of this list"
    page = {"visitor_id": treated, "placements": ["side", "hero"], "lists": [{"strategy": "for_you"}]}
    whole = running.public.post("/v1/decisions", json=page).json()
    assert whole["experiments"] == [{"experiment_id": "swap", "variant_id": "bestsellers"}]
    assert whole["lists"]["for_you"]["strategy"] == "bestsellers"
    assert running.recommend()["experiments"] == [], "nobody known takes part in nothing"


def test_a_visitor_keeps_the_variant_through_login_and_growing_traffic(running: Api) -> None:
    visitors = [new_visitor() for _ in range(40)]
    before = {visitor: side(running, visitor) for visitor in visitors}
    assert set(before.values()) == {"control", "bestsellers"}
    for visitor in visitors[:5]:
        running.post(event("login", visitor, user_id=f"user-{visitor}"))
    assert {visitor: side(running, visitor) for visitor in visitors} == before
    variants = EXPERIMENT["variants"]
    assert isinstance(variants, list)
    heavier = [variants[0], {**variants[1], "weight": 9}]
    refused = running.secret.put("/v1/experiments/swap", json={**EXPERIMENT, "variants": heavier})
    assert (refused.status_code, refused.json()["code"]) == (422, "experiment_begun")
    less = running.secret.put("/v1/experiments/swap", json={**EXPERIMENT, "traffic": 0.1})
    assert less.json()["detail"].endswith("traffic can only grow, from 1, got 0.1")
    renamed = running.secret.put("/v1/experiments/swap", json={**EXPERIMENT, "name": "Renamed"})
    assert renamed.json()["name"] == "Renamed"
    again = running.secret.put("/v1/experiments/swap", json=renamed.json())
    assert again.json() == renamed.json(), "what is read may be written back"
    assert {visitor: side(running, visitor) for visitor in visitors} == before


def test_what_exposed_visitors_do_is_counted_from_the_exposure_on(running: Api) -> None:
    control, treated = (on_side(running, variant_id, 6) for variant_id in ("control", "bestsellers"))
    early = treated[0]
    running.post(event("purchase", early, {"item_id": "p1", "price": 500.0}, params={"transaction_id": f"x{early}"}))
    time.sleep(0.05)
    expected: dict[str, Counter[str]] = {"control": Counter(), "bestsellers": Counter()}
    for number, visitor in enumerate([*control, *treated]):
        own = expected["control" if visitor in control else "bestsellers"]
        decided = running.recommend(visitor_id=visitor)
        assert decided["experiments"], "the decision is part of the experiment"
        running.recommend(visitor_id=visitor)  # said twice, counted once
        listed = {"item_list_id": decided["strategy"], "decision_id": decided["decision_id"]}
        first = decided["items"][0]["item_id"]
        running.post(event("view_item_list", visitor, first, params=listed))
        own.update(visitors=1, impressions=1)
        if number % 2:
            running.post(event("select_item", visitor, first, params=listed))
            own.update(clicks=1)
        if number % 3 == 0:
            items = {"item_id": first, "price": 12.5, "quantity": 2}
            running.post(event("purchase", visitor, items, params={"transaction_id": f"t{visitor}"}))
            own.update(orders=1, buyers=1, revenue=25)
    crawler = new_visitor()
    running.public.get(
        "/v1/recommendations", params={"visitor_id": crawler}, headers={"User-Agent": "Examplebot/1.0"}
    ).raise_for_status()
    onlooker = new_visitor()
    running.post(event("purchase", onlooker, {"item_id": "p1", "price": 9.0}, params={"transaction_id": onlooker}))

    def counted() -> dict[str, dict[str, float]]:
        names = ("visitors", "impressions", "clicks", "orders", "buyers", "revenue")
        return {
            variant["variant_id"]: {name: variant[name] for name in names} for variant in results(running)["variants"]
        }

    # Visitors of the tests before are in it too: what these twelve add is what is looked at.
    running.wait_until_learned()
    found = counted()
    live = results(running)
    assert (live["metric"], set(live["verdicts"])) == ("conversion", {"bestsellers"})
    assert live["verdicts"]["bestsellers"] == "none"
    assert "100 are needed" in live["reasons"][0]
    for variant, own in expected.items():
        assert found[variant]["revenue"] == own["revenue"], "an order before the exposure is none of it"
        for name in ("impressions", "clicks", "orders", "buyers"):
            assert found[variant][name] == own[name]
        assert found[variant]["visitors"] >= own["visitors"]
    asked = ["report", "experiments", "--format", "csv", "--url", running.url, "--key", running.keys.secret_key]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SHOPWINDOW_")}
    done = subprocess.run(
        [sys.executable, "-m", "shopwindow", *asked], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    row = next(row for row in rows if (row["variant"], row["metric"]) == ("control", "conversion"))
    assert float(row["sum"]) == expected["control"]["buyers"]


def test_an_outcome_counts_at_once_and_not_only_when_it_is_archived(running: Api) -> None:
    (visitor,) = on_side(running, "control", 1)
    before = {variant["variant_id"]: variant for variant in results(running)["variants"]}["control"]
    running.recommend(visitor_id=visitor)
    deadline_s = time.monotonic() + 10
    while True:
        after = {variant["variant_id"]: variant for variant in results(running)["variants"]}["control"]
        if after["visitors"] == before["visitors"] + 1:
            break
        assert time.monotonic() < deadline_s
    running.post(event("purchase", visitor, {"item_id": "p1", "price": 7.0}, params={"transaction_id": visitor}))
    after = {variant["variant_id"]: variant for variant in results(running)["variants"]}["control"]
    assert after["revenue"] == before["revenue"] + 7.0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"variants": []}, "variants_invalid"),
        ({"variants": [{"variant_id": "a"}, {"variant_id": "b", "lists": {"best": {}}}]}, "strategy_invalid"),
        (
            {"variants": [{"variant_id": "a"}, {"variant_id": "b", "placements": {"attic": {"policy": "random"}}}]},
            "placement_unknown",
        ),
        ({**EXPERIMENT, "audience": {"any": ["nobody-defined-it"]}}, "segment_unknown"),
        ({**EXPERIMENT, "experiment_id": "other"}, "experiment_id_invalid"),
        ({**EXPERIMENT, "split": 50}, "field_unknown"),
    ],
)
def test_what_cannot_be_is_refused_by_name(api: Api, body: dict[str, Any], code: str) -> None:
    response = api.secret.put("/v1/experiments/wrong", json=body)
    assert (response.status_code, response.json()["code"]) == (422, code)
    assert api.secret.get("/v1/experiments/wrong").status_code == 404


def test_experiments_are_the_secret_keys_and_unknown_ones_are_named(api: Api) -> None:
    assert api.public.put("/v1/experiments/mine", json=EXPERIMENT).status_code == 403
    for path in ("results", "assignment?visitor_id=v1"):
        assert api.public.get(f"/v1/experiments/none/{path}").status_code == 403
        unknown = api.secret.get(f"/v1/experiments/none/{path}")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "experiment_unknown")
    holdout = api.secret.get("/v1/experiments/global_holdout/results")
    assert (holdout.status_code, holdout.json()["code"]) == (404, "holdout_unknown")


def test_an_order_of_a_visitor_who_logged_in_counts_for_the_variant_of_the_page(running: Api) -> None:
    def control() -> dict[str, Any]:
        return next(variant for variant in results(running)["variants"] if variant["variant_id"] == "control")

    before = control()
    (page,) = on_side(running, "control", 1)
    user = f"user-{page}"
    assert running.recommend(visitor_id=page)["experiments"][0]["variant_id"] == "control"
    running.post(event("login", page, user_id=user))
    assert running.recommend(visitor_id=page)["experiments"][0]["variant_id"] == "control"
    order = {"transaction_id": f"order-{page}"}
    told = event("purchase", user, {"item_id": "p1", "price": 11.0}, params=order)
    assert running.secret.post("/v1/events", json={"events": [told]}).json()["accepted"] == 1
    deadline_s = time.monotonic() + 10
    while (after := control())["revenue"] != before["revenue"] + 11.0:
        assert time.monotonic() < deadline_s, after
        time.sleep(0.05)
    assert after["visitors"] == before["visitors"] + 1, "the page and the visitor are one"
