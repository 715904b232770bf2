"""The archive flow with real processes: killed, started again, told to stop; each event archived once."""

import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from models.events.events import Event
from models.events.names import VISITOR_DELETED
from shopwindow.build import archive_directory
from shopwindow.embedded import EmbeddedRedis
from shopwindow.settings import write_settings
from store.archive.archive import Archive
from store.log.groups import ARCHIVE_GROUP
from tests.servers import Broker
from tests.stream.workers import World, make_events, world


@pytest.fixture(params=["redis", pytest.param("kafka", marks=pytest.mark.kafka)])
def place(request: pytest.FixtureRequest, redis_server: EmbeddedRedis, tmp_path: Path) -> Iterator[World]:
    """A site on each kind of log, with an archive of its own."""
    broker: Broker | None = request.getfixturevalue("kafka_broker") if request.param == "kafka" else None
    with world(request.param, redis_server.url, broker, tmp_path) as made:
        made.settings = replace(made.settings, data_dir=str(tmp_path / "data"), archive_every_s=0.2)
        write_settings(made.settings, made.config)
        yield made


def archived(place: World) -> list[tuple[str, str, float]]:
    """What a reader sees: visitor, event id, time."""
    with Archive(archive_directory(place.settings)).reading(place.site) as reading:
        rows = reading.connection.execute("SELECT visitor_id, event_id, at_s FROM archived ORDER BY ALL").fetchall()
    return [(str(visitor), str(event_id), float(at_s)) for visitor, event_id, at_s in rows]


def expected(events: list[Event]) -> list[tuple[str, str, float]]:
    return sorted((event.visitor_id, event.event_id, event.at_s) for event in events)


@pytest.mark.slow
def test_a_killed_archive_goes_on_without_loss_or_repeat(place: World) -> None:
    events = make_events(place.site, 2_000, visitors=40, seed=21)
    for start in range(0, 2_000, 500):
        place.append(events[start : start + 500])
        with place.worker("archive") as worker:
            time.sleep(1.0 + start / 4_000)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
    with place.worker("archive"):
        place.wait_until_committed(ARCHIVE_GROUP, within_s=60)
    assert archived(place) == expected(events)
    more = make_events(place.site, 100, visitors=40, seed=23)
    place.append(more)
    with place.worker("archive") as worker:
        place.wait_until_committed(ARCHIVE_GROUP, within_s=60)
        worker.terminate()
        assert worker.wait(timeout=15) == 0
    assert archived(place) == expected([*events, *more])


@pytest.mark.slow
def test_an_erasure_reaches_the_archive(place: World) -> None:
    events = make_events(place.site, 300, visitors=5, seed=22)
    place.append(events)
    with place.worker("archive"):
        place.wait_until_committed(ARCHIVE_GROUP, within_s=60)
        gone = Event(site=place.site, event=VISITOR_DELETED, visitor_id="v0", at_s=1.8e9, accepted_at_s=1.8e9)
        place.append([gone])
        place.wait_until_committed(ARCHIVE_GROUP, within_s=60)
    assert archived(place) == expected([event for event in events if event.visitor_id != "v0"])
