"""How long from a click to a decision that used it, and to the stored profile, while the shop is busy?

    python -m bench.freshness --rate 1000 --seconds 20

Background visitors post events at the given rate. Probes post one event and at once ask for a decision; the answer's
own `freshness_ms` counts from acceptance to decision. The stored profile is watched until the stream has written it.
Exit code 1 when any request failed, or a decision did not use the event accepted before it.
"""

import argparse
import asyncio
import sys
import time
from random import Random
from typing import Any

import orjson
import uvloop

from bench.load import Connections, Request, get, open_loop, post
from bench.machine import machine, percentiles
from bench.stack import make_history, running_stack

VISITORS = 2_000
EVENTS_A_REQUEST = 10
PROBE_EVERY_S = 0.05


def main() -> int:
    """Run the benchmark and print its result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=1_000, help="background events a second")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    decided: list[float] = []
    round_trips: list[float] = []
    stored: list[float] = []
    failures = 0
    with running_stack(arguments.seed) as (stack, shop):
        make_history(stack, shop, VISITORS, 5, arguments.seed)
        random = Random(arguments.seed)
        items = [item.item_id for item in shop.items]
        public, secret = stack.keys.public_key, stack.keys.secret_key

        def event(visitor: str) -> dict[str, Any]:
            return {"event": "view_item", "visitor_id": visitor, "items": [{"item_id": random.choice(items)}]}

        def background(_: int) -> Request:
            events = [event(f"v{random.randrange(VISITORS)}") for _ in range(EVENTS_A_REQUEST)]
            return post("events", "/v1/events", public, {"events": events})

        async def probe(connections: Connections, number: int) -> int:
            visitor = f"probe-{number}"
            started_s = time.monotonic()
            answer = await connections.send(post("", "/v1/events", public, {"events": [event(visitor)]}), started_s)
            accepted_s = time.monotonic()
            got = await connections.send(get("", f"/v1/recommendations?visitor_id={visitor}", public), accepted_s)
            if answer.status != 202 or got.status != 200:
                return 1
            state = orjson.loads(got.body)["state"]
            if state["events_seen"] != 1 or state["freshness_ms"] is None:
                return 1
            decided.append(state["freshness_ms"])
            round_trips.append((time.monotonic() - started_s) * 1000)
            for _ in range(2_000):
                seen = await connections.send(get("", f"/v1/visitors/{visitor}?limit=0", secret), time.monotonic())
                if seen.status == 200 and orjson.loads(seen.body)["storage"]["pending_events"] == 0:
                    stored.append((time.monotonic() - accepted_s) * 1000)
                    return 0
                await asyncio.sleep(0.001)
            return 1

        async def run() -> int:
            connections = Connections("127.0.0.1", stack.settings.port)
            load = asyncio.create_task(
                open_loop(connections, arguments.rate / EVENTS_A_REQUEST, arguments.seconds, background)
            )
            failed = number = 0
            while not load.done():
                failed += await probe(connections, number)
                number += 1
                await asyncio.sleep(PROBE_EVERY_S)
            failed += sum(sent.status != 202 for sent in await load)
            connections.close()
            return failed

        failures = uvloop.run(run())
    result = {
        "benchmark": "freshness",
        "question": "from a click to a decision that used it, and to the stored profile",
        "protocol": (
            f"{arguments.rate:g} background events/s in requests of {EVENTS_A_REQUEST}, open loop; a probe every "
            f"{PROBE_EVERY_S:g} s; API, stream, Redis and load on one machine; {len(items)} products"
        ),
        "machine": machine(),
        "seed": arguments.seed,
        "rate_per_s": arguments.rate,
        "seconds": arguments.seconds,
        "errors": failures,
        "accepted_to_decision_ms": percentiles(decided),
        "click_sent_to_decision_received_ms": percentiles(round_trips),
        "accepted_to_stored_profile_ms": percentiles(stored),
    }
    print(orjson.dumps(result).decode())
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
