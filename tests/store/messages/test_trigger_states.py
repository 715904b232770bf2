"""Watches and what goes with them: saved whole or not at all, each message once; outboxes; every key has an end."""

import uuid

import pytest

from models.triggers.message_outcomes import MessageOutcome
from models.triggers.trigger import parse_trigger
from models.triggers.trigger_state import Timer, TriggerState
from models.visitor.contact_history import message_id
from models.visitor.contact_policy import parse_policy
from store import keys
from store.client import Client
from store.log.log import partition_of
from store.messages.item_watchers import ItemWatcherStore
from store.messages.journal import Filter, JournalStore
from store.messages.outbox import Outbox
from store.messages.trigger_states import Message, StateUpdate, TriggerStore, WatcherUpdate
from store.site.trigger_config import TriggerConfigStore

PARTITIONS = 4
NOW = 1_700_000_000.0


@pytest.fixture
def site() -> str:
    """A site nobody used."""
    return f"s-{uuid.uuid4().hex[:8]}"


def message(site: str, visitor: str, at_s: float = NOW, **fields: str) -> Message:
    """A message to a visitor over every way."""
    one = message_id(partition_of(site, visitor, PARTITIONS), site, visitor, "x", str(at_s))
    written = {"status": "sent", "trigger_id": "x", "visitor_id": visitor, "at_s": f"{at_s:.3f}", **fields}
    return Message(one, at_s, written, b'{"data":{"a":"\xc3\xa9"}}', b'{"told":1}', ("webhook", "topic"), True, 60.0)


def save(store: TriggerStore, site: str, visitor: str, changed: StateUpdate) -> None:
    """Save one visitor."""
    partition = partition_of(site, visitor, PARTITIONS)
    store.update(site, partition, [visitor], lambda _, __: [changed], NOW)


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

    one.update(site, partition, ["v"], overtaken, NOW)
    assert seen == [0, 1]
    entries = JournalStore(client).find(site, PARTITIONS, Filter(("v",)), 10, 100)
    assert [entry.at_s for entry in entries] == [NOW]
    assert len(one.notices(site, partition)) == 1


def test_the_journal_is_found_by_visitor_trigger_status_and_time(client: Client, site: str) -> None:
    store, journal = TriggerStore(client), JournalStore(client)
    for number in range(6):
        visitor = f"v{number % 2}"
        written = message(site, visitor, NOW + number, trigger_id=f"t{number % 3}")
        save(store, site, visitor, StateUpdate(TriggerState(position=number + 1), messages=[written]))
    everything = journal.find(site, PARTITIONS, Filter(), 10, 100)
    assert [entry.at_s - NOW for entry in everything] == [5, 4, 3, 2, 1, 0]
    assert [entry.at_s - NOW for entry in journal.find(site, PARTITIONS, Filter(("v1",)), 2, 100)] == [5, 3]
    assert [entry.at_s - NOW for entry in journal.find(site, PARTITIONS, Filter(trigger_id="t2"), 9, 100)] == [5, 2]
    within = Filter(from_s=NOW + 1, to_s=NOW + 3)
    assert [entry.at_s - NOW for entry in journal.find(site, PARTITIONS, within, 9, 100)] == [2, 1]
    assert journal.find(site, PARTITIONS, Filter(status="expired"), 9, 100) == []
    first = everything[-1]
    message_outcomes = [
        MessageOutcome(first.message_id, "opened_at_s", "1.0"),
        MessageOutcome(first.message_id, "opened_at_s", "2.0"),
    ]
    save(
        store, site, "v1", StateUpdate(TriggerState(position=9), message_outcomes=message_outcomes)
    )  # told by another id, in another partition
    found = journal.get(site, int(first.message_id.partition("-")[0]), first.message_id)
    assert found is not None
    assert found.fields["opened_at_s"] == "1.0"


def test_who_is_erased_leaves_nothing(client: Client, site: str) -> None:
    store = TriggerStore(client)
    save(store, site, "v", StateUpdate(TriggerState(position=1), messages=[message(site, "v")]))
    save(store, site, "v", StateUpdate(TriggerState(position=2), erased=True))
    assert JournalStore(client).find(site, PARTITIONS, Filter(), 10, 100) == []
    outbox = Outbox(client, site, PARTITIONS)
    assert (outbox.waiting("webhook"), outbox.waiting("topic")) == (0, 0)
    left = {name.decode().split(":", 2)[2] for name in client.scan_iter(match=f"{site}:*")}
    assert left == {"watch:v", "triggers:notices", "onsite"}  # that there is something new, for an hour


def test_a_message_taken_comes_back_unless_it_is_settled(client: Client, site: str) -> None:
    store, outbox = TriggerStore(client), Outbox(client, site, PARTITIONS)
    save(store, site, "v", StateUpdate(TriggerState(position=1), messages=[message(site, "v")]))
    (one,) = outbox.take("webhook", 5, NOW, NOW + 10)
    assert (one.tries, one.body) == (1, b'{"data":{"a":"\xc3\xa9"}}')
    assert outbox.take("webhook", 5, NOW + 9, NOW + 20) == []
    (again,) = outbox.take("webhook", 5, NOW + 10, NOW + 20)  # whoever had it died
    assert again.tries == 2
    outbox.again("webhook", again, NOW + 30, {"webhook": "retrying"})
    assert outbox.take("webhook", 5, NOW + 29, NOW + 40) == []
    (third,) = outbox.take("webhook", 5, NOW + 30, NOW + 40)
    outbox.set_aside("webhook", third, NOW + 31, {"webhook": "undelivered"})
    assert outbox.waiting("webhook") == 0
    (aside,) = outbox.undelivered(10)
    assert (aside.way, aside.message_id, aside.at_s) == ("webhook", one.message_id, NOW + 31)
    assert outbox.replay(NOW + 40, "0-" + "0" * 24) == 0
    assert outbox.replay(NOW + 40, one.message_id) == 1
    (fresh,) = outbox.take("webhook", 5, NOW + 40, NOW + 50)
    assert fresh.tries == 1
    outbox.delivered("webhook", fresh, {"webhook": "delivered"})
    assert outbox.undelivered(10) == []
    entry = JournalStore(client).get(site, fresh.partition, fresh.message_id)
    assert entry is not None
    assert entry.fields["webhook"] == "delivered"
    assert client.hgetall(keys.outbox_bodies(site, fresh.partition)).keys() == {f"topic:{one.message_id}".encode()}


def test_a_sites_own_triggers_stand_in_place_of_the_shipped_ones(client: Client, site: str) -> None:
    store = TriggerConfigStore(client, parse_policy({"time_zone": "Europe/Berlin", "attribution_days": 3}))
    assert store.version(site) == 0
    assert store.read(site).policy.attribution_days == 3
    own = parse_trigger({"trigger_id": "cart-left", "when": {"cart_left": {"after": "1h"}}})
    assert store.put(site, [own], 1)
    assert store.version(site) == 1
    assert store.put(site, [own], 1)
    assert store.version(site) == 1  # nothing has changed
    other = parse_trigger({"trigger_id": "other", "when": {"birthday": {}}})
    assert not store.put(site, [other], 1)
    configured = store.read(site)
    assert configured.triggers["cart-left"].when == own.when
    assert sorted(configured.own) == ["cart-left"]
    assert store.delete(site, "cart-left")
    assert not store.delete(site, "cart-left")
    assert store.read(site).triggers["cart-left"].when != own.when
    store.put_policy(site, parse_policy({"caps": [{"most": 1, "per": "day"}]}))
    assert store.policy(site).time_zone == "UTC"
    assert store.version(site) == 3
