"""Processes that start before their servers: they wait, and end when told to meanwhile."""

import signal
from pathlib import Path

import pytest

from shopwindow.embedded import EmbeddedRedis, free_port
from shopwindow.settings import Settings, SiteKeys
from store.log.groups import PROFILE_GROUP
from tests.shopwindow.processes.waiting import away, waiting
from tests.stream.workers import PARTITIONS, make_events, undisturbed, world

STREAMS = (("stream", "profile"), ("stream", "learn"))


def test_a_profile_flow_started_before_its_redis_applies_the_events(tmp_path: Path) -> None:
    port = free_port()
    url = f"redis://:early@127.0.0.1:{port}/0"
    settings = Settings(
        redis_url=url,
        log_name="early",
        log_partitions=PARTITIONS,
        sites=(SiteKeys("shop", "public-key-of-the-shop", "secret-key-of-the-shop"),),
    )
    with (
        waiting(("stream", "profile"), settings, tmp_path / "early.toml") as process,
        EmbeddedRedis(tmp_path / "redis", port=port, password="early"),
        world("redis", url, None, tmp_path, settings) as place,
    ):
        events = make_events("shop", 60, visitors=5, seed=3)
        expected = undisturbed(events, place.append(events))
        place.wait_until_committed(PROFILE_GROUP, within_s=60)
        found = place.profiles(sorted(expected))
        assert {name: figure.recent for name, figure in found.items()} == {
            name: figure.recent for name, figure in expected.items()
        }
        assert process.poll() is None


@pytest.mark.parametrize("command", STREAMS, ids=" ".join)
@pytest.mark.parametrize("server", ["redis", "kafka"])
def test_a_process_that_waits_ends_when_it_is_told_to(command: tuple[str, ...], server: str, tmp_path: Path) -> None:
    with waiting(command, away(server), tmp_path / "away.toml") as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
