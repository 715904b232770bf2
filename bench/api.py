"""How fast are decisions at a given rate? Open loop, on the embedded stack, everything on this machine.

    python -m bench.api --rate 1000 --seconds 20

One page in ten asks for a whole page at once, two for slots, the rest for a list. Exit code 1 when any request failed.
"""

import argparse
import sys
from random import Random
from typing import Any

import orjson
import uvloop

from bench.load import Connections, Request, Sent, get, open_loop, post
from bench.machine import machine, percentiles
from bench.stack import make_history, running_stack

VISITORS = 2_000
EVENTS_EACH = 10


def main() -> int:
    """Run the benchmark and print its result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=1_000, help="requests a second")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--warmup-seconds", type=float, default=5, help="at the same rate, not counted")
    parser.add_argument("--workers", type=int, default=1, help="API processes")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with running_stack(arguments.seed, arguments.workers) as (stack, shop):
        make_history(stack, shop, VISITORS, EVENTS_EACH, arguments.seed)
        random = Random(arguments.seed)
        items = [item.item_id for item in shop.items]
        key = stack.keys.public_key

        def make(number: int) -> Request:
            visitor = f"v{random.randrange(VISITORS)}"
            kind = number % 10
            if kind == 0:
                page = {
                    "visitor_id": visitor,
                    "placements": [{"placement": "home_hero", "count": 4}],
                    "lists": [{"strategy": "for_you", "limit": 8}, {"strategy": "trending", "limit": 8}],
                }
                return post("decisions", "/v1/decisions", key, page)
            if kind in (1, 2):
                return get("slots", f"/v1/slots/home_hero?visitor_id={visitor}", key)
            if kind in (3, 4, 5):
                item_id = random.choice(items)
                path = f"/v1/recommendations?strategy=similar&item_id={item_id}&visitor_id={visitor}"
                return get("similar", path, key)
            return get("for_you", f"/v1/recommendations?visitor_id={visitor}", key)

        async def run() -> list[Sent]:
            connections = Connections("127.0.0.1", stack.settings.port)
            await open_loop(connections, arguments.rate, arguments.warmup_seconds, make)
            sent = await open_loop(connections, arguments.rate, arguments.seconds, make)
            connections.close()
            return sent

        sent = uvloop.run(run())
    failed = [call for call in sent if call.status != 200]
    kinds = sorted({call.kind for call in sent})
    result: dict[str, Any] = {
        "benchmark": "api",
        "question": "latency of decisions at a given rate",
        "protocol": (
            f"open loop, latency from due time; {arguments.workers} API process(es), stream, Redis and load on one "
            f"machine; {len(items)} products, {VISITORS} visitors with {EVENTS_EACH} events each; "
            "10 % whole pages, 20 % slots, 30 % similar, 40 % for you"
        ),
        "machine": machine(),
        "seed": arguments.seed,
        "rate_per_s": arguments.rate,
        "seconds": arguments.seconds,
        "errors": len(failed),
        "latency_ms": percentiles([call.latency_ms for call in sent]),
        "by_kind_ms": {kind: percentiles([call.latency_ms for call in sent if call.kind == kind]) for kind in kinds},
    }
    print(orjson.dumps(result).decode())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
