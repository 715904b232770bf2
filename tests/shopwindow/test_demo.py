"""The demo: a whole shop for a few seconds, on a port that is free, and figures that add up."""

import socket
from pathlib import Path

import httpx
import pytest

from shopwindow.demo import put_shop, run_demo
from shopwindow.embedded_stack import EmbeddedStack
from shopwindow.sample.shop import make_shop
from shopwindow.settings import Settings
from store.client import connect
from store.site.catalog import CatalogStore
from store.version import NO_VERSION


def test_a_sample_shop_is_put_whole_into_the_first_sites_catalog(tmp_path: Path) -> None:
    stack = EmbeddedStack(Settings(port=0, data_dir=str(tmp_path)), "demo", shop=True)
    stack.start_store()
    try:
        shop = make_shop(1, now_s=1.0)
        put_shop(stack, shop)
        client = connect(stack.settings.redis_url)
        changes = CatalogStore(client).changes(stack.keys.site, NO_VERSION).resources
        client.close()
    finally:
        stack.stop()
    counts = {kind: sum(changed == kind for changed, _, _ in changes) for kind in ("items", "campaigns", "creatives")}
    assert counts == {
        "items": len(shop.items),
        "campaigns": len(shop.campaigns),
        "creatives": len(shop.creatives),
    }
    assert all(resource is not None for _, _, resource in changes)


@pytest.mark.slow
def test_a_demo_runs_for_its_time_beside_whatever_has_its_port(tmp_path: Path) -> None:
    said: list[str] = []
    pages: list[int] = []

    def hear(line: str) -> None:
        said.append(line)
        if line.startswith("Shop"):
            pages.append(httpx.get(line.split()[1]).status_code)

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = Settings(port=port, data_dir=str(tmp_path), redis_deadline_ms=5_000)
        figures = run_demo(settings, seconds=3, seed=1, shoppers=True, port_given=False, say=hear)
    assert pages == [200]
    assert f":{port}/" not in said[0]
    assert figures["events_in"] > 0
    assert figures["decisions_out"] > 0
    assert figures["errors"] == 0
    assert 0 < figures["freshness_ms"]["p50"] <= figures["freshness_ms"]["p99"]
