"""Demo: a sample shop with simulated shoppers, on the embedded stack."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np

from models.base.durations import DAY_S
from shopwindow.embedded import free_port
from shopwindow.embedded_stack import EmbeddedStack
from shopwindow.listening import why_not_listening
from shopwindow.sample.shop import SampleShop, make_shop
from shopwindow.sample.shopper_report import ShopperReport
from shopwindow.sample.shoppers import Shoppers
from shopwindow.settings import Settings
from store.client import connect
from store.site.catalog import CatalogStore

HOLDOUT_SHARE: Final = 0.3
CLICK_WINDOW_S: Final = 5.0
PUBLISH_EVERY_S: Final = 0.5
_PERCENTILES: Final = (50, 90, 99)


def run_demo(
    settings: Settings,
    *,
    seconds: float | None,
    seed: int,
    shoppers: bool,
    port_given: bool,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Run the sample shop until the time is up or a signal comes; gives the figures of the simulated shoppers.

    Parameters
    ----------
    settings
        As read; the demo adds its own site, a holdout, and quicker learning of ignored impressions.
    seconds
        How long; None for until a signal.
    seed
        Of the shop and the shoppers.
    shoppers
        Whether simulated shoppers visit.
    port_given
        Whether the port was asked for; otherwise a taken one is replaced by a free one.
    say
        Told what a person wants to know.
    """
    settings = replace(
        settings,
        holdout_share=settings.holdout_share or HOLDOUT_SHARE,
        click_window_s=min(settings.click_window_s, CLICK_WINDOW_S),
        publish_every_s=min(settings.publish_every_s, PUBLISH_EVERY_S),
    )
    if not port_given and why_not_listening(settings.host, settings.port):
        settings = replace(settings, port=free_port())
    stack = EmbeddedStack(settings, "demo", shop=True)
    shop = make_shop(seed, now_s=time.time())
    try:
        stack.start_store()
        put_shop(stack, shop)
        stack.start_processes()
        say(f"Shop       {stack.url}/shop/")
        say(f"API        {stack.url}/docs")
        say(f"Public key {stack.keys.public_key}")
        say(f"Secret key {stack.keys.secret_key}")
        visiting = Shoppers(stack.url, stack.keys.public_key, shop, seed)
        if shoppers:
            say("Simulated shoppers are visiting. Stop with Ctrl-C.")
        asyncio.run(_run(visiting if shoppers else None, seconds))
        return _figures(visiting.report, stack.restarts)
    finally:
        stack.stop()


async def _run(shoppers: Shoppers | None, seconds: float | None) -> None:
    """Let shoppers visit until the time is up or the process is told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    lasting = 365 * DAY_S if seconds is None else seconds
    work = asyncio.create_task(shoppers.shop(lasting) if shoppers else asyncio.sleep(lasting))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in (work, stopping):
        if not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
    if work.done() and not work.cancelled():
        work.result()


def put_shop(stack: EmbeddedStack, shop: SampleShop) -> None:
    """Put a sample shop into the catalog of the stack's first site."""
    client = connect(stack.settings.redis_url)
    catalogs, site, now_s = CatalogStore(client), stack.keys.site, time.time()
    catalogs.put(site, "items", shop.items, now_s)
    catalogs.put(site, "campaigns", shop.campaigns, now_s)
    catalogs.put(site, "creatives", shop.creatives, now_s)
    catalogs.put(site, "placements", shop.placements, now_s)
    client.close()


def _figures(report: ShopperReport, restarts: int) -> dict[str, Any]:
    freshness = report.freshness_ms
    values = np.percentile(freshness, _PERCENTILES) if freshness else [None] * len(_PERCENTILES)
    return {
        "events_in": report.events_in,
        "decisions_out": report.decisions_out,
        "freshness_ms": {
            f"p{percentile}": None if value is None else round(float(value), 2)
            for percentile, value in zip(_PERCENTILES, values, strict=True)
        },
        "click_rate": report.click_rate,
        "errors": report.errors + restarts,
    }
