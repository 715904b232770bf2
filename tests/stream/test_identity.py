"""Identity under SIGKILL: what devices learned joins their visitors once, however often a worker dies between."""

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import msgspec
import pytest

from models.events.events import Event
from models.visitor.identity import Link, belonging, identified, linked
from shopwindow.embedded import EmbeddedRedis
from store.keys import Lifetimes
from store.visitors.memberships import MembershipStore
from store.visitors.profiles import ProfileStore
from tests.models.makers import START_S, event
from tests.stream.workers import PARTITIONS, World, world

_USERS = 30
_LOOKS = 12


@pytest.fixture
def place(redis_server: EmbeddedRedis, tmp_path: Path) -> Iterator[World]:
    """A site of its own on Redis Streams."""
    with world("redis", redis_server.url, None, tmp_path) as made:
        yield made


def story(site: str, seed: int) -> list[Event]:
    """Each user looks at items on two devices, logs in on each, and looks at more; all of it mixed by time."""
    random = Random(seed)
    events: list[Event] = []
    for user in range(_USERS):
        for device in (f"phone{user}", f"laptop{user}"):
            login_s = random.uniform(20.0, 80.0)
            link = Link(START_S + login_s, f"user{user}")
            for look in range(_LOOKS):
                at_s = random.uniform(0.0, 100.0)
                one = event(
                    "add_to_cart" if look % 4 == 0 else "view_item",
                    f"item{look}-{device}",
                    visitor=device,
                    at_s=at_s,
                    event_id=f"{device}-{look}",
                )
                events.append(belonging(msgspec.structs.replace(one, site=site), [link]))
            events.append(identified(site, device, link, link.at_s))
            events.append(linked(site, device, link, link.at_s))
    return sorted(events, key=lambda event: (event.at_s, event.event))


@pytest.mark.slow
def test_every_device_joins_once_although_workers_are_killed(place: World) -> None:
    events = story(place.site, seed=5)
    portions = [events[start : start + 120] for start in range(0, len(events), 120)]
    for portion in portions:
        place.append(portion)
        before = _applied(place)
        with place.worker("profile"):  # killed as soon as something of the portion is saved
            deadline_s = time.monotonic() + 30
            while _applied(place) == before:
                assert time.monotonic() < deadline_s
                time.sleep(0.002)
    users = [f"user{number}" for number in range(_USERS)]

    def all_joined() -> bool:
        return all(profile.events_seen >= 2 * _LOOKS for profile in place.profiles(users).values())

    with place.worker("profile"):
        deadline_s = time.monotonic() + 30
        while not all_joined() and time.monotonic() < deadline_s:
            time.sleep(0.1)
        place.wait_until_committed("profile", within_s=30)
    for number in range(_USERS):
        user = place.profiles([f"user{number}"])[f"user{number}"]
        assert user.events_seen == 2 * _LOOKS
        assert sorted(line.item_id for line in user.cart) == sorted(
            f"item{look}-{device}{number}" for device in ("phone", "laptop") for look in range(0, _LOOKS, 4)
        )
        assert {joined.device_id for joined in user.joined} == {f"phone{number}", f"laptop{number}"}
    devices = place.profiles([f"{device}{number}" for device in ("phone", "laptop") for number in range(_USERS)])
    assert all(device.events_seen == 0 for device in devices.values())
    assert _memberships(place) == set(users)


def _applied(place: World) -> int:
    return ProfileStore(place.client, Lifetimes(profile_s=3600.0)).counts(place.site, PARTITIONS).get("applied", 0)


def _memberships(place: World) -> set[str]:
    found: set[str] = set()
    for partition in range(PARTITIONS):
        cursor = 0
        while True:
            cursor, rows = MembershipStore(place.client).scan(place.site, partition, cursor, 500)
            found |= {visitor_id for visitor_id, _ in rows}
            if cursor == 0:
                break
    return found
