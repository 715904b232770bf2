"""Store access: what a route asks of a store, with the problem that is answered where the store is away."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, ParamSpec, TypeVar

from api.http.problems import unavailable
from api.runtime.site import Site
from store.refusals import UNAVAILABLE

CATALOG_AWAY: Final = "the catalog store does not answer; try again"
PROFILES_AWAY: Final = "the profile store does not answer"
SEGMENTS_AWAY: Final = "the segment store does not answer; try again"

Arguments = ParamSpec("Arguments")
Found = TypeVar("Found")


@contextmanager
def store_errors_translated(detail: str) -> Iterator[None]:
    """End the request with the problem `store_unavailable`, of that detail, where a store does not answer."""
    try:
        yield
    except UNAVAILABLE as error:
        raise unavailable("store_unavailable", detail) from error


async def ask_store(
    away: str, call: Callable[Arguments, Found], *arguments: Arguments.args, **named: Arguments.kwargs
) -> Found:
    """Call a store in a thread, beside other requests; `away` is the problem's detail where it does not answer."""
    with store_errors_translated(away):
        return await asyncio.to_thread(call, *arguments, **named)


async def follow_newest_catalog(site: Site) -> None:
    """Bring the site's assortment to what the catalog store has now."""
    with store_errors_translated(CATALOG_AWAY):
        await site.follow_newest_catalog()
