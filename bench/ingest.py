"""How many events a second does one profile worker turn into stored profiles?

    python -m bench.ingest --events 100000

The log is filled first, then one worker process reads it from the start; counted from its first commit to its last,
Redis on the other core.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from random import Random

import orjson

from bench.machine import machine
from models.events.events import Event, EventItem, encode_event
from models.visitor.profile import encode_profile
from shopwindow.build import open_log
from shopwindow.embedded import EmbeddedRedis
from shopwindow.settings import Settings, SiteKeys, write_settings
from store.client import connect
from store.keys import Lifetimes
from store.log.log import EventLog, partition_of
from store.visitors.profiles import ProfileStore

SITE = "bench"
VISITORS_PER_EVENT = 0.25
PORTION = 5_000


def main() -> int:
    """Run the benchmark and print its result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    visitors = int(arguments.events * VISITORS_PER_EVENT)
    with tempfile.TemporaryDirectory(prefix="shopwindow-bench-") as directory, EmbeddedRedis(Path(directory)) as redis:
        keys = SiteKeys(SITE, "public-key-of-the-bench", "secret-key-of-the-bench")
        settings = Settings(redis_url=redis.url, sites=(keys,))
        settings = replace(settings, batch_max_events=4_000)
        write_settings(settings, Path(directory) / "settings.toml")
        log = open_log(settings)
        _fill(log, arguments.events, visitors, arguments.seed)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SHOPWINDOW_")}
        environment["SHOPWINDOW_CONFIG"] = str(Path(directory) / "settings.toml")
        worker = subprocess.Popen([sys.executable, "-m", "shopwindow", "stream", "profile"], env=environment)
        try:
            first, started_s = _wait(log, 1)
            _, ended_s = _wait(log, arguments.events)
        finally:
            worker.terminate()
            worker.wait()
        client = connect(redis.url)
        store = ProfileStore(client, Lifetimes(profile_s=3600.0))
        sample = [f"v{number}" for number in range(0, visitors, max(1, visitors // 500))]
        found = [store.load(SITE, partition_of(SITE, visitor, log.partitions), [visitor])[0] for visitor in sample]
        applied = store.counts(SITE, log.partitions)["applied"]
        client.close()
        log.close()
    result = {
        "benchmark": "ingest",
        "question": "events a second from the log to stored profiles, one worker",
        "protocol": (
            f"{arguments.events} events of {visitors} visitors in random order, one item each, log filled beforehand; "
            "one worker process, Redis on the same machine"
        ),
        "machine": machine(),
        "seed": arguments.seed,
        "events_per_s": round((arguments.events - first) / (ended_s - started_s)),
        "applied": applied,
        "profile_bytes_mean": round(sum(len(encode_profile(profile)) for profile in found) / len(found)),
    }
    print(orjson.dumps(result).decode())
    return 0 if applied == arguments.events else 1


def _fill(log: EventLog, count: int, visitors: int, seed: int) -> None:
    random = Random(seed)
    records: list[tuple[int, bytes]] = []
    now_s = time.time()
    for number in range(count):
        item = random.randrange(5_000)
        event = Event(
            site=SITE,
            event="view_item",
            visitor_id=f"v{random.randrange(visitors)}",
            at_s=now_s + number / 1_000,
            accepted_at_s=now_s,
            event_id=f"e{number}",
            items=(
                EventItem(
                    item_id=f"i{item}",
                    category=(f"c{item % 10}", f"c{item % 10}-{item % 100}"),
                    brand=f"b{item % 60}",
                    price=1.0 + item % 300,
                ),
            ),
        )
        records.append((partition_of(SITE, event.visitor_id, log.partitions), encode_event(event)))
        if len(records) == PORTION or number == count - 1:
            log.append(records)
            records = []


def _wait(log: EventLog, events: int) -> tuple[int, float]:
    """Wait until so many events are committed; gives how many there are, and when."""
    deadline_s = time.monotonic() + 300
    while time.monotonic() < deadline_s:
        done = sum(log.committed("profile"))
        if done >= events:
            return done, time.monotonic()
        time.sleep(0.005)
    raise TimeoutError(f"{sum(log.committed('profile'))} of {events} events after 300 s")


if __name__ == "__main__":
    sys.exit(main())
