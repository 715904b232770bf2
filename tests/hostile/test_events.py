"""Hostile events: none of them is ever a fault of ours, none costs a good one beside it, and the flows go on.

`SHOPWINDOW_TEST_EVENTS` sets how many there are; 28,000 of each of several seeds have been tried.
"""

import gzip
import os
import time
from random import Random

import httpx
import pytest

from shopwindow.embedded_stack import EmbeddedStack
from tests.hostile.events import hostile_events, written

EVENTS = int(os.environ.get("SHOPWINDOW_TEST_EVENTS", "6000"))
SEED = int(os.environ.get("SHOPWINDOW_TEST_SEED", "1"))
BATCH = 150
MOST_BYTES = 400_000


@pytest.mark.timeout(1_800)
def test_no_hostile_event_is_a_fault_and_none_costs_its_neighbour(hostile_stack: EmbeddedStack) -> None:
    random, keys = Random(SEED), hostile_stack.settings.sites[0]
    sent = neighbours = batches = 0
    with httpx.Client(base_url=hostile_stack.url, timeout=120) as client:
        waiting = list(hostile_events(random, EVENTS))
        while waiting:
            batch = [waiting.pop() for _ in range(min(BATCH, len(waiting)))]
            while len(written(batch)) > MOST_BYTES:
                waiting += batch[len(batch) // 2 :]
                batch = batch[: len(batch) // 2]
            sent += len(batch)
            place = random.randrange(len(batch) + 1)
            good = {"event": "page_view", "visitor_id": "neighbour", "event_id": f"good-{SEED}-{neighbours}"}
            batch.insert(place, good)
            neighbours += 1
            packed = random.random() < 0.2
            body = gzip.compress(written(batch)) if packed else written(batch)
            headers = {"Authorization": f"Bearer {random.choice((keys.public_key, keys.secret_key))}"}
            headers |= {"Content-Encoding": "gzip"} if packed else {}
            answer = client.post("/v1/events", content=body, headers=headers)
            assert answer.status_code == 202, (answer.text[:500], body[:2_000])
            told = answer.json()
            assert told["accepted"] + len(told["rejected"]) == len(batch)
            assert place not in {rejection["index"] for rejection in told["rejected"]}
            assert all(rejection["code"] and rejection["message"] for rejection in told["rejected"])
            batches += 1
        assert sent == EVENTS
        client.headers["Authorization"] = f"Bearer {keys.secret_key}"
        wait_until_learned(client)
        assert client.get("/v1/visitors/neighbour").json()["events_seen"] == neighbours
        letters = client.get("/v1/dead-letters", params={"limit": 1_000}).json()
        assert {letter["source"] for letter in letters["dead_letters"]} <= {"api"}, "what is taken can be used"
    assert hostile_stack.restarts == 0


def wait_until_learned(client: httpx.Client) -> None:
    deadline_s = time.monotonic() + 300
    while any(client.get("/v1/status").json()["lag"].values()):
        assert time.monotonic() < deadline_s
        time.sleep(0.1)
