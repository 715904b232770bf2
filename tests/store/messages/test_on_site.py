"""On-site messages: shown until seen or over, and whoever comes is looked at at once."""

import pytest

from models.triggers.message_outcomes import SEEN, MessageOutcome
from models.triggers.trigger_state import Timer, TriggerState
from store import keys
from store.client import AsyncClient, Client
from store.log.log import partition_of
from store.messages.on_site import OnSite, note_presence, read_news, read_on_site
from store.messages.trigger_states import StateUpdate, TriggerStore
from tests.store.conftest import Place
from tests.store.messages.makers import NOW, PARTITIONS, message, save


def shown(place: Place, site: str, after: str = "", now_s: float = NOW) -> list[OnSite]:
    """What the visitor `v` is shown."""

    async def read(client: AsyncClient) -> list[OnSite]:
        return await read_on_site(client, site, partition_of(site, "v", PARTITIONS), "v", after, now_s)

    return place.ask(read)


def come(place: Place, site: str, now_s: float, until_s: float) -> bool:
    """Note that the page of `v` is open."""

    async def note(client: AsyncClient) -> bool:
        return await note_presence(client, site, partition_of(site, "v", PARTITIONS), "v", now_s, until_s)

    return place.ask(note)


def test_messages_come_oldest_first_and_end_when_their_time_is_over(client: Client, place: Place, site: str) -> None:
    sent = [message(site, "v", NOW), message(site, "v", NOW + 30)]
    save(TriggerStore(client), site, "v", StateUpdate(TriggerState(position=1), messages=sent))
    first, second = shown(place, site)
    assert [found.message_id for found in (first, second)] == [written.message_id for written in sent]
    assert (first.until_s, first.body) == (NOW + 60, sent[0].body)
    assert shown(place, site, after=first.event_id) == [second]
    assert shown(place, site, now_s=NOW + 60) == [second]
    assert shown(place, site, now_s=NOW + 90) == []


@pytest.mark.parametrize("field", sorted(SEEN))
def test_what_has_been_seen_is_not_shown_again(client: Client, place: Place, site: str, field: str) -> None:
    sent = [message(site, "v", NOW), message(site, "v", NOW + 1)]
    save(TriggerStore(client), site, "v", StateUpdate(TriggerState(position=1), messages=sent))
    delivered = MessageOutcome(sent[1].message_id, "delivered_at_s", "1.0")
    outcomes = [MessageOutcome(sent[0].message_id, field, "1.0"), delivered]
    save(TriggerStore(client), site, "v", StateUpdate(TriggerState(position=2), message_outcomes=outcomes))
    assert [found.message_id for found in shown(place, site)] == [sent[1].message_id]


def test_who_comes_is_looked_at_at_once_if_anything_waits(client: Client, place: Place, site: str) -> None:
    store, partition = TriggerStore(client), partition_of(site, "v", PARTITIONS)
    assert come(place, site, NOW, NOW + 60)
    assert store.due(site, partition, 4e9, 10) == [], "nothing waits for them"
    assert not come(place, site, NOW + 30, NOW + 90), "was here already"
    assert store.present(site, partition, ["v", "w"], NOW + 90) == [True, False]
    timer = Timer("x", "s", NOW + 500, NOW + 500, NOW + 900)
    save(store, site, "v", StateUpdate(TriggerState(position=1, timers=[timer])))
    assert not come(place, site, NOW + 60, NOW + 120)
    assert store.due(site, partition, NOW + 400, 10) == []
    assert come(place, site, NOW + 121, NOW + 180), "had been gone"
    assert store.due(site, partition, NOW + 122, 10) == ["v"]
    assert 0 < client.ttl(keys.present(site, partition)) <= keys.PRESENT_LIFETIME_S


def test_news_of_several_places_are_read_from_where_each_was_read_to(client: Client, place: Place, site: str) -> None:
    home = partition_of(site, "v", PARTITIONS)
    away = (home + 1) % PARTITIONS

    def news(after: str) -> list[list[tuple[str, str]]]:
        async def read(asking: AsyncClient) -> list[list[tuple[str, str]]]:
            return await read_news(asking, [(site, away, ""), (site, home, after)])

        return place.ask(read)

    save(TriggerStore(client), site, "v", StateUpdate(TriggerState(position=1), messages=[message(site, "v")]))
    nothing, ((event_id, visitor),) = news("")
    assert (nothing, visitor) == ([], "v")
    assert news(event_id) == [[], []]
