"""Erasure sweeper: places of the erased go once no flow reads of before any more, and never those of who came back."""

from collections.abc import Iterator

import pytest

from models.triggers.trigger_state import TriggerState, encode_trigger_state
from models.visitor.profile import Profile, encode_profile
from shopwindow.embedded import EmbeddedRedis
from store import keys
from store.client import Client, connect
from store.keys import Lifetimes
from store.log.log import EventLog
from store.messages.trigger_states import TriggerStore
from store.visitors.erasures import ERASING_FLOWS, ErasureStore, OpenErasure
from store.visitors.profiles import ProfileStore
from stream.erasure_sweeper import ErasureSweeper
from tests.store.log.logs import Server, new_name, numbers

IDS = [(0, "ann"), (0, "back"), (0, "broken")]


@pytest.fixture
def log(redis_server: EmbeddedRedis) -> Iterator[EventLog]:
    """A log of one partition."""
    made = Server("redis", redis_server.url).open(new_name(), partitions=1)
    yield made
    made.close()


@pytest.fixture
def client(redis_server: EmbeddedRedis) -> Iterator[Client]:
    """The server it is on."""
    made = connect(redis_server.url)
    yield made
    made.close()


def test_places_go_once_flows_have_come_past_and_said_all(log: EventLog, client: Client) -> None:
    site, erasures = new_name(), ErasureStore(client)
    sweeper = ErasureSweeper(erasures, ProfileStore(client, Lifetimes(profile_s=60.0)), TriggerStore(client), log)
    values = (encode_profile(Profile(position=2)), encode_profile(Profile(position=3, events_seen=1)), b"\xff")
    for (partition, visitor), value in zip(IDS, values, strict=True):
        client.set(keys.profile(site, partition, visitor), value)
    client.set(keys.trigger_state(site, 0, "ann"), encode_trigger_state(TriggerState(position=2), 1))
    log.append(numbers(0, 1, 3))
    erasures.note_begun(site, "x", OpenErasure(IDS, "ann", {0: 2}), 1.0)
    for _ in range(9):
        sweeper.sweep([site])
    assert client.exists(keys.profile(site, 0, "ann")), "no flow has come past it"
    for flow in ERASING_FLOWS:
        log.commit(flow, {0: 2})
    sweeper.sweep([site])
    sweeper.sweep([site])
    assert client.exists(keys.profile(site, 0, "ann")), "what flows told each other was not come past"
    for flow in ERASING_FLOWS:
        log.commit(flow, {0: 3})
    for _ in range(3):
        sweeper.sweep([site])
    assert erasures.open_of(site) == {}
    deadline = 1_000
    while client.exists(keys.profile(site, 0, "ann"), keys.trigger_state(site, 0, "ann")) and deadline:
        deadline -= 1
    assert [bool(client.exists(keys.profile(site, 0, visitor))) for _, visitor in IDS] == [False, True, True]
