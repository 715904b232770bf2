"""Shoppers send only valid events, count what they meet exactly, and treat both arms alike."""

import asyncio
import json
import time
from collections import Counter
from typing import Any

import httpx
import pytest

from models.catalog.resources import CatalogItem, Creative
from models.events.intake.parsing import parse_event
from shopwindow.sample.shop import SampleShop, make_shop
from shopwindow.sample.shopper_report import ShopperReport
from shopwindow.sample.shoppers import Footfall, Shoppers
from shopwindow.sample.taste import Taste


class Engine:
    """Answers as the engine would, always the same, and remembers what it was told."""

    def __init__(self, shop: SampleShop, fresh_after: int = 0, status: int = 200, reject: str = "") -> None:
        self.shop = shop
        self.events: list[dict[str, Any]] = []
        self.decisions = 0
        self._fresh_after = fresh_after
        self._status = status
        self._reject = reject
        self._looks: Counter[str] = Counter()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer pk"
        body = json.loads(request.content)
        if self._status != 200:
            return httpx.Response(self._status, text="no")
        return self._take(body) if request.url.path == "/v1/events" else self._decide(body)

    def _take(self, body: dict[str, Any]) -> httpx.Response:
        rejected = []
        for index, event in enumerate(body["events"]):
            parse_event(event, site="demo", accepted_at_s=1.8e9)
            if event["event"] == self._reject:
                rejected.append({"index": index, "code": "c", "message": "m"})
            else:
                self.events.append(event)
            self._looks[event["visitor_id"]] = 0
        return httpx.Response(202, json={"accepted": len(body["events"]) - len(rejected), "rejected": rejected})

    def _decide(self, body: dict[str, Any]) -> httpx.Response:
        self.decisions += 1
        visitor = body["visitor_id"]
        self._looks[visitor] += 1
        slots = [
            {"creative_id": creative.creative_id, "campaign_id": creative.campaign_id, "position": place}
            for place, creative in enumerate(self.shop.creatives[:18:5])
        ]
        items = [{"item_id": item.item_id, "position": place} for place, item in enumerate(self.shop.items[::60])]
        return httpx.Response(
            200,
            json={
                "decision_id": f"d{self.decisions}",
                "holdout": int(visitor[-1]) % 2 == 1,
                "state": {"freshness_ms": 1.5 if self._looks[visitor] > self._fresh_after else None},
                "placements": {placement["placement"]: {"slots": slots} for placement in body.get("placements", [])},
                "lists": {
                    entry["name"]: {"strategy": entry["strategy"], "items": items[: entry["limit"]]}
                    for entry in body["lists"]
                },
            },
        )


def visit(engine: Engine, seconds: float = 0.6, seed: int = 3, arrivals_per_s: float = 100.0) -> ShopperReport:
    shoppers = Shoppers(
        "http://shop",
        "pk",
        engine.shop,
        seed,
        Footfall(concurrency=8, arrivals_per_s=arrivals_per_s, pause_s=0.0),
        transport=httpx.MockTransport(engine),
    )
    return asyncio.run(shoppers.shop(seconds))


@pytest.fixture(scope="module")
def shop() -> SampleShop:
    return make_shop(seed=7)


def test_counts_are_those_of_accepted_events(shop: SampleShop) -> None:
    engine = Engine(shop)
    report = visit(engine)
    assert report.errors == 0, report.error_examples
    assert report.events_in == len(engine.events)
    assert report.decisions_out == engine.decisions
    named = Counter(event["event"] for event in engine.events)
    assert sum(report.slot_impressions.values()) == named["view_promotion"] > 0
    assert sum(report.slot_clicks.values()) == named["select_promotion"]
    listed = [event for event in engine.events if "decision_id" in event.get("params", {}) and "items" in event]
    shown = sum(len(event["items"]) for event in listed if event["event"] == "view_item_list")
    assert sum(report.list_impressions.values()) == shown > 0
    assert sum(report.list_clicks.values()) == sum(event["event"] == "select_item" for event in listed)
    assert report.orders == named["purchase"]
    assert set(report.freshness_ms) == {1.5}
    assert {"view_item", "search", "add_to_cart"} <= set(named)


