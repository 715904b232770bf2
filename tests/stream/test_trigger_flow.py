"""Triggers under kills, pauses and replays, on both kinds of log: what is due is carried out once."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from models.events.events import Event, EventItem, decode_event
from shopwindow.embedded import EmbeddedRedis
from shopwindow.settings import write_settings
from store.messages.journal import Filter, JournalRow, JournalStore
from tests.servers import Broker
from tests.stream.workers import PARTITIONS, SESSION_TIMEOUT_S, START_S, World, world

VISITORS = 120
HOUR = 3_600.0


@pytest.fixture(params=["redis", pytest.param("kafka", marks=pytest.mark.kafka)])
def place(request: pytest.FixtureRequest, redis_server: EmbeddedRedis, tmp_path: Path) -> Iterator[World]:
    """A site on each kind of log, whose clock its events move."""
    broker: Broker | None = request.getfixturevalue("kafka_broker") if request.param == "kafka" else None
    with world(request.param, redis_server.url, broker, tmp_path) as made:
        made.settings = replace(made.settings, clock="event", caps="")
        write_settings(made.settings, made.config)
        yield made


def shopping(site: str, name: str, visitor: str, at_s: float) -> Event:
    """Something done with one item; an order where it is a purchase."""
    params = {"transaction_id": f"o-{visitor}"} if name == "purchase" else {}
    item = EventItem(item_id="i1", price=10.0)
    at_s += START_S
    return Event(
        site=site,
        event=name,
        visitor_id=visitor,
        at_s=at_s,
        accepted_at_s=at_s,
        event_id=f"{name}-{visitor}-{at_s}",
        items=(item,),
        params=params,
    )


def journal(place: World) -> list[JournalRow]:
    """All that was sent."""
    return JournalStore(place.client).find(place.site, PARTITIONS, Filter(status="sent"), 10_000, 10_000)


def told(place: World) -> Counter[str]:
    """How often each message stands in the log."""
    reader = place.log.reader(dict.fromkeys(range(PARTITIONS), 0))
    reached, found = [0] * PARTITIONS, Counter[str]()
    while reached != place.log.ends():
        for batch in reader.poll(1_000, 1.0):
            reached[batch.partition] = batch.last_position
            for record in batch.records:
                event = decode_event(record.value)
                if event.event == "message_sent":
                    found[event.event_id] += 1
    reader.close()
    return found


def wait_for(place: World, trigger_id: str, count: int) -> None:
    """Wait until so many were sent."""
    deadline_s = time.monotonic() + 60
    while sum(message.fields["trigger_id"] == trigger_id for message in journal(place)) < count:
        assert time.monotonic() < deadline_s, Counter(message.fields["trigger_id"] for message in journal(place))
        time.sleep(0.1)


@pytest.mark.slow
def test_killed_and_paused_workers_send_each_message_once(place: World) -> None:
    """SIGKILL while timers are armed, SIGSTOP while another takes over and fires; then the paused one wakes up."""
    visitors = [f"v{number}" for number in range(VISITORS)]
    with ExitStack() as workers:
        workers.enter_context(place.worker("profile"))
        first = workers.enter_context(place.worker("trigger"))
        second = workers.enter_context(place.worker("trigger"))
        place.append([shopping(place.site, "add_to_cart", visitor, number) for number, visitor in enumerate(visitors)])
        place.wait_until_committed("trigger", within_s=60)
        first.send_signal(signal.SIGKILL)
        first.wait()
        workers.enter_context(place.worker("trigger"))
        # Half of them buy in time, and the clock moves on in the same breath.
        bought = visitors[::2]
        place.append([shopping(place.site, "purchase", visitor, HOUR) for visitor in bought])
        place.append([shopping(place.site, "view_item", "clock", 2 * HOUR + 30)])
        second.send_signal(signal.SIGSTOP)
        time.sleep(SESSION_TIMEOUT_S * 2)
        place.append([shopping(place.site, "view_item", "clock", 2 * HOUR + VISITORS)])
        wait_for(place, "cart-left", VISITORS // 2)
        second.send_signal(signal.SIGCONT)
        place.append([shopping(place.site, "view_item", "clock", 3 * HOUR)])
        time.sleep(SESSION_TIMEOUT_S * 2)
        sent = [message for message in journal(place) if message.fields["trigger_id"] == "cart-left"]
    assert sorted(message.fields["visitor_id"] for message in sent) == sorted(set(visitors) - set(bought))
    for message in sent:
        number = int(message.fields["visitor_id"][1:])
        assert message.at_s == START_S + number + 2 * HOUR
    assert {message.message_id for message in journal(place)} == set(told(place))
