"""The trigger worker, step by step: armed by events, carried out once, not before all that came in time is known."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from models.catalog.assortment import Assortment
from models.events.events import Event, EventItem
from models.events.names import VISITOR_DELETED
from models.segments.lifecycle import Thresholds
from models.triggers.trigger import parse_trigger
from models.visitor.contact_policy import parse_policy
from shopwindow.embedded import EmbeddedRedis
from store import keys
from store.client import connect_async
from store.clock import EventClock
from store.keys import Lifetimes
from store.log.groups import PROFILE_GROUP
from store.log.log import partition_of
from store.messages.item_watchers import ItemWatcherStore
from store.messages.journal import Filter, JournalStore
from store.messages.on_site import note_presence
from store.messages.trigger_states import TriggerStore
from store.site.catalog import CatalogStore
from store.site.models import ModelStore
from store.site.segments import SegmentStore
from store.site.trigger_config import TriggerConfigStore
from store.visitors.profiles import ProfileStore
from stream.assortments import Assortments
from stream.decode import Decoder
from stream.messages.message_lists import MessageLists
from stream.profile_flow import ProfileWorker
from stream.trigger_inputs import TriggerConfigs
from stream.trigger_worker import TriggerStores, TriggerWorker, offer_now
from tests.models.makers import item
from tests.stream.workers import PARTITIONS, START_S, World, world

HOUR = 3_600.0


@pytest.fixture
def place(redis_server: EmbeddedRedis, tmp_path: Path) -> Iterator[World]:
    """A site on a log of its own."""
    with world("redis", redis_server.url, None, tmp_path) as made:
        yield made


def triggering(place: World) -> TriggerWorker:
    """A worker's, in this process."""
    client, context = place.client, place.context()
    catalogs = CatalogStore(client)
    told = context.dead_letters.unreadable
    return TriggerWorker(
        context,
        TriggerStores(
            TriggerStore(client, told),
            ItemWatcherStore(client),
            ProfileStore(client, Lifetimes(profile_s=3_600.0)),
            catalogs,
        ),
        Assortments(catalogs),
        TriggerConfigs(TriggerConfigStore(client, parse_policy({})), SegmentStore(client, Thresholds())),
        MessageLists(ModelStore(client), 0.0),
        EventClock(client),
    )


def did(place: World, name: str, at_s: float = 0.0) -> Event:
    """Something `v` did, with one item."""
    params = {"transaction_id": "o"} if name == "purchase" else {}
    moment = START_S + at_s
    return Event(
        site=place.site,
        event=name,
        visitor_id="v",
        at_s=moment,
        accepted_at_s=moment,
        event_id=f"{name}-{at_s}",
        items=() if name == VISITOR_DELETED else (EventItem(item_id="p001", price=10.0),),
        params=params,
    )


def learn_profiles(place: World, home: int) -> None:
    """Have the profiles of a partition learn all there is."""
    profiles = ProfileStore(place.client, Lifetimes(profile_s=3_600.0))
    learning = ProfileWorker(profiles, Assortments(CatalogStore(place.client)), place.context())
    reader = place.log.reader({home: 0})
    decoder = Decoder(PROFILE_GROUP, frozenset({place.site}), PARTITIONS)
    for batch in reader.poll(1_000, 0.0):
        learning(decoder(batch))
        place.log.commit(PROFILE_GROUP, {home: batch.last_position})
    reader.close()


