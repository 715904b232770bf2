"""A whole stack on this machine, shared by the tests of the API: each test uses visitors and products of its own."""

import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from models.events.names import SERVER_EVENTS
from shopwindow.embedded_stack import EmbeddedStack
from shopwindow.settings import Settings, SiteKeys
from store.client import Client, connect

PRODUCTS = 60


def _keys(site: str, visitor_tokens: str = "off") -> SiteKeys:
    return SiteKeys(site, f"public-{site}-{uuid.uuid4().hex}", f"secret-{site}-{uuid.uuid4().hex}", visitor_tokens)


@dataclass
class Api:
    """One site of the running API, as its browsers and its servers see it."""

    url: str
    keys: SiteKeys
    public: httpx.Client
    secret: httpx.Client

    def post(self, *events: dict[str, Any]) -> dict[str, Any]:
        """Send events, with the public key where it may; all must be taken."""
        told_by_servers = any(event["event"] in SERVER_EVENTS for event in events)
        client = self.secret if told_by_servers else self.public
        response = client.post("/v1/events", json={"events": list(events)})
        assert response.status_code == 202, response.text
        body: dict[str, Any] = response.json()
        assert body == {"accepted": len(events), "rejected": [], "warnings": []}
        return body

    def recommend(self, **parameters: Any) -> dict[str, Any]:
        """Ask for a list."""
        response = self.public.get("/v1/recommendations", params=parameters)
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    def ids(self, **parameters: Any) -> list[str]:
        """Ask for a list's item ids."""
        return [item["item_id"] for item in self.recommend(**parameters)["items"]]

    def put_items(self, *items: dict[str, Any]) -> None:
        """Put products."""
        response = self.secret.put("/v1/catalog/items", json={"items": list(items)})
        body = response.json()
        assert (body["accepted"], body["rejected"]) == (len(items), [])

    def wait_until_learned(self) -> None:
        """Wait until both flows have nothing left to read, and the API serves what they learned."""
        deadline_s = time.monotonic() + 30
        while True:
            status = self.secret.get("/v1/status").json()
            if not any(status["lag"].values()):
                break
            assert time.monotonic() < deadline_s, status
            time.sleep(0.05)
        time.sleep(0.6)  # the API looks for new models four times a second


