"""An experiment played as a story in event time, with processes killed in between, against a plain count beside it."""

import os
import signal
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from models.base.bucketing import in_holdout
from shopwindow.embedded_stack import EmbeddedStack
from shopwindow.settings import Settings, SiteKeys
from tests.api.conftest import Api, event, product

HOLDOUT_SHARE = 0.2
MORNING = datetime(2025, 3, 1, 8, tzinfo=UTC)


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """A stack of its own, whose time is that of its events."""
    settings = Settings(
        port=0,
        data_dir=str(tmp_path_factory.mktemp("story")),
        redis_deadline_ms=5_000,
        publish_every_s=0.2,
        archive_every_s=0.3,
        session_timeout_s=1.0,
        holdout_share=HOLDOUT_SHARE,
        clock="event",
        sites=(SiteKeys("story", f"public-{uuid.uuid4().hex}", f"secret-{uuid.uuid4().hex}"),),
    )
    with EmbeddedStack(settings, "story") as running:
        yield running


@pytest.fixture
def shop(stack: EmbeddedStack) -> Iterator[Api]:
    """Its one site, with products."""
    keys = stack.settings.sites[0]
    with (
        httpx.Client(base_url=stack.url, headers={"Authorization": f"Bearer {keys.public_key}"}, timeout=30) as public,
        httpx.Client(base_url=stack.url, headers={"Authorization": f"Bearer {keys.secret_key}"}, timeout=30) as secret,
    ):
        made = Api(stack.url, keys, public, secret)
        made.put_items(*(product(number) for number in range(20)))
        yield made


def _kill(stack: EmbeddedStack, shop: Api, part: str) -> None:
    """Kill a part outright, and wait until it runs again."""
    pid = stack.pid(part)
    os.kill(pid, signal.SIGKILL)
    deadline_s = time.monotonic() + 30
    while stack.pid(part) == pid or not _ready(shop):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def _ready(shop: Api) -> bool:
    try:
        return shop.public.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def _wait_until_told(shop: Api, sent: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Give the results once they are what was sent: exposures are appended beside the answer, 10 ms later or so."""
    deadline_s = time.monotonic() + 15
    while True:
        found: dict[str, Any] = shop.secret.get("/v1/experiments/story/results").json()
        told = {variant["variant_id"]: {name: variant[name] for name in sent["own"]} for variant in found["variants"]}
        if told == sent:
            return found
        assert time.monotonic() < deadline_s, (told, sent)
        time.sleep(0.05)


@pytest.mark.slow
def test_a_story_with_kills_ends_in_the_figures_of_a_plain_count(stack: EmbeddedStack, shop: Api) -> None:
    variants = [{"variant_id": "own"}, {"variant_id": "best", "lists": {"for_you": {"strategy": "bestsellers"}}}]
    body = {"variants": variants, "metric": "conversion", "traffic": 0.8}
    assert shop.secret.put("/v1/experiments/story", json=body).status_code == 200
    sent: dict[str, dict[str, Any]] = defaultdict(lambda: {"visitors": 0, "clicks": 0, "buyers": 0, "revenue": 0.0})
    shop.post(event("page_view", "clock", timestamp=MORNING.isoformat()))
    shop.wait_until_learned()
    for number in range(160):
        visitor = f"visitor-{number}"
        now = MORNING + timedelta(minutes=number)
        paid = {"item_id": "p1", "price": float(10 + number % 7)}
        # An order of the day before, and a look around that moves the clock.
        before = (now - timedelta(days=1)).isoformat()
        shop.post(
            event("purchase", visitor, paid, params={"transaction_id": f"old-{number}"}, timestamp=before),
            event("view_item", visitor, "p2", timestamp=now.isoformat()),
        )
        met = shop.recommend(visitor_id=visitor)["experiments"]
        if in_holdout("story", visitor, HOLDOUT_SHARE):
            assert met == []
        if met:
            own = sent[met[0]["variant_id"]]
            own["visitors"] += 1
            if number % 2 == 0:
                clicked = {"item_list_id": "for_you", "decision_id": f"d{number}"}
                after = (now + timedelta(days=1)).isoformat()
                shop.post(event("select_item", visitor, "p3", params=clicked, timestamp=after))
                own["clicks"] += 1
            if number % 3 == 0:
                after = (now + timedelta(days=1, hours=2)).isoformat()
                shop.post(event("purchase", visitor, paid, params={"transaction_id": str(number)}, timestamp=after))
                own["buyers"] += 1
                own["revenue"] += paid["price"]
        if number in (40, 80, 120):  # each kill falls between two visitors
            _wait_until_told(shop, sent)
            _kill(stack, shop, {40: "archive", 80: "api", 120: "profile"}[number])
            assert shop.recommend(visitor_id=visitor)["experiments"] == met, "the variant outlives the process"
    found = _wait_until_told(shop, sent)
    assert sum(message["visitors"] for message in sent.values()) == pytest.approx(
        160 * 0.8 * (1 - HOLDOUT_SHARE), abs=25
    )
    assert found["sample_ratio"]["observed"] == {message: figures["visitors"] for message, figures in sent.items()}
    assert found["left_out"] == {"bots": 0, "floods": 0, "several_variants": 0}
    held_out = shop.secret.get("/v1/experiments/global_holdout/results").json()
    counted = {variant["variant_id"]: variant["visitors"] for variant in held_out["variants"]}
    expected = sum(in_holdout("story", f"visitor-{number}", HOLDOUT_SHARE) for number in range(160))
    assert counted["holdout"] - in_holdout("story", "clock", HOLDOUT_SHARE) == expected
    # Everything is archived by and by; nothing is then counted twice.
    shop.wait_until_learned()
    time.sleep(0.5)
    again = shop.secret.get("/v1/experiments/story/results").json()
    assert again["variants"] == found["variants"]
