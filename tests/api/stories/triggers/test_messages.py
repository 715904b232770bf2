"""How messages leave: signed, tried again, set aside; on a topic; pushed to the open page; whatever is killed."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from shopwindow.build import open_message_topic
from shopwindow.embedded_stack import EmbeddedStack
from tests.api.stories.triggers.stories import HOUR, Story, event, until, visitor
from tests.webhooks import SECRET, receiving, verify


def delivery(story: Story, guest: str, way: str = "webhook") -> dict[str, Any]:
    """What became of a visitor's newest message on its way."""
    entries = story.journal(guest)
    found: dict[str, Any] = entries[-1]["delivery"][way] if entries else {"status": "none"}
    return found


def test_a_webhook_is_signed_and_carries_offer_and_products(story: Story) -> None:
    with receiving() as receiver:
        story.put_policy(webhook={"url": receiver.url, "secret": SECRET})
        device, guest = visitor(), f"anna-{visitor()}"
        story.post(event("order_created", device, "p3", user_id=guest, params={"order_id": "o-7", "value": 13}))
        story.pass_to(25 * HOUR)
        until(lambda: len(receiver.bodies(guest)) == 2)
        headers, body = receiver.calls[0]
        assert verify(headers, body)
        assert not verify(headers, body + b" ")
        assert headers["content-type"] == "application/json"
        friendly, offer = sorted(receiver.bodies(guest), key=lambda data: data["due_at"])
        assert headers["webhook-id"] in (friendly["message_id"], offer["message_id"])
        assert (friendly["visitor_id"], friendly["user_id"], friendly["trigger_id"]) == (guest, guest, "order-unpaid")
        assert offer["offer"] == {"kind": "discount", "percent": 10, "valid_hours": 48}
        assert (offer["about"]["order_id"], offer["about"]["order_value"]) == ("o-7", 13.0)
        assert [item["item_id"] for item in offer["about"]["items"]] == ["p3"]
        assert [item["title"].startswith("Product") for item in offer["recommended"]] == [True] * 4
        until(lambda: delivery(story, guest)["status"] == "delivered")
        assert delivery(story, guest)["tries"] == 1
        assert story.secret.get("/v1/contact-policy").json()["webhook"] == {"url": receiver.url, "secret": "(set)"}


def test_a_webhook_that_fails_is_tried_again_then_set_aside_and_can_be_replayed(story: Story) -> None:
    with receiving() as receiver:
        receiver.status = 503
        story.put_policy(webhook={"url": receiver.url, "secret": "a plain secret of enough letters"})
        guest = visitor()
        story.post(event("sign_up", guest))
        until(lambda: delivery(story, guest)["status"] == "undelivered")
        assert delivery(story, guest)["tries"] == 3
        assert delivery(story, guest)["error"] == "answered 503"
        ids = {headers["webhook-id"] for headers, _ in receiver.calls}
        assert (len(receiver.calls), len(ids)) == (3, 1)
        (aside,) = story.secret.get("/v1/undelivered").json()["undelivered"]
        assert (aside["way"], aside["body"]["data"]["visitor_id"]) == ("webhook", guest)
        receiver.status = 200
        replayed = story.secret.post("/v1/undelivered/replay", json={"message_id": aside["message_id"]})
        assert replayed.json() == {"replayed": 1}
        until(lambda: delivery(story, guest)["status"] == "delivered")
        assert story.secret.get("/v1/undelivered").json() == {"undelivered": []}
        assert story.secret.post("/v1/undelivered/replay").json() == {"replayed": 0}
        assert [headers["webhook-id"] for headers, _ in receiver.calls] == [aside["message_id"]] * 4
        assert story.sent(guest) == ["welcome"]


def test_a_webhook_that_hangs_slows_nothing_else(story: Story) -> None:
    with receiving() as receiver:
        receiver.hangs_s = 3.0
        story.put_policy(webhook={"url": receiver.url, "secret": SECRET})
        some = [visitor() for _ in range(30)]
        story.post(*(event("sign_up", message) for message in some))
        started = time.monotonic()
        last = visitor()
        story.post(event("sign_up", last))
        story.pass_to(90)
        until(lambda: story.sent(last))
        until(lambda: delivery(story, some[-1], "topic")["status"] == "delivered")
        assert story.public.get("/v1/recommendations", params={"visitor_id": last}).json()["state"]["events_seen"] >= 1
        assert time.monotonic() - started < 6.0


def test_messages_stand_on_the_topic_in_their_visitors_partition(story: Story, story_stack: EmbeddedStack) -> None:
    guest = visitor()
    story.post(event("sign_up", guest))
    until(lambda: delivery(story, guest, "topic")["status"] == "delivered")
    topic = open_message_topic(story_stack.settings)
    reader = topic.reader(dict.fromkeys(range(topic.partitions), 0))
    try:
        found = [
            json.loads(record.value)["data"]
            for _ in range(3)
            for batch in reader.poll(1_000, 0.5)
            for record in batch.records
        ]
    finally:
        reader.close()
        topic.close()
    (mine,) = [data for data in found if data["visitor_id"] == guest]
    assert (mine["trigger_id"], mine["message_id"]) == ("welcome", story.journal(guest)[0]["message_id"])


