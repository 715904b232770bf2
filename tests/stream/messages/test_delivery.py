"""Delivery: a message leaves by each way until it has arrived or is given up, and what became of it is written down."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from models.triggers.trigger_state import TriggerState
from models.visitor.contact_policy import parse_policy
from shopwindow.embedded import free_port
from store.client import Client
from store.log.log import EventLog, partition_of
from store.messages.journal import Filter, JournalStore
from store.messages.outbox import Outbox
from store.messages.trigger_states import StateUpdate, TriggerStore
from store.site.trigger_config import TriggerConfigStore
from stream.messages.delivery import MessageDelivery
from stream.retry import Stop
from tests.store.messages.makers import PARTITIONS, message, save
from tests.webhooks import SECRET, receiving, verify


def send(client: Client, site: str, *visitors: str) -> None:
    """Have a message to each visitor leave by webhook and topic."""
    for visitor in visitors:
        written = message(site, visitor)
        written = written._replace(body=json.dumps({"data": {"visitor_id": visitor}}).encode())
        save(TriggerStore(client), site, visitor, StateUpdate(TriggerState(position=1), messages=[written]))


def fields(client: Client, site: str, visitor: str) -> dict[str, str]:
    """What the journal says of a visitor's message."""
    (entry,) = JournalStore(client).find(site, PARTITIONS, Filter((visitor,)), 1, 10)
    return entry.fields


def until(check: Callable[[], object], within_s: float = 15.0) -> None:
    """Wait until something holds."""
    deadline_s = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


@contextmanager
def delivering(
    client: Client,
    log: EventLog,
    site: str,
    url: str = "",
    retry_s: tuple[float, ...] = (0.05,),
    *,
    private: bool = True,
) -> Iterator[Outbox]:
    """Deliver a site's messages, to a webhook where one is named, until the block ends."""
    policy = parse_policy({"webhook": {"url": url, "secret": SECRET}} if url else {})
    outbox, stop = Outbox(client, site, PARTITIONS), Stop()
    made = MessageDelivery({site: outbox}, TriggerConfigStore(client, policy), log, retry_s, 1.0, stop, private=private)
    made.start()
    try:
        yield outbox
    finally:
        stop.set()
        made.join()


def test_a_message_is_posted_signed_and_stands_on_the_topic(client: Client, log: EventLog, site: str) -> None:
    send(client, site, "v")
    with receiving() as receiver, delivering(client, log, site, receiver.url) as outbox:
        until(lambda: outbox.waiting("webhook") == outbox.waiting("topic") == 0)
        told = fields(client, site, "v")
        ((headers, body),) = receiver.calls
    assert verify(headers, body)
    assert json.loads(body) == {"data": {"visitor_id": "v"}}
    assert (headers["content-type"], told["topic"], told["webhook"]) == ("application/json", "delivered", "delivered")
    assert (told["webhook_tries"], told["webhook_error"]) == ("1", "")
    home = partition_of(site, "v", PARTITIONS)
    reader = log.reader({home: 0})
    ((_, records),) = reader.poll(10, 2.0)
    reader.close()
    assert [record.value for record in records] == [body]


@pytest.mark.parametrize("status", [500, 302, 404])
def test_what_is_not_taken_is_tried_again_then_set_aside(client: Client, log: EventLog, site: str, status: int) -> None:
    send(client, site, "v")
    with receiving() as receiver, delivering(client, log, site, receiver.url, (0.05, 0.05)) as outbox:
        receiver.status = status
        until(lambda: outbox.undelivered(5))
        assert len(receiver.calls) == 3
    told = fields(client, site, "v")
    assert (told["webhook"], told["webhook_tries"]) == ("undelivered", "3")
    assert told["webhook_error"] == f"answered {status}"


def test_what_recovers_in_time_arrives(client: Client, log: EventLog, site: str) -> None:
    send(client, site, "v")
    with receiving() as receiver, delivering(client, log, site, receiver.url, (0.5,) * 9) as outbox:
        receiver.status = 503
        until(lambda: receiver.calls)
        receiver.status = 204
        until(lambda: outbox.waiting("webhook") == 0)
        assert outbox.undelivered(5) == []
    told = fields(client, site, "v")
    assert (told["webhook"], told["webhook_error"]) == ("delivered", "")


def test_nobody_at_the_other_end_is_told_by_name(client: Client, log: EventLog, site: str) -> None:
    send(client, site, "v")
    with delivering(client, log, site, f"http://127.0.0.1:{free_port()}/hook", ()) as outbox:
        until(lambda: outbox.undelivered(5))
    assert fields(client, site, "v")["webhook_error"] == "it could not be reached"


def test_a_message_whose_webhook_was_taken_away_is_set_aside_without_a_try(
    client: Client, log: EventLog, site: str
) -> None:
    send(client, site, "v")
    with delivering(client, log, site, retry_s=(9.0, 9.0)) as outbox:
        until(lambda: outbox.undelivered(5))
    assert fields(client, site, "v")["webhook_error"] == "no webhook is set"


def test_one_that_hangs_keeps_no_other_waiting(client: Client, log: EventLog, site: str) -> None:
    visitors = [f"v{number}" for number in range(6)]
    with receiving() as receiver, delivering(client, log, site, receiver.url, (60.0,)) as outbox:
        receiver.hangs_s = 1.6  # beyond the longest call
        started_s = time.monotonic()
        send(client, site, *visitors)
        until(lambda: outbox.waiting("topic") == 0)
        until(lambda: all(fields(client, site, visitor).get("webhook") == "retrying" for visitor in visitors))
        assert time.monotonic() - started_s < 6 * 1.0, "one after the other they would take longer"
    assert all(fields(client, site, visitor)["webhook_error"] == "it did not answer in time" for visitor in visitors)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0", "169.254.169.254", "2130706433", "127.1"])
def test_no_webhook_lies_on_this_machine_or_in_its_network(client: Client, log: EventLog, site: str, host: str) -> None:
    with receiving() as receiver:
        port = receiver.url.rsplit(":", 1)[1]
        send(client, site, "v")
        with delivering(client, log, site, f"http://{host}:{port}", retry_s=(), private=False) as outbox:
            until(lambda: fields(client, site, "v").get("webhook") == "undelivered")
            assert outbox.waiting("webhook") == 0
        assert receiver.calls == []
    assert fields(client, site, "v")["webhook_error"] == "its address is none that webhooks are posted to"


def test_a_journal_tells_nothing_of_ports(client: Client, log: EventLog, site: str) -> None:
    """Closed, or open and no web server: both could not be reached."""
    told = set()
    for number, port in enumerate((free_port(), 22)):
        send(client, site, f"v{number}")
        with delivering(client, log, site, f"http://127.0.0.1:{port}", retry_s=()):
            until(lambda number=number: fields(client, site, f"v{number}").get("webhook") == "undelivered")  # type: ignore[misc]
        told.add(fields(client, site, f"v{number}")["webhook_error"])
    assert told == {"it could not be reached"}
