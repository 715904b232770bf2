"""A visitor is who they are by what was told, whatever the order in which partitions are learned.

Each history is taken in once and learned in several interleavings, by workers that die between any two steps; all that
is stored must come out the same. `SHOPWINDOW_TEST_HISTORIES=first:count:runs` asks for more of them.
"""

import os
from collections.abc import Iterator

import pytest

from shopwindow.embedded import EmbeddedRedis
from store.client import Client, connect
from tests.stream.histories import make_history
from tests.stream.interleavings import accounted_for, differences, run_history

_FIRST, _COUNT, _RUNS = (int(part) for part in os.environ.get("SHOPWINDOW_TEST_HISTORIES", "0:6:3").split(":"))


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, str]]:
    """A Redis that nobody else uses: each run begins with an empty one."""
    with EmbeddedRedis(tmp_path_factory.mktemp("interleaved")) as server:
        client = connect(server.url)
        yield client, server.url
        client.close()


@pytest.mark.timeout(60 + 20 * _RUNS)
@pytest.mark.parametrize("erasures", [False, True])
@pytest.mark.parametrize("seed", range(_FIRST, _FIRST + _COUNT))
def test_every_interleaving_leaves_the_same_and_accounts_for_every_event(
    own_redis: tuple[Client, str], seed: int, erasures: bool
) -> None:
    client, url = own_redis
    history = make_history(seed, erasures=erasures)
    first = run_history(client, url, history, seed=0)
    assert accounted_for(first) == first.accepted
    for run in range(1, _RUNS):
        other = run_history(client, url, history, seed=run)
        assert differences(first, other) == []
        assert accounted_for(other) == other.accepted


def test_the_histories_hold_what_is_to_be_proven() -> None:
    made = [make_history(seed) for seed in range(20)]
    assert any(not isinstance(step, list) for history in made for step in history.steps), "erasures"
    events = [event for history in made for step in history.steps if isinstance(step, list) for event in step]
    assert {"login", "logout", "purchase", "refund", "complaint_made", "remove_from_cart"} <= {
        event.event for event in events
    }
    assert any(event.accepted_at_s - event.at_s > 600 for event in events), "late ones"
    ids = [event.event_id for step in made[0].steps if isinstance(step, list) for event in step if event.event_id]
    assert len(set(ids)) < len(ids), "retries"


def test_a_run_says_where_it_differs(own_redis: tuple[Client, str]) -> None:
    client, url = own_redis
    history = make_history(1, events=40)
    one = run_history(client, url, history, seed=0)
    history.steps.pop(1)
    found = differences(one, run_history(client, url, history, seed=0))
    assert found[0] == "log"
    assert any(name.endswith("events_seen") for name in found)