class Watched:
    """The partition of `v`, whose events a worker takes in."""

    def __init__(self, place: World, worker: TriggerWorker) -> None:
        self._place = place
        self._worker = worker
        self.home = partition_of(place.site, "v", PARTITIONS)

    def happens(self, *events: Event) -> None:
        """Append events and have them taken in."""
        positions = self._place.append(events)
        self._worker.observe(self.home, list(zip(positions, events, strict=True)))

    def ticks(self, at_s: float, *, profiles_keep_up: bool = True) -> None:
        """Let the clock come to a moment and look for what is due; `profiles_keep_up` with the log or do not."""
        EventClock(self._place.client).saw(self._place.site, START_S + at_s)
        ends = self._place.log.ends()
        if profiles_keep_up:
            self.learn_profiles()
        self._worker.tick({self.home: ends[self.home]})

    def learn_profiles(self) -> None:
        """Have the profiles learn all there is."""
        learn_profiles(self._place, self.home)

    def sent(self) -> Sequence[str]:
        """Which triggers sent something to `v`."""
        wanted = Filter(("v",), status="sent")
        found = JournalStore(self._place.client).find(self._place.site, PARTITIONS, wanted, 100, 1_000)
        return [entry.fields["trigger_id"] for entry in found]


@pytest.fixture
def watched(place: World) -> Watched:
    """Taken in by one worker."""
    return Watched(place, triggering(place))


def test_what_is_due_is_sent_once_and_told_in_the_log(place: World, watched: Watched) -> None:
    watched.happens(did(place, "add_to_cart"))
    watched.ticks(2 * HOUR - 1)
    assert watched.sent() == []
    watched.ticks(2 * HOUR)
    watched.ticks(2 * HOUR + 1)
    assert watched.sent() == ["cart-left"]
    assert place.log.ends()[watched.home] == 2, "the event, and the message"
    other = Watched(place, triggering(place))
    other.ticks(3 * HOUR)
    assert other.sent() == ["cart-left"], "another worker begins where the first ended"


def test_events_taken_in_again_change_nothing(place: World, watched: Watched) -> None:
    added, bought = did(place, "add_to_cart"), did(place, "purchase", HOUR)
    watched.happens(added, bought)
    states = TriggerStore(place.client)
    before = states.load(place.site, watched.home, ["v"])
    assert before[0][1].position == 2
    triggering(place).observe(watched.home, [(1, added), (2, bought)])
    assert states.load(place.site, watched.home, ["v"]) == before


def test_nothing_is_judged_while_the_profiles_are_behind(place: World, watched: Watched) -> None:
    watched.happens(did(place, "add_to_cart"))
    watched.ticks(2 * HOUR, profiles_keep_up=False)
    assert watched.sent() == []
    watched.ticks(2 * HOUR)
    assert watched.sent() == ["cart-left"]


def test_nothing_is_judged_while_an_event_of_before_is_not_taken_in(place: World) -> None:
    when = {"event": {"name": "generate_lead", "after": "30m", "unless": ["call_ended"]}}
    lead = parse_trigger({"trigger_id": "lead", "when": when})
    TriggerConfigStore(place.client, parse_policy({})).put_within(place.site, [lead], 9)
    worker = triggering(place)
    watched = Watched(place, worker)
    watched.happens(did(place, "generate_lead"))
    called = did(place, "call_ended", 60.0)
    (position,) = place.append([called])  # in the log, and not read yet
    EventClock(place.client).saw(place.site, START_S + HOUR)
    watched.learn_profiles()
    worker.tick({watched.home: position - 1})
    assert "lead" not in watched.sent()
    worker.observe(watched.home, [(position, called)])
    watched.ticks(HOUR)
    assert "lead" not in watched.sent()
    watched.happens(did(place, "generate_lead", HOUR))
    watched.ticks(2 * HOUR)  # ends what the first look waited for
    watched.ticks(2 * HOUR)
    assert "lead" in watched.sent(), "where nobody called"


def test_who_is_erased_is_sent_nothing_of_before(place: World, watched: Watched) -> None:
    watched.happens(did(place, "add_to_cart"), did(place, VISITOR_DELETED, 60.0))
    watched.ticks(3 * HOUR)
    assert watched.sent() == []
    assert TriggerStore(place.client).due(place.site, watched.home, 9e9, 10) == []