def event(name: str, visitor: str, *items: str | dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Make an event."""
    made: dict[str, Any] = {"event": name, "visitor_id": visitor, **fields}
    if items:
        made["items"] = [{"item_id": item} if isinstance(item, str) else item for item in items]
    return made


def new_visitor() -> str:
    """A visitor id nobody used."""
    return f"v-{uuid.uuid4().hex[:12]}"


def product(number: int) -> dict[str, Any]:
    """The test catalog: three top categories with two below each, four brands."""
    top = ("Home", "Sport", "Books")[number % 3]
    return {
        "item_id": f"p{number}",
        "title": f"Product {number}",
        "product_type": f"{top} > {top} {number % 6 // 3}",
        "brand": f"Brand {number % 4}",
        "price": f"{10 + number}.00 EUR",
        "link": f"https://shop.example/p{number}",
        "image_link": f"https://shop.example/p{number}.jpg",
        "availability": "in stock",
    }


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """Redis, both flows and the API as processes."""
    settings = Settings(
        port=0,
        data_dir=str(tmp_path_factory.mktemp("stack")),
        # A test machine may be busy: what is asserted here is what is answered, not how fast.
        redis_deadline_ms=5_000,
        publish_every_s=0.2,
        archive_every_s=0.2,
        click_window_s=0.5,
        sites=(
            *(_keys("alpha"), _keys("beta"), _keys("gamma"), _keys("delta", "known"), _keys("epsilon", "all")),
            replace(_keys("zeta"), origins="https://shop.example,https://*.shop.example"),
            *(_keys("eta"), replace(_keys("theta"), privacy_signals="ignore")),
            replace(_keys("iota"), order_confirmation="server"),
        ),
    )
    with EmbeddedStack(settings, "api") as running:
        yield running
    assert running.restarts == 0


@pytest.fixture
def client(stack: EmbeddedStack) -> Iterator[Client]:
    """The stack's Redis."""
    opened = connect(stack.settings.redis_url)
    yield opened
    opened.close()


def _open(stack: EmbeddedStack, keys: SiteKeys) -> Iterator[Api]:
    with (
        httpx.Client(base_url=stack.url, headers={"Authorization": f"Bearer {keys.public_key}"}, timeout=30) as public,
        httpx.Client(base_url=stack.url, headers={"Authorization": f"Bearer {keys.secret_key}"}, timeout=30) as secret,
    ):
        yield Api(stack.url, keys, public, secret)


@pytest.fixture(scope="session")
def api(stack: EmbeddedStack) -> Iterator[Api]:
    """The first site, with its catalog, creatives and placements."""
    for opened in _open(stack, stack.settings.sites[0]):
        opened.put_items(*(product(number) for number in range(PRODUCTS)))
        campaigns = [{"campaign_id": f"k{number}", "name": f"Campaign {number}"} for number in range(4)]
        opened.secret.put("/v1/campaigns", json={"campaigns": campaigns}).raise_for_status()
        placements = [{"placement_id": "hero", "slots": 4}, {"placement_id": "side", "slots": 2}]
        opened.secret.put("/v1/placements", json={"placements": placements}).raise_for_status()
        creatives: Sequence[dict[str, Any]] = [
            {
                "creative_id": f"c{number}",
                "campaign_id": f"k{number % 4}",
                "headline": f"Creative {number}",
                "category": ("Home", "Sport", "Books")[number % 3],
                "image_link": f"https://shop.example/c{number}.jpg",
                "link": f"https://shop.example/c{number}",
            }
            for number in range(12)
        ]
        opened.secret.put("/v1/creatives", json={"creatives": creatives}).raise_for_status()
        yield opened


@pytest.fixture(scope="session")
def untaught_api(stack: EmbeddedStack) -> Iterator[Api]:
    """The third site: the first one's products, and models that no other test has taught."""
    for opened in _open(stack, stack.settings.sites[2]):
        opened.put_items(*(product(number) for number in range(PRODUCTS)))
        yield opened


@pytest.fixture(scope="session")
def known_api(stack: EmbeddedStack) -> Iterator[Api]:
    """The fourth site, with the same products; a browser needs a token to speak for a known visitor there."""
    for opened in _open(stack, stack.settings.sites[3]):
        opened.put_items(*(product(number) for number in range(PRODUCTS)))
        yield opened


@pytest.fixture(scope="session")
def strict_api(stack: EmbeddedStack) -> Iterator[Api]:
    """The fifth site, with the same products; a browser needs a token to speak for anybody there."""
    for opened in _open(stack, stack.settings.sites[4]):
        opened.put_items(*(product(number) for number in range(PRODUCTS)))
        yield opened


@pytest.fixture(scope="session")
def origins_api(stack: EmbeddedStack) -> Iterator[Api]:
    """The sixth site, empty; it says whose pages may call."""
    yield from _open(stack, stack.settings.sites[5])


@pytest.fixture(scope="session")
def confirming_api(stack: EmbeddedStack) -> Iterator[Api]:
    """The ninth site, with the first one's products; its server confirms orders."""
    for opened in _open(stack, stack.settings.sites[8]):
        opened.put_items(*(product(number) for number in range(PRODUCTS)))
        yield opened


@pytest.fixture(scope="session")
def consent_api(stack: EmbeddedStack) -> Iterator[Api]:
    """The seventh site, with the same products, two campaigns and an experiment; it honours what browsers ask of
    privacy, as by default."""
    for opened in _open(stack, stack.settings.sites[6]):
        opened.put_items(*(product(number) for number in range(PRODUCTS)))
        campaigns = [{"campaign_id": name, "name": name} for name in ("spring", "autumn")]
        opened.secret.put("/v1/campaigns", json={"campaigns": campaigns}).raise_for_status()
        opened.secret.put("/v1/placements", json={"placements": [{"placement_id": "hero", "slots": 2}]})
        creatives = [
            {
                "creative_id": f"{name}-{category}",
                "campaign_id": name,
                "headline": name,
                "category": category,
                "image_link": "https://shop.example/c.jpg",
                "link": "https://shop.example/c",
            }
            for name in ("spring", "autumn")
            for category in ("Home", "Sport", "Books")
        ]
        opened.secret.put("/v1/creatives", json={"creatives": creatives}).raise_for_status()
        variants = [{"variant_id": "a"}, {"variant_id": "b", "lists": {"for_you": {"strategy": "new"}}}]
        experiment = {"experiment_id": "e", "variants": variants}
        opened.secret.put("/v1/experiments", json={"experiments": [experiment]}).raise_for_status()
        yield opened


@pytest.fixture(scope="session")
def ignoring_api(stack: EmbeddedStack) -> Iterator[Api]:
    """The eighth site, with the same products; it ignores what browsers ask of privacy by themselves."""
    for opened in _open(stack, stack.settings.sites[7]):
        opened.put_items(*(product(number) for number in range(PRODUCTS)))
        yield opened


@pytest.fixture(scope="session")
def other_api(stack: EmbeddedStack) -> Iterator[Api]:
    """The second site, empty."""
    yield from _open(stack, stack.settings.sites[1])
