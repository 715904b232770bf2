"""Clock: what time it is for a site's visitors, by the wall or by its events."""

import time
from typing import Literal, NamedTuple, Protocol

from store import keys
from store.client import AsyncClient, Client
from store.lua import read_script

ClockKind = Literal["wall", "event"]


class _MoveArguments(NamedTuple):
    """ARGV of `move_clock.lua`, in its order."""

    at_s: str
    lifetime_s: int


class Clock(Protocol):
    """A clock per site; it never runs back."""

    @property
    def by_events(self) -> bool:
        """Whether event time moves it."""

    def now_s(self, site: str) -> float:
        """Epoch seconds."""

    def saw(self, site: str, at_s: float) -> float:
        """Note that an event of `at_s` was learned; gives epoch seconds now."""


class WallClock:
    """The machine's own time: for production."""

    by_events = False

    def now_s(self, site: str) -> float:
        """Epoch seconds."""
        return time.time()

    def saw(self, site: str, at_s: float) -> float:
        """Epoch seconds; events do not move it."""
        return time.time()


class EventClock:
    """The newest event time any worker has learned of a site: for replays and tests, where no real time passes."""

    by_events = True

    def __init__(self, client: Client) -> None:
        self._client = client
        self._move = client.register_script(read_script("move_clock"))

    def now_s(self, site: str) -> float:
        """Epoch seconds; 0 before the first event."""
        return float(self._client.get(keys.clock(site)) or 0.0)

    def saw(self, site: str, at_s: float) -> float:
        """Move the clock to an event's time, unless it is there already."""
        arguments = _MoveArguments(at_s=f"{at_s:.6f}", lifetime_s=keys.SEGMENTS_LIFETIME_S)
        return float(self._move(keys=[keys.clock(site)], args=arguments))


def open_clock(kind: ClockKind, client: Client) -> Clock:
    """Give the clock that a setting names."""
    return EventClock(client) if kind == "event" else WallClock()


async def read_now_s(kind: ClockKind, client: AsyncClient, site: str) -> float:
    """Read a site's clock without blocking; epoch seconds."""
    return float(await client.get(keys.clock(site)) or 0.0) if kind == "event" else time.time()