def test_a_wanted_item_that_comes_back_cheaper_is_told_once(place: World, watched: Watched) -> None:
    catalogs = CatalogStore(place.client)
    catalogs.put(place.site, "items", [item(1, price=10.0)], now_s=1.0)
    watched.ticks(0.0)
    watched.happens(did(place, "add_to_wishlist"))
    catalogs.put(place.site, "items", [item(1, price=10.0, title="Renamed")], now_s=2.0)
    watched.ticks(60.0)
    assert watched.sent() == []
    catalogs.put(place.site, "items", [item(1, price=4.0)], now_s=3.0)
    watched.ticks(120.0)
    watched.ticks(180.0)
    assert watched.sent() == ["price-drop"]


def test_a_sale_that_begins_by_itself_is_a_price_drop_and_one_that_ends_is_none(place: World, watched: Watched) -> None:
    sale = item(1, price=10.0, sale_price=6.0, sale_starts_at_s=START_S + 100.0, sale_ends_at_s=START_S + 400.0)
    CatalogStore(place.client).put(place.site, "items", [sale], now_s=1.0)
    watched.ticks(0.0)
    watched.happens(did(place, "add_to_wishlist"))
    watched.ticks(99.0)
    assert watched.sent() == []
    watched.ticks(101.0)
    watched.ticks(102.0)
    assert watched.sent() == ["price-drop"]
    watched.ticks(401.0)
    watched.ticks(402.0)
    assert watched.sent() == ["price-drop"]


def test_an_item_that_is_not_sold_cannot_be_bought() -> None:
    catalog = Assortment()
    catalog.put(item(1, price=10.0, sale_price=8.0))
    catalog.put(item(2, availability="out_of_stock"))
    known = [offer_now(item_id, catalog, 5.0) for item_id in ("p001", "p002", "p003")]
    assert [(found.price, found.offered, found.since_s) for found in known] == [
        (8.0, True, 5.0),
        (12.0, False, 5.0),
        (None, False, 5.0),
    ]


async def open_pages(place: World, homes: Mapping[str, int]) -> None:
    """Have a page open for each visitor."""
    client = connect_async(place.settings.redis_url)
    for name, home in homes.items():
        await note_presence(client, place.site, home, name, time.time(), time.time() + 600)
    await client.aclose()


def test_visitors_of_any_name_and_state_cost_nobody_a_message(place: World) -> None:
    """One is called as a key once was, one has a broken state, one a key of another type; `v` is as any other."""
    client, worker = place.client, triggering(place)
    names = ["present", "v", "broken", "other type"]
    at_s = START_S
    by_home: dict[int, list[tuple[int, Event]]] = {}
    events = [
        Event(
            site=place.site,
            event="add_to_cart",
            visitor_id=name,
            at_s=at_s,
            accepted_at_s=at_s,
            event_id=f"cart-{name}",
            items=(EventItem(item_id="p001", price=10.0),),
        )
        for name in names
    ]
    homes = {name: partition_of(place.site, name, PARTITIONS) for name in names}
    asyncio.run(open_pages(place, homes))
    client.set(keys.trigger_state(place.site, homes["broken"], "broken"), b"12345678 broken")
    client.rpush(keys.trigger_state(place.site, homes["other type"], "other type"), b"a list")
    for event, position in zip(events, place.append(events), strict=True):
        by_home.setdefault(homes[event.visitor_id], []).append((position, event))
    for home, told in by_home.items():
        worker.observe(home, told)
    EventClock(client).saw(place.site, at_s + 2 * HOUR)
    for home in by_home:
        learn_profiles(place, home)
    worker.tick({home: place.log.ends()[home] for home in by_home})
    journal = JournalStore(client).find(place.site, PARTITIONS, Filter(), 100, 1_000)
    assert sorted(entry.fields["visitor_id"] for entry in journal) == ["broken", "present", "v"]
    letters = {(letter.code, letter.name) for letter in place.dead_letters()}
    assert letters == {("trigger_state_unreadable", "broken"), ("learn_failed", "other type")}
