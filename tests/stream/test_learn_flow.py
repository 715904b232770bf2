"""The learn flow with real processes: one leads, the next goes on where the last published state stands."""

import signal
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from models.catalog.assortment import Assortment
from models.learner.learner import Learner, SavedLearner
from models.learner.snapshot import Snapshot, decode_snapshot
from models.ranking.next_item import NextItem
from models.ranking.transitions import AFTER
from shopwindow.embedded import EmbeddedRedis, free_port
from shopwindow.settings import Settings, SiteKeys
from store import keys
from store.log.groups import LEARN_GROUP
from store.resident_memory import resident_bytes
from store.site.models import ModelStore
from tests.stream.workers import PARTITIONS, World, make_events, world


@pytest.fixture
def place(redis_server: EmbeddedRedis, tmp_path: Path) -> Iterator[World]:
    """A site on a log of its own."""
    with world("redis", redis_server.url, None, tmp_path) as made:
        yield made


@pytest.mark.slow
def test_killed_and_paused_learners_leave_the_models_of_an_undisturbed_one(place: World) -> None:
    """SIGKILL of the leader, SIGSTOP of the next while a third takes over: every event is learned exactly once."""
    events = make_events(place.site, 1_500, visitors=40, seed=21)
    with place.worker("learn") as first, place.worker("learn") as second:
        place.append(events[:500])
        place.wait_until_committed(LEARN_GROUP, within_s=60)
        place.append(events[500:700])
        first.send_signal(signal.SIGKILL)
        first.wait()
        place.append(events[700:900])
        place.wait_until_committed(LEARN_GROUP, within_s=60)
        second.send_signal(signal.SIGSTOP)
        with place.worker("learn"):
            place.append(events[900:1_200])
            place.wait_until_committed(LEARN_GROUP, within_s=60)
            second.send_signal(signal.SIGCONT)
            place.append(events[1_200:])
            place.wait_until_committed(LEARN_GROUP, within_s=60)
            time.sleep(1.0)  # whoever is wrong about leading has had its turn to publish
    store = ModelStore(place.client)
    saved = store.checkpoint(place.site)
    assert saved is not None
    learned = Learner.load(SavedLearner(*saved))
    expected = Learner()
    reader = place.log.reader(dict.fromkeys(range(place.log.partitions), 0))
    reached = [0] * place.log.partitions
    from models.events.events import decode_event

    while reached != place.log.ends():
        for batch in reader.poll(10_000, 1.0):
            for position, value in batch.records:
                expected.learn_event(batch.partition, position, decode_event(value), Assortment())
            reached[batch.partition] = batch.last_position
    reader.close()
    assert learned.positions == expected.positions
    assert learned.events == expected.events
    # Partitions are read in another order each time, which numbers items anew but changes no weight.
    assert sorted(learned.names) == sorted(expected.names)
    mine, theirs = learned.snapshot(), expected.snapshot()
    for name in expected.names:
        assert mine.popular[mine.number_of[name]] == pytest.approx(theirs.popular[theirs.number_of[name]], rel=1e-4)
    for name in expected.names:
        found, wanted = _bought(mine, name), _bought(theirs, name)
        assert found.keys() == wanted.keys()
        for other, weight in wanted.items():
            assert found[other] == pytest.approx(weight, rel=1e-3)
        assert _after(mine.engine, name) == pytest.approx(_after(theirs.engine, name))
    published = store.published(place.site)
    assert published is not None
    assert decode_snapshot(*published).events == expected.events


@pytest.mark.slow
@pytest.mark.skipif(not resident_bytes(), reason="this system does not tell what a process takes")
def test_a_learner_that_loses_the_lead_time_and_again_takes_no_more_memory(
    redis_server: EmbeddedRedis, tmp_path: Path
) -> None:
    site, port = f"leads-{uuid.uuid4().hex[:8]}", free_port()
    keys_of_site = SiteKeys(site, f"public-key-of-{site}", f"secret-key-of-{site}")
    given = Settings(
        redis_url=redis_server.url,
        log_name=site,
        log_partitions=PARTITIONS,
        publish_every_s=0.2,
        metrics_port=port,
        sites=(keys_of_site,),
    )
    events = make_events(site, 9_000, visitors=400, seed=22)
    taken: list[float] = []
    with world("redis", redis_server.url, None, tmp_path, given) as place, place.worker("learn") as process:
        place.append(events[:5_000])
        place.wait_until_committed(LEARN_GROUP, within_s=60)
        for number in range(8):
            place.client.set(keys.leader(site), "another", px=1_500)  # longer than the leader goes without asking
            place.append(events[5_000 + 500 * number : 5_500 + 500 * number])
            place.wait_until_committed(LEARN_GROUP, within_s=60)
            taken.append(_metric(port, "shopwindow_process_resident_bytes"))
        assert process.poll() is None
    assert max(taken[4:]) - max(taken[:4]) < 40_000_000, taken  # what it learned meanwhile, and no learner of before


def _metric(port: int, name: str) -> float:
    told = httpx.get(f"http://127.0.0.1:{port}/metrics").raise_for_status().text
    return float(next(line for line in told.splitlines() if line.startswith(f"{name} ")).split()[1])


def _bought(snapshot: Snapshot, name: str) -> dict[str, float]:
    others, weights = snapshot.bought.of(snapshot.number_of[name])
    return {snapshot.names[other]: float(weight) for other, weight in zip(others, weights, strict=True)}


def _after(engine: NextItem, name: str) -> dict[str, float]:
    """How often each item came after one, by 1/d; exact, since every event was learned exactly once."""
    rows, number = engine._tables.sources.sequences, engine.names.index(name)
    row = zip(rows.other[number].tolist(), rows.counts[number, :, AFTER].tolist(), strict=True)
    return {engine.names[other]: count for other, count in row if other >= 0}
