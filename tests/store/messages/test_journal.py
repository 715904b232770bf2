"""The journal: who was sent what is found again by visitor, trigger, status and time, newest first."""

from models.triggers.message_outcomes import MessageOutcome
from models.triggers.trigger_state import TriggerState
from store.client import Client
from store.messages.journal import Filter, JournalStore
from store.messages.trigger_states import StateUpdate, TriggerStore
from tests.store.messages.makers import NOW, PARTITIONS, message, save


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


def test_what_fits_is_looked_for_past_the_first_portion_and_no_further_than_asked(client: Client, site: str) -> None:
    journal = JournalStore(client)
    rare = message(site, "v", NOW, trigger_id="rare")
    common = [message(site, "v", NOW + number, trigger_id="common") for number in range(1, 401)]
    save(TriggerStore(client), site, "v", StateUpdate(TriggerState(position=1), messages=[rare, *common]))
    wanted = Filter(("v",), trigger_id="rare")
    assert [entry.message_id for entry in journal.find(site, PARTITIONS, wanted, 5, 1_000)] == [rare.message_id]
    assert journal.find(site, PARTITIONS, wanted, 5, 400) == []


def test_of_one_moment_the_one_written_last_comes_first(client: Client, site: str) -> None:
    for number in (1, 3, 2):
        written = message(site, f"v{number}", NOW, written_s=str(NOW + number))
        save(TriggerStore(client), site, f"v{number}", StateUpdate(TriggerState(position=1), messages=[written]))
    found = JournalStore(client).find(site, PARTITIONS, Filter(), 2, 100)
    assert [entry.fields["visitor_id"] for entry in found] == ["v3", "v2"]


def test_a_message_nobody_was_sent_is_not_there(client: Client, site: str) -> None:
    assert JournalStore(client).get(site, 0, "0-" + "0" * 24) is None
    assert JournalStore(client).find(site, PARTITIONS, Filter(("nobody",)), 5, 100) == []
