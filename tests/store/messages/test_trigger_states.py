"""Watches and what goes with them: saved whole or not at all, each message once; every key has an end."""

from models.triggers.trigger_state import Timer, TriggerState
from store.client import Client
from store.log.log import partition_of
from store.messages.item_watchers import ItemWatcherStore
from store.messages.journal import Filter, JournalStore
from store.messages.outbox import Outbox
from store.messages.trigger_states import StateUpdate, TriggerStore, WatcherUpdate
from tests.store.messages.makers import NOW, PARTITIONS, message, save


def test_a_watch_is_saved_with_its_timer_and_messages_and_every_key_has_an_end(client: Client, site: str) -> None:
    store, partition = TriggerStore(client), partition_of(site, "v", PARTITIONS)
    state = TriggerState(position=7, timers=[Timer("x", "s", NOW + 5, NOW + 5, NOW + 50)])
    wanting = [WatcherUpdate("p1", NOW, b"[1,true]")]
    save(store, site, "v", StateUpdate(state, messages=[message(site, "v")], wanting=wanting))
    assert store.load(site, partition, ["v", "w"]) == [(1, state), (0, TriggerState())]
    assert store.due(site, partition, NOW + 4, 10) == []
    assert store.due(site, partition, NOW + 5, 10) == ["v"]
    assert store.notices(site, partition) == [b'{"told":1}']
    assert store.told(site, partition, [b'{"told":1}']) == 0
    wanted = ItemWatcherStore(client)
    assert wanted.visitors(site, partition, "p1", NOW - 1) == ["v"]
    assert wanted.known(site, partition, ["p1", "p2"]) == {"p1": b"[1,true]"}
    names = list(client.scan_iter(match=f"{site}:*"))
    assert len(names) >= 8
    for name in names:
        assert client.ttl(name) > 0, name
    save(store, site, "v", StateUpdate(TriggerState(position=8), wanting=[WatcherUpdate("p1", None, b"")]))
    assert store.due(site, partition, 4e9, 10) == []
    assert wanted.visitors(site, partition, "p1", 0.0) == []


def test_of_two_who_fire_at_once_one_is_refused_and_sees_what_the_other_did(client: Client, site: str) -> None:
    one, other = TriggerStore(client), TriggerStore(client)
    partition = partition_of(site, "v", PARTITIONS)
    seen: list[int] = []

    def overtaken(_: list[str], watches: list[TriggerState]) -> list[StateUpdate]:
        seen.append(watches[0].position)
        if len(seen) == 1:
            save(other, site, "v", StateUpdate(TriggerState(position=1, done=b"x" * 6), messages=[message(site, "v")]))
            return [StateUpdate(TriggerState(position=1), messages=[message(site, "v", NOW + 1)])]
        return [StateUpdate(None)]

    one.update_states(site, partition, ["v"], overtaken, NOW)
    assert seen == [0, 1]
    entries = JournalStore(client).find(site, PARTITIONS, Filter(("v",)), 10, 100)
    assert [entry.at_s for entry in entries] == [NOW]
    assert len(one.notices(site, partition)) == 1


def test_who_is_erased_leaves_nothing(client: Client, site: str) -> None:
    store = TriggerStore(client)
    save(store, site, "v", StateUpdate(TriggerState(position=1), messages=[message(site, "v")]))
    save(store, site, "v", StateUpdate(TriggerState(position=2), erased=True))
    assert JournalStore(client).find(site, PARTITIONS, Filter(), 10, 100) == []
    outbox = Outbox(client, site, PARTITIONS)
    assert (outbox.waiting("webhook"), outbox.waiting("topic")) == (0, 0)
    left = {name.decode().split(":", 2)[2] for name in client.scan_iter(match=f"{site}:*")}
    assert left == {"watch:v", "triggers:notices", "onsite-news"}  # that there is something new, for an hour