class Page(threading.Thread):
    """An open page: reads what is pushed, until closed."""

    def __init__(self, story: Story, guest: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(daemon=True)
        self.pushed: list[tuple[str, dict[str, Any]]] = []
        self.opened = threading.Event()
        self._ended = threading.Event()
        key = story.public.headers["authorization"].removeprefix("Bearer ")
        self._url = f"{story.stack.url}/v1/visitors/{guest}/messages?key={key}"
        self._headers = {"accept": "text/event-stream", **(headers or {})}

    def run(self) -> None:
        event_id = ""
        with httpx.stream("GET", self._url, headers=self._headers, timeout=2.0) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            self.opened.set()
            try:
                for line in response.iter_lines():
                    if line.startswith("id: "):
                        event_id = line.removeprefix("id: ")
                    elif line.startswith("data: "):
                        self.pushed.append((event_id, json.loads(line.removeprefix("data: "))))
                    if self._ended.is_set():
                        return
            except httpx.ReadTimeout:
                return  # nothing more came


@contextmanager
def page(story: Story, guest: str, **headers: str) -> Iterator[Page]:
    """Open a page, and wait until it listens."""
    opened = Page(story, guest, headers)
    opened.start()
    assert opened.opened.wait(10)
    yield opened
    opened.join(10)


def test_who_hesitates_is_invited_on_the_open_page(story: Story) -> None:
    guest, busy = visitor(), visitor()
    with page(story, guest) as open_page:
        story.post(event("view_item", guest, "p1"), event("page_view", guest, at=0.1), event("view_item", busy, "p1"))
        story.post(event("add_to_cart", busy, "p1", at=30))
        story.post(event("page_view", "clock", at=59))
        assert open_page.pushed == []
        story.post(event("page_view", "clock", at=61))
        until(lambda: open_page.pushed)
    event_id, message = open_page.pushed[0]
    assert (len(open_page.pushed), message["trigger_id"], message["event_id"]) == (1, "hesitation", event_id)
    assert message["message"]["headline"]
    assert [item["item_id"] for item in message["about"]["items"]] == ["p1"]
    assert len(message["recommended"]) == 4
    assert story.sent(busy) == []
    path = f"/v1/visitors/{guest}/messages"
    assert [message["event_id"] for message in story.public.get(path).json()["messages"]] == [event_id]
    assert story.public.get(path, params={"after": event_id}).json()["messages"] == []
    with page(story, guest, **{"Last-Event-ID": event_id}) as resumed:
        pass
    assert resumed.pushed == []
    with page(story, guest) as again:
        until(lambda: again.pushed)
    # Opened, it is shown no more; what came of it stands in the journal.
    told = {"message_id": message["message_id"]}
    story.post(event("message_opened", guest, at=62, params=told), event("message_clicked", guest, at=63, params=told))
    story.settle()
    assert story.public.get(path).json()["messages"] == []
    outcome = story.journal(guest)[0]["outcome"]
    assert (outcome["opened"], outcome["clicked"]) == ("2025-10-09T08:54:22.000Z", "2025-10-09T08:54:23.000Z")
    bad = story.public.get(path, params={"after": "x"})
    assert (bad.status_code, bad.json()["code"]) == (422, "parameter_invalid")


def test_an_invitation_whose_time_is_over_is_not_shown(story: Story) -> None:
    guest = visitor()
    story.post(event("view_item", guest, "p1"))
    story.pass_to(61)
    assert story.sent(guest) == []  # nobody is there to see it
    assert story.armed(guest)["hesitation"]["held"] == "no page is open"
    assert len(story.public.get(f"/v1/visitors/{guest}/messages").json()["messages"]) == 1
    story.pass_to(HOUR)
    assert story.public.get(f"/v1/visitors/{guest}/messages").json()["messages"] == []


def test_timers_survive_sigkill_and_fire_once(story: Story, story_stack: EmbeddedStack) -> None:
    """Killed between arming and firing: what is due fires once, and what was called off meanwhile does not."""
    with receiving() as receiver:
        story.put_policy(webhook={"url": receiver.url, "secret": SECRET})
        some = [visitor() for _ in range(40)]
        story.post(*(event("add_to_cart", visitor, "p1", at=index) for index, visitor in enumerate(some)))
        story.settle()
        os.kill(story_stack.pid("trigger"), signal.SIGKILL)
        os.kill(story_stack.pid("profile"), signal.SIGKILL)
        story.post(event("purchase", some[0], "p1", at=HOUR, params={"transaction_id": "o"}))
        story.post(event("page_view", "clock", at=2 * HOUR + 60))
        until(lambda: all(story.sent(visitor) for visitor in some[1:]), within_s=60)
        story.settle()
        assert [story.sent(message) for message in some] == [[]] + [["cart-left"]] * 39
        until(lambda: all(delivery(story, visitor)["status"] == "delivered" for visitor in some[1:]), within_s=30)
        ids = [data["message_id"] for message in some for data in receiver.bodies(message)]
        assert (len(ids), len(set(ids))) == (39, 39)
        told = story.secret.get(f"/v1/visitors/{some[1]}/timeline").json()["entries"]
        assert [entry["event"] for entry in told] == ["message_sent", "add_to_cart"]
        assert story.journal(some[1])[0]["at"] == "2025-10-09T10:53:21.000Z"
