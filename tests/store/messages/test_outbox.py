"""The outbox: a message on its way is tried until it arrives or is given up, and is never lost."""

from models.triggers.trigger_state import TriggerState
from store import keys
from store.client import Client
from store.keys import USUAL_LIFETIMES
from store.messages.journal import JournalStore
from store.messages.outbox import Outbox
from store.messages.trigger_states import StateUpdate, TriggerStore
from tests.store.messages.makers import NOW, PARTITIONS, message, save


def send(client: Client, site: str, visitors: list[str]) -> None:
    """Have a message to each visitor on its way."""
    for visitor in visitors:
        save(
            TriggerStore(client),
            site,
            visitor,
            StateUpdate(TriggerState(position=1), messages=[message(site, visitor)]),
        )


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


def test_as_many_are_taken_as_asked_for_whatever_partition_they_are_in(client: Client, site: str) -> None:
    outbox = Outbox(client, site, PARTITIONS)
    send(client, site, [f"v{number}" for number in range(10)])
    first = outbox.take("topic", 7, NOW, NOW + 10)
    rest = outbox.take("topic", 7, NOW, NOW + 10)
    assert (len(first), len(rest)) == (7, 3)
    assert len({message.message_id for message in (*first, *rest)}) == 10
    assert outbox.waiting("topic") == outbox.waiting("webhook") == 10, "taken is not delivered, and ways are apart"


def test_all_that_was_set_aside_is_listed_newest_first_and_replayed_at_once(client: Client, site: str) -> None:
    outbox = Outbox(client, site, PARTITIONS)
    send(client, site, [f"v{number}" for number in range(6)])
    taken = outbox.take("webhook", 10, NOW, NOW + 10)
    for number, message_taken in enumerate(taken):
        outbox.set_aside("webhook", message_taken, NOW + number, {})
    assert [aside.at_s - NOW for aside in outbox.undelivered(4)] == [5, 4, 3, 2]
    assert outbox.replay(NOW + 20) == 6
    assert outbox.replay(NOW + 20) == 0
    assert len(outbox.take("webhook", 10, NOW + 20, NOW + 30)) == 6
    for name in client.scan_iter(match=f"{site}:*:outbox:*"):
        assert 0 < client.ttl(name) <= USUAL_LIFETIMES.outbox_s, name


def test_who_settles_late_changes_nothing(client: Client, site: str) -> None:
    """Its time was over, another has delivered the message meanwhile."""
    outbox = Outbox(client, site, PARTITIONS)
    send(client, site, ["v"])
    (late,) = outbox.take("webhook", 1, NOW, NOW + 10)
    (other,) = outbox.take("webhook", 1, NOW + 10, NOW + 20)
    outbox.delivered("webhook", other, {"webhook": "delivered"})
    outbox.set_aside("webhook", late, NOW + 15, {"webhook": "undelivered"})
    assert (outbox.waiting("webhook"), outbox.undelivered(5)) == (0, [])
    entry = JournalStore(client).get(site, late.partition, late.message_id)
    assert entry is not None
    assert entry.fields["webhook"] == "delivered"
