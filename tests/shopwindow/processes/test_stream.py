"""Processes that start before their servers, or whose log is made again: they wait, go on, and end when told to."""

import signal
import time
import uuid
from pathlib import Path

import httpx
import pytest

from shopwindow.embedded import EmbeddedRedis, free_port
from shopwindow.settings import Settings, SiteKeys
from store.archive.parquet_files import read_file
from store.log.groups import PROFILE_GROUP
from tests.processes import Part, running, wait_until_ready
from tests.servers import Broker, make_again
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


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.parametrize("again", [3, 60], ids=["fewer events than before", "more events than before"])
def test_a_topic_made_again_beside_a_living_redis_loses_and_doubles_nothing(
    redis_server: EmbeddedRedis, kafka_broker: Broker, again: int, tmp_path: Path
) -> None:
    site, port = f"again-{uuid.uuid4().hex[:8]}", free_port()
    keys = SiteKeys(site, f"public-key-of-{site}", f"secret-key-of-{site}")
    settings = {
        "SHOPWINDOW_LOG": "kafka",
        "SHOPWINDOW_LOG_NAME": site,
        "SHOPWINDOW_LOG_PARTITIONS": "2",
        "SHOPWINDOW_KAFKA_BOOTSTRAP_SERVERS": kafka_broker.bootstrap,
        "SHOPWINDOW_KAFKA_OPTIONS": ",".join(f"{name}={value}" for name, value in kafka_broker.extra.items()),
        "SHOPWINDOW_REDIS_URL": redis_server.url,
        "SHOPWINDOW_SITE": site,
        "SHOPWINDOW_PUBLIC_KEY": keys.public_key,
        "SHOPWINDOW_SECRET_KEY": keys.secret_key,
        "SHOPWINDOW_DATA_DIR": str(tmp_path),
        "SHOPWINDOW_ARCHIVE_EVERY_S": "0.5",
        "SHOPWINDOW_PORT": str(port),
    }
    flows = ("profile", "learn", "trigger", "archive")
    parts = {flow: Part(("stream", flow), settings) for flow in flows} | {"api": Part(("api",), settings)}
    url = f"http://127.0.0.1:{port}"
    with running(parts, tmp_path), httpx.Client(base_url=url, timeout=30) as client:
        wait_until_ready(url, tmp_path)
        client.headers["Authorization"] = f"Bearer {keys.secret_key}"

        def send(visitor_id: str) -> None:
            event = {"event": "view_item", "visitor_id": visitor_id, "items": [{"item_id": "hat"}]}
            deadline_s = time.monotonic() + 30
            while (answer := client.post("/v1/events", json={"events": [event]})).status_code == 503:
                assert time.monotonic() < deadline_s, answer.text
                time.sleep(0.1)
            assert answer.json()["accepted"] == 1

        def wait_for(applied: int) -> None:
            deadline_s = time.monotonic() + 60
            while True:
                told = client.get("/v1/status").raise_for_status().json()
                lags = told["lag"]
                if told["events"]["applied"] == applied and not any(lags.values()):
                    return
                assert time.monotonic() < deadline_s, told
                time.sleep(0.1)

        for number in range(20):
            send(f"v{number % 4}")
        wait_for(20)
        make_again(kafka_broker, site, 2)
        for number in range(again):
            send(f"v{number % 4}")
        wait_for(20 + again)
        visitors = [client.get(f"/v1/visitors/v{number}").raise_for_status().json() for number in range(4)]
        assert [visitor["counts"]["view_item"] for visitor in visitors] == [
            5 + len(range(number, again, 4)) for number in range(4)
        ]
        assert client.get("/readyz").status_code == 200
        assert client.get("/v1/status").json()["events"]["duplicates"] == 0
    archived = [read_file(file) for file in (tmp_path / "archive" / site).rglob("*.parquet")]
    places = [
        tuple(row.values()) for table in archived for row in table.select(["log_partition", "position"]).to_pylist()
    ]
    assert len(places) == len(set(places)) == 20 + again
