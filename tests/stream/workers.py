"""Real stream workers over a log of their own, and what their profiles should be."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from models.catalog.assortment import Assortment
from models.events.dead_letter import DeadLetter
from models.events.events import Event, EventItem, encode_event
from models.visitor.interest_sketch import Sketches
from models.visitor.profile import Profile, discrete_part
from shopwindow.build import open_log
from shopwindow.settings import Settings, SiteKeys, write_settings
from store.client import Client, connect
from store.dead_letters import DeadLetterStore
from store.keys import Lifetimes
from store.log.log import EventLog, partition_of
from store.visitors.profiles import ProfileStore
from stream.dead_letter_writer import DeadLetterWriter
from stream.flow_context import FlowContext
from stream.profile_flow import learn_visitors
from stream.retry import Stop
from tests.servers import Broker

PARTITIONS = 4
SESSION_TIMEOUT_S = 1.5
START_S = 1_700_000_000.0
_ITEMS = 120


@dataclass
class World:
    """One site on one log, its settings written where workers read them."""

    site: str
    settings: Settings
    config: Path
    log: EventLog
    client: Client

    @contextmanager
    def worker(self, flow: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run `shopwindow stream FLOW` until the block ends."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SHOPWINDOW_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "shopwindow", "stream", flow],
            env={**environment, "SHOPWINDOW_CONFIG": str(self.config)},
            stdin=subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def context(self, flow: str = "test") -> FlowContext:
        """What a flow of this process is given."""
        stop = Stop()
        letters = DeadLetterWriter(DeadLetterStore(self.client), flow, stop)
        return FlowContext(self.log, frozenset({self.site}), 1_000, stop, letters)

    def dead_letters(self) -> list[DeadLetter]:
        """What was set aside, newest first."""
        return [letter for _, letter in DeadLetterStore(self.client).newest([self.site], None, 1_000).letters]

    def append(self, events: Sequence[Event]) -> list[int]:
        """Put events into the log, each where it belongs."""
        records = [(partition_of(self.site, event.visitor_id, PARTITIONS), encode_event(event)) for event in events]
        return self.log.append(records)

    def wait_until_committed(self, group: str, within_s: float) -> None:
        """Wait until a group has committed all there is."""
        deadline_s = time.monotonic() + within_s
        while self.log.committed(group) != self.log.ends():
            assert time.monotonic() < deadline_s, f"{group}: {self.log.committed(group)} of {self.log.ends()}"
            time.sleep(0.05)

    def profiles(self, visitors: Sequence[str]) -> dict[str, Profile]:
        """What is stored now."""
        store = ProfileStore(self.client, Lifetimes(profile_s=3600.0))
        found: dict[str, Profile] = {}
        for visitor in visitors:
            partition = partition_of(self.site, visitor, PARTITIONS)
            found[visitor] = store.load(self.site, partition, [visitor])[0]
        return found


@contextmanager
def world(
    kind: str, redis_url: str, broker: Broker | None, directory: Path, given: Settings | None = None
) -> Iterator[World]:
    """Make a site of its own on a log of its own, or open the first one of the settings given."""
    site = given.sites[0].site if given else f"s-{uuid.uuid4().hex[:8]}"
    settings = given or Settings(
        redis_url=redis_url,
        log=kind,
        log_name=f"exact-{site}",
        log_partitions=PARTITIONS,
        kafka_bootstrap_servers=broker.bootstrap if broker else "",
        kafka_options=",".join(f"{name}={value}" for name, value in broker.extra.items()) if broker else "",
        session_timeout_s=SESSION_TIMEOUT_S,
        batch_max_events=40,
        publish_every_s=0.2,
        sites=(SiteKeys(site, f"public-{site}-key", f"secret-{site}-key"),),
    )
    config = directory / "settings.toml"
    write_settings(settings, config)
    log, client = open_log(settings), connect(redis_url)
    try:
        yield World(site, settings, config, log, client)
    finally:
        log.close()
        client.close()


def make_events(site: str, count: int, visitors: int, seed: int) -> list[Event]:
    """Seeded shopping: every kind of event that changes a profile, some late, some sent twice."""
    random = Random(seed)
    names = ["view_item"] * 12 + ["add_to_cart"] * 3 + ["remove_from_cart", "add_to_wishlist", "search", "page_view"]
    names += ["purchase", "order_cancelled", "select_promotion"]
    made: list[Event] = []
    for number in range(count):
        if made and random.random() < 0.03:
            made.append(random.choice(made[-50:]))  # a client's retry
            continue
        name = random.choice(names)
        visitor = f"v{int(visitors * random.random() ** 2)}"
        at_s = START_S + number * 2.0 - (random.uniform(0, 7200) if random.random() < 0.1 else 0)
        params: dict[str, object] = {}
        if name in ("purchase", "order_cancelled"):
            params["transaction_id"] = f"{visitor}-{random.randrange(3)}"
        items = tuple(_item(random.randrange(_ITEMS)) for _ in range(random.randint(1, 2)))
        campaign = {"campaign": {"source": "mail", "name": f"c{number}"}} if random.random() < 0.02 else {}
        made.append(
            Event(
                site=site,
                event=name,
                visitor_id=visitor,
                at_s=at_s,
                accepted_at_s=at_s,
                event_id=f"e{number}",
                params=params,
                items=items,
                context=campaign,
            )
        )
    return made


def _item(number: int) -> EventItem:
    return EventItem(
        item_id=f"i{number}",
        category=(f"c{number % 5}", f"c{number % 5}-{number % 15}"),
        brand=f"b{number % 7}",
        price=5.0 + number,
        quantity=1 + number % 2,
    )


def undisturbed(events: Sequence[Event], positions: Sequence[int]) -> dict[str, Profile]:
    """Profiles as one worker that is never disturbed would leave them: each visitor's events learned at once."""
    by_visitor: dict[str, list[tuple[int, Event]]] = {}
    for event, position in zip(events, positions, strict=True):
        by_visitor.setdefault(event.visitor_id, []).append((position, event))
    visitors = list(by_visitor)
    learned = learn_visitors(visitors, [Profile() for _ in visitors], by_visitor, Assortment())
    return {visitor: profile.profile for visitor, profile in zip(visitors, learned, strict=True)}


def assert_equal_profiles(found: dict[str, Profile], expected: dict[str, Profile]) -> None:
    """Discrete parts exactly, vectors within 1 % of their norm."""
    assert found.keys() == expected.keys()
    for visitor, profile in expected.items():
        assert discrete_part(found[visitor]) == discrete_part(profile), visitor
        mine = Sketches([found[visitor].sketch]).as_of(0, profile.last_at_s)
        theirs = Sketches([profile.sketch]).as_of(0, profile.last_at_s)
        off = np.linalg.norm(mine - theirs, axis=1)
        assert (off <= 0.01 * np.linalg.norm(theirs, axis=1) + 1e-9).all(), (visitor, off)
