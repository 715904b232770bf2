"""Topology: which node of a cluster holds what, learned anew beside the requests when one of them got no answer."""

import asyncio
import logging
import time
from typing import Final

from store.client import AsyncClient, refresh_topology
from store.refusals import UNAVAILABLE

_LOGGER = logging.getLogger(__name__)
_EVERY_S: Final = 1.0


class Topology:
    """Asks a cluster for its nodes again, once at a time and once a second at most.

    Parameters
    ----------
    client
        The client that requests are answered by.
    """

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._asking: asyncio.Task[None] | None = None
        self._next_s = 0.0

    def refresh_soon(self) -> None:
        """Ask, if nobody does and it is time."""
        now_s = time.monotonic()
        if now_s >= self._next_s and (self._asking is None or self._asking.done()):
            self._next_s = now_s + _EVERY_S
            self._asking = asyncio.create_task(self._refresh())

    async def _refresh(self) -> None:
        try:
            await refresh_topology(self._client)
        except UNAVAILABLE as error:
            _LOGGER.warning("the cluster's nodes are not known anew: %s", error)
        except Exception:
            _LOGGER.exception("the cluster's nodes are not known anew")
