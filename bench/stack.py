"""A whole Shopwindow with the sample shop, for one benchmark."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from shopwindow.demo import put_shop
from shopwindow.embedded_stack import EmbeddedStack
from shopwindow.remote import Address, Remote
from shopwindow.sample.shop import SampleShop, make_shop
from shopwindow.settings import Settings


@contextmanager
def running_stack(seed: int, workers: int = 1, **changed: Any) -> Iterator[tuple[EmbeddedStack, SampleShop]]:
    """Start everything on this machine in a directory of its own; settings `changed` are other than by default."""
    shop = make_shop(seed, now_s=time.time())
    with tempfile.TemporaryDirectory(prefix="shopwindow-bench-") as directory:
        stack = EmbeddedStack(Settings(port=0, data_dir=directory, workers=workers, **changed), "bench")
        try:
            stack.start_store()
            put_shop(stack, shop)
            stack.start_processes()
            yield stack, shop
        finally:
            stack.stop()


def make_history(stack: EmbeddedStack, shop: SampleShop, visitors: int, events_each: int, seed: int) -> None:
    """Let visitors look around, each within a few categories, and wait until all is learned."""
    random = Random(seed)
    by_leaf: dict[tuple[str, ...], list[str]] = {}
    for item in shop.items:
        by_leaf.setdefault(item.category, []).append(item.item_id)
    leaves = sorted(by_leaf)
    events: list[dict[str, Any]] = []
    for number in range(visitors):
        liked = random.sample(leaves, 3)
        for _ in range(events_each):
            item_id = random.choice(by_leaf[random.choice(liked)])
            name = "add_to_cart" if random.random() < 0.1 else "view_item"
            events.append({"event": name, "visitor_id": f"v{number}", "items": [{"item_id": item_id}]})
    random.shuffle(events)
    with Remote(Address(stack.url, stack.keys.secret_key)) as remote:
        for start in range(0, len(events), 1_000):
            remote.call("POST", "/v1/events", {"events": events[start : start + 1_000]})
        while any(remote.call("GET", "/v1/status")["lag"].values()):
            time.sleep(0.1)
    time.sleep(1.0)
