"""Profile returns: a lost profile comes back as if it had never been lost, or not at all."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from models.base.errors import InvalidError
from models.catalog.assortment import Assortment
from models.events.events import Event, EventItem, encode_event
from models.events.names import VISITOR_DELETED, VISITOR_IDENTIFIED
from models.visitor.profile import Profile, discrete_part, encode_profile
from models.visitor.profile_batch import Change, learn
from shopwindow.embedded import EmbeddedRedis
from store import keys
from store.client import Client, connect
from store.keys import Lifetimes
from store.log.log import EventLog, partition_of
from store.visitors import profile_returns
from store.visitors.profile_returns import ProfileReturns
from store.visitors.profiles import ProfileStore, ProfileUpdate
from tests.store.log.logs import Server, new_name

SITE, VISITOR = "shop", "ann"
PARTITIONS = 2
HOME = partition_of(SITE, VISITOR, PARTITIONS)
NEIGHBOUR = next(f"n{n}" for n in range(99) if partition_of(SITE, f"n{n}", PARTITIONS) == HOME)
NAMES = ("view_item", "add_to_cart", "view_item", "remove_from_cart", "purchase", "search")


class Place:
    """A log, and profiles that learn from it."""

    def __init__(self, url: str) -> None:
        self.site = SITE
        self.client: Client = connect(url)
        self.log: EventLog = Server("redis", url).open(new_name(), partitions=PARTITIONS)
        self.store = ProfileStore(self.client, Lifetimes(profile_s=3_600.0), lambda _: None)
        self.returns = ProfileReturns(self.store, self.log)
        self.told: list[tuple[int, Event]] = []
        for visitor_id in (VISITOR, NEIGHBOUR):
            self.client.delete(self.key(visitor_id))

    def key(self, visitor_id: str = VISITOR) -> str:
        return keys.profile(SITE, HOME, visitor_id)

    def append(self, numbers: range, visitor_id: str = VISITOR, **fields: Any) -> list[tuple[int, Event]]:
        """Put events into the log."""
        events = [made(number, visitor_id, **fields) for number in numbers]
        told = list(zip(self.log.append([(HOME, encode_event(event)) for event in events]), events, strict=True))
        self.told += [each for each in told if each[1].visitor_id == VISITOR]
        return told

    def learn(
        self,
        told: Sequence[tuple[int, Event]],
        visitor_id: str = VISITOR,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> None:
        """Learn them into the stored profile, as the flow does; something else may be done in between."""

        def learned(_: list[str], profiles: list[Profile]) -> list[ProfileUpdate]:
            meanwhile()
            learn(profiles, [Change(0, *each) for each in told], Assortment().vector_of_item)
            return [ProfileUpdate(profiles[0])]

        self.store.update_profiles(SITE, HOME, [visitor_id], learned)

    def lose(self) -> bytes:
        """Break the stored profile; gives what it was."""
        (blob,) = self.client.mget([self.key()])
        self.client.set(self.key(), b"12345678 broken")
        assert isinstance(blob, bytes)
        return blob

    def put_back(self, *blobs: bytes) -> InvalidError | None:
        return self.returns.put_all_back(SITE, {VISITOR: blobs}, Assortment()).get(VISITOR)

    def found(self) -> Profile:
        return self.store.load(SITE, HOME, [VISITOR])[0]

    def assert_undisturbed(self) -> None:
        """What is stored is what one who was never disturbed has learned."""
        profiles = [Profile()]
        learn(profiles, [Change(0, *each) for each in self.told], Assortment().vector_of_item)
        found = self.found()
        assert found.position >= self.told[-1][0]
        found.position = profiles[0].position
        assert discrete_part(found) == discrete_part(profiles[0])


def made(number: int, visitor_id: str, event: str = "", **fields: Any) -> Event:
    """An event of a seeded kind, a minute after the one before."""
    at_s = 1_700_000_000.0 + 60.0 * number
    given: dict[str, Any] = {
        "site": SITE,
        "visitor_id": visitor_id,
        "event_id": f"{visitor_id}-{number}",
        "at_s": at_s,
        **fields,
    }
    params = {"transaction_id": f"o{number}"}
    items = (EventItem(item_id=f"i{number % 7}", price=5.0),)
    return Event(event=event or NAMES[number % len(NAMES)], accepted_at_s=at_s, params=params, items=items, **given)


@pytest.fixture
def place(redis_server: EmbeddedRedis) -> Place:
    """A place of its own."""
    return Place(redis_server.url)


def test_a_lost_profile_comes_back_with_what_was_told_since(place: Place) -> None:
    place.learn(place.append(range(20)))
    lost = place.lose()
    place.append(range(5), NEIGHBOUR)
    place.learn(place.append(range(20, 45)))
    assert place.found().events_seen == 25, "it began anew"
    assert place.put_back(lost) is None
    place.assert_undisturbed()
    assert place.put_back(lost) is None, "again does nothing"
    place.learn(place.append(range(45, 60)))
    place.assert_undisturbed()


def test_where_nobody_was_seen_since_it_is_put_back_as_it_was(place: Place) -> None:
    place.learn(place.append(range(20)))
    lost = place.lose()
    assert place.found().events_seen == 0
    place.log.truncate({HOME: 21})
    assert place.put_back(lost) is None
    place.assert_undisturbed()


@pytest.mark.parametrize("others", [0, 3], ids=["at the log's end", "with others behind"])
def test_a_flow_that_saves_just_then_loses_and_doubles_nothing(place: Place, others: int) -> None:
    place.learn(place.append(range(20)))
    lost = place.lose()
    place.learn(place.append(range(20, 30)))
    place.append(range(others), NEIGHBOUR)
    refused: list[InvalidError | None] = []
    told: list[tuple[int, Event]] = []

    def put_back_once() -> None:
        if not refused:
            refused.append(place.put_back(lost))
            told.extend(place.append(range(30, 33)))

    # The flow has loaded what stands in its place, and saves after the lost one was put there: it is refused.
    place.learn(told, meanwhile=put_back_once)
    assert refused == [None]
    place.assert_undisturbed()


def test_what_the_log_holds_no_more_keeps_the_profile_of_since(place: Place) -> None:
    place.learn(place.append(range(20)))
    lost = place.lose()
    place.learn(place.append(range(20, 30)))
    place.log.truncate({HOME: 23})
    refused = place.put_back(lost)
    assert refused is not None
    assert refused.code == "profile_newer"
    assert "log_retention_h" in refused.message
    assert place.found().events_seen == 10


def test_a_device_that_changed_hands_since_keeps_what_others_were_told_of(place: Place) -> None:
    place.learn(place.append(range(20)))
    lost = place.lose()
    place.learn(place.append(range(20, 30)))
    place.learn(place.append(range(30, 31), event=VISITOR_IDENTIFIED, user_id="user"))
    before = place.found()
    refused = place.put_back(lost)
    assert refused is not None
    assert "changed hands" in refused.message
    assert place.found() == before


def test_a_visitor_who_was_erased_since_stays_so(place: Place) -> None:
    place.learn(place.append(range(20)))
    lost = place.lose()
    place.learn(place.append(range(20, 30)))
    (erasure,) = place.append(range(30, 31), event=VISITOR_DELETED)
    place.store.erase(SITE, HOME, erasure[1], erasure[0])
    refused = place.put_back(lost)
    assert refused is not None
    assert refused.code == "profile_erased"
    place.learn([erasure])
    assert place.put_back(lost) is None
    assert (place.found().events_seen, place.found().recent) == (0, [])


def test_of_two_that_were_lost_the_one_that_knows_more_stays(place: Place) -> None:
    place.learn(place.append(range(20)))
    first = place.lose()
    place.learn(place.append(range(20, 30)))
    second = place.lose()
    place.learn(place.append(range(30, 33)))
    assert place.put_back(b"12345678 broken", first, second) is None
    place.assert_undisturbed()
    refused = place.put_back(second)
    assert refused is not None
    assert refused.code == "profile_newer"
    place.assert_undisturbed()
    unreadable = place.put_back(b"12345678 broken")
    assert unreadable is not None
    assert unreadable.code == "profile_unreadable"


def test_one_who_is_told_of_all_the_time_is_not_waited_for_for_ever(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.learn(place.append(range(5)))
    lost = place.lose()
    place.learn(place.append(range(5, 8)))
    place.append(range(8, 9))  # and the flow does not come to it
    monkeypatch.setattr(profile_returns, "_LONGEST_S", 0.2)
    refused = place.put_back(lost)
    assert refused is not None
    assert refused.code == "profile_busy"
    assert place.found().events_seen == 3


def test_what_stands_in_the_place_and_cannot_be_read_is_left(place: Place) -> None:
    lost = encode_profile(Profile(position=3, events_seen=1))
    place.client.set(place.key(), b"12345678 broken")
    refused = place.put_back(lost)
    assert refused is not None
    assert refused.code == "profile_unreadable"
    place.client.delete(place.key())
    assert place.put_back(lost) is None
    assert place.found().events_seen == 1