def test_each_arm_is_counted_by_the_flag_of_its_decisions(shop: SampleShop) -> None:
    engine = Engine(shop)
    report = visit(engine)
    odd = sum(event["event"] == "view_promotion" and int(event["visitor_id"][-1]) % 2 == 1 for event in engine.events)
    assert report.slot_impressions["holdout"] == odd > 0
    clicks, shown = report.slot_clicks["personalized"], report.slot_impressions["personalized"]
    assert report.click_rate["personalized"] == clicks / shown


def test_arms_served_alike_click_alike(shop: SampleShop) -> None:
    report = visit(Engine(shop), seconds=2.5)
    rates = [rate for rate in report.list_click_rate.values() if rate is not None]
    assert len(rates) == 2
    assert abs(rates[0] - rates[1]) < 0.03


def test_nothing_shown_is_no_rate() -> None:
    assert ShopperReport().click_rate == {"personalized": None, "holdout": None}


def test_shoppers_look_again_until_their_event_was_used(shop: SampleShop) -> None:
    report = visit(Engine(shop, fresh_after=2))
    assert report.freshness_ms
    assert report.freshness_missed == 0
    assert visit(Engine(shop, fresh_after=99)).freshness_missed > 0


def test_rejected_events_are_errors_and_no_impressions(shop: SampleShop) -> None:
    report = visit(Engine(shop, reject="view_promotion"))
    assert sum(report.slot_impressions.values()) == 0
    assert report.errors > 0
    assert "view_promotion rejected" in report.error_examples[0]


def test_a_failing_engine_is_reported_and_survived(shop: SampleShop) -> None:
    report = visit(Engine(shop, status=503))
    assert report.events_in == report.decisions_out == 0
    assert report.errors > 0
    assert "503" in report.error_examples[0]
    assert len(report.error_examples) <= 20


def test_the_same_seed_brings_the_same_first_shopper(shop: SampleShop) -> None:
    def first(seed: int) -> list[tuple[str, str]]:
        engine = Engine(shop)
        visit(engine, seed=seed, seconds=0.4)
        return [
            (event["event"], json.dumps(event.get("items", [])[:2]))
            for event in engine.events
            if event["visitor_id"].endswith("-000000") and event["event"] not in ("view_promotion", "view_item_list")
        ][:6]

    assert first(3) == first(3)
    assert first(3) != first(4)


def test_a_run_ends_in_time_however_long_shoppers_pause(shop: SampleShop) -> None:
    shoppers = Shoppers(
        "http://shop",
        "pk",
        shop,
        3,
        Footfall(arrivals_per_s=50, pause_s=60.0),
        transport=httpx.MockTransport(Engine(shop)),
    )
    started_at = time.monotonic()
    asyncio.run(shoppers.shop(0.3))
    assert time.monotonic() - started_at < 5.0


def test_taste_likes_its_own_leaf_most_and_its_brand_more() -> None:
    leaf = ("Home", "Kitchen", "Mugs")
    taste = Taste(frozenset({leaf}), brand="Potter", price_level=1.0)
    own = taste.liking(CatalogItem(item_id="a", category=leaf, price=10.0), usual_price=10.0)
    near = taste.liking(CatalogItem(item_id="b", category=(*leaf[:2], "Pans"), price=10.0), usual_price=10.0)
    far = taste.liking(CatalogItem(item_id="c", category=("Sport", "Yoga", "Mats"), price=10.0), usual_price=10.0)
    dear = taste.liking(CatalogItem(item_id="d", category=leaf, price=40.0), usual_price=10.0)
    brand = taste.liking(CatalogItem(item_id="e", category=leaf, price=10.0, brand="Potter"), usual_price=10.0)
    assert 1.0 >= brand > own > near > far > 0
    assert dear < own
    assert taste.meets(Creative(creative_id="c", campaign_id="k", category=("Home", "Kitchen")))
    assert taste.meets(Creative(creative_id="c", campaign_id="k", brand="Potter"))
    assert not taste.meets(Creative(creative_id="c", campaign_id="k", category=("Home", "Bedroom")))


@pytest.mark.parametrize("wrong", [{"concurrency": 0}, {"arrivals_per_s": 0.0}, {"pause_s": -1.0}])
def test_settings_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="concurrency must be"):
        Footfall(**wrong)
