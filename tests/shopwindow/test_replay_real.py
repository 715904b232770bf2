"""A recorded day of a real shop, replayed whole: nothing is lost, and visitors get what they look at."""

import gzip
import uuid
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shopwindow.embedded import EmbeddedRedis, free_port
from shopwindow.embedded_stack import EmbeddedStack
from shopwindow.remote import Address, Remote
from shopwindow.replay import levels_of, read_rows, replay
from shopwindow.settings import Settings, SiteKeys
from tests.processes import Part, running, wait_until_ready
from tests.servers import Broker

EVENTS = Path(__file__).parents[3] / "shared" / "data" / "rees46_multi_2019_10_01" / "events.csv.gz"
DUPLICATES = 5  # rows the file holds twice
LEAST_EVENTS = 3

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not EVENTS.is_file(), reason=f"no recorded events at {EVENTS}"),
]
KEYS = SiteKeys("real", f"public-{uuid.uuid4().hex}", f"secret-{uuid.uuid4().hex}")


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[str]:
    """All on this machine, the log on Redis."""
    settings = Settings(port=0, data_dir=str(tmp_path), redis_deadline_ms=5_000, sites=(KEYS,))
    with EmbeddedStack(settings, "real") as stack:
        yield stack.url
    assert stack.restarts == 0


@pytest.fixture
def on_kafka(kafka_broker: Broker, redis_server: EmbeddedRedis, tmp_path: Path) -> Iterator[str]:
    """Each part a process of its own, the log on Kafka."""
    port = free_port()
    settings = {
        "SHOPWINDOW_LOG": "kafka",
        "SHOPWINDOW_LOG_NAME": f"real-{uuid.uuid4().hex[:8]}",
        "SHOPWINDOW_LOG_PARTITIONS": "4",
        "SHOPWINDOW_KAFKA_BOOTSTRAP_SERVERS": kafka_broker.bootstrap,
        "SHOPWINDOW_KAFKA_OPTIONS": ",".join(f"{name}={value}" for name, value in kafka_broker.extra.items()),
        "SHOPWINDOW_REDIS_URL": redis_server.url,
        "SHOPWINDOW_REDIS_DEADLINE_MS": "5000",
        "SHOPWINDOW_SITE": f"real-{uuid.uuid4().hex[:8]}",
        "SHOPWINDOW_PUBLIC_KEY": KEYS.public_key,
        "SHOPWINDOW_SECRET_KEY": KEYS.secret_key,
        "SHOPWINDOW_PORT": str(port),
    }
    commands = {"api": ("api",), "profile": ("stream", "profile"), "learn": ("stream", "learn")}
    url = f"http://127.0.0.1:{port}"
    with running({name: Part(command, settings) for name, command in commands.items()}, tmp_path):
        wait_until_ready(url, tmp_path)
        yield url


def looked_at() -> dict[str, set[tuple[str, ...]]]:
    """Categories of each visitor with enough events, all of which name one."""
    found = defaultdict(list)
    for _, row in read_rows(EVENTS):
        found[row["visitor_id"]].append(tuple(levels_of(row["category"])))
    return {
        visitor: set(paths) for visitor, paths in sorted(found.items()) if len(paths) >= LEAST_EVENTS and all(paths)
    }


def share_of_own_categories(url: str) -> float:
    """Mean share of the items recommended to a visitor that are of a category the visitor looked at."""
    shares = []
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {KEYS.public_key}"}, timeout=30) as client:
        for visitor, categories in looked_at().items():
            parameters: dict[str, str | int] = {"visitor_id": visitor, "strategy": "for_you", "limit": 10}
            items = client.get("/v1/recommendations", params=parameters).raise_for_status().json()["items"]
            assert len(items) == 10
            shares.append(sum(tuple(item["category"].split(" > ")) in categories for item in items) / len(items))
    assert len(shares) > 1_000
    return sum(shares) / len(shares)


@pytest.mark.parametrize("server", ["embedded", pytest.param("on_kafka", marks=pytest.mark.kafka)])
def test_every_event_is_accounted_for_and_visitors_see_what_they_look_at(
    server: str, request: pytest.FixtureRequest
) -> None:
    url: str = request.getfixturevalue(server)
    with Remote(Address(url, KEYS.secret_key)) as remote:
        account = replay(remote, EVENTS, speed=None, add_items=True, progress=lambda rows: None)
    with gzip.open(EVENTS, "rt") as file:
        assert account.rows == sum(1 for _ in file) - 1
    assert (account.accepted, account.rejected, account.lost) == (account.rows, 0, 0)
    assert account.accepted == account.applied + account.duplicates + account.dead_letters
    assert (account.duplicates, account.dead_letters) == (DUPLICATES, 0)
    assert share_of_own_categories(url) >= 0.8
