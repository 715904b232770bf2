"""Clocks: by the wall or by events, the same for every process, never running back."""

import time

import pytest

from store import keys
from store.client import AsyncClient, Client
from store.clock import ClockKind, EventClock, WallClock, open_clock, read_now_s
from tests.store.conftest import Place


def read(place: Place, kind: ClockKind, site: str) -> float:
    """What a process with an event loop reads."""

    async def now_s(client: AsyncClient) -> float:
        return await read_now_s(kind, client, site)

    return place.ask(now_s)


def test_a_clock_of_events_never_runs_back_whoever_moves_it(client: Client, place: Place, site: str) -> None:
    clock, other = EventClock(client), EventClock(client)
    assert clock.now_s(site) == read(place, "event", site) == 0.0
    assert clock.saw(site, 1_700_000_000.25) == 1_700_000_000.25
    assert other.saw(site, 1_700_000_000.0) == 1_700_000_000.25, "a late event"
    assert other.saw(site, 1_700_000_001.5) == 1_700_000_001.5
    assert clock.now_s(site) == read(place, "event", site) == 1_700_000_001.5
    assert clock.now_s(f"{site}-other") == 0.0
    assert client.ttl(keys.clock(site)) > 0


def test_the_wall_clock_heeds_no_event(client: Client, place: Place, site: str) -> None:
    clock = WallClock()
    EventClock(client).saw(site, 9e9)
    before_s = time.time()
    assert before_s <= clock.saw(site, 9e9) <= clock.now_s(site) <= read(place, "wall", site) <= time.time()


@pytest.mark.parametrize(("kind", "by_events"), [("wall", False), ("event", True)])
def test_the_setting_names_the_clock(client: Client, kind: ClockKind, by_events: bool) -> None:
    assert open_clock(kind, client).by_events is by_events
