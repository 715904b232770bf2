"""Deliver: messages leave the outbox for a webhook or a topic, beside the flow, so that nothing waits for them.

Each site has its own threads and at most so many calls at once: a webhook that does not answer slows nothing else.
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import httpx

from models.triggers.payload import signature
from models.triggers.trigger import WAYS
from models.visitor.contact_policy import Webhook
from store.guarded_thread import GuardedThread
from store.log.log import EventLog, LogUnavailableError
from store.messages.outbox import Outbox, Outgoing
from store.refusals import UNAVAILABLE
from store.site.trigger_config import TriggerConfigStore
from stream.messages.webhook_transport import AddressRefusedError, open_transport
from stream.metrics import DELIVERIES, WAITING, count_failure
from stream.retry import Backoff, Stop

_LOGGER = logging.getLogger(__name__)
_LOOK_EVERY_S: Final = 0.2
_AT_ONCE: Final = 8
_TOPIC_PORTION: Final = 200
_TAKEN_S: Final = 10.0
"""Beyond the longest call, until a message whose deliverer died comes back."""
_AGENT: Final = "shopwindow/1"


class MessageDelivery:
    """Takes messages out of all sites' outboxes until it is told to stop.

    Parameters
    ----------
    outboxes
        By site.
    configs
        Where each site's webhook is said.
    topic
        The log that messages for the topic are appended to.
    retry_s
        Seconds to wait before each further try; after the last one a message is set aside.
    timeout_s
        Longest that one call may take, in seconds.
    stop
        Ends it.
    private
        Whether a webhook may lie on this machine, or in its network.
    """

    def __init__(
        self,
        outboxes: Mapping[str, Outbox],
        configs: TriggerConfigStore,
        topic: EventLog,
        retry_s: tuple[float, ...],
        timeout_s: float,
        stop: Stop,
        *,
        private: bool = False,
    ) -> None:
        self._private = private
        self._outboxes = outboxes
        self._configs = configs
        self._topic = topic
        self._retry_s = retry_s
        self._timeout_s = timeout_s
        self._stop = stop
        self._threads = [
            GuardedThread(f"deliver-{way}-{site}", partial(self._run, way, site), count_failure)
            for site in sorted(outboxes)
            for way in WAYS
        ]

    def start(self) -> None:
        """Begin to deliver: one thread for each site and way out."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait for the calls that are under way, once it was told to stop."""
        deadline = time.monotonic() + self._timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self, way: str, site: str) -> None:
        backoff = Backoff(self._stop)
        work = self._webhooks if way == "webhook" else self._topics
        while not self._stop.is_set():
            try:
                work(site)
                backoff.reset()
            except (*UNAVAILABLE, LogUnavailableError) as error:
                _LOGGER.warning("cannot deliver by %s of %s, waiting: %s", way, site, error)
                backoff.wait()

    def _topics(self, site: str) -> None:
        outbox = self._outboxes[site]
        now_s = time.time()
        taken = outbox.take("topic", _TOPIC_PORTION, now_s, now_s + _TAKEN_S)
        refused = taken if taken and not self._append(site, taken) else []
        for message in refused:
            # One of them cannot be appended at all: the others are not to wait for it.
            if not self._append(site, [message]):
                told = {"topic": "undelivered", "topic_error": "the topic does not take it"}
                outbox.set_aside("topic", message, time.time(), {**told, "topic_at_s": f"{time.time():.3f}"})
                DELIVERIES.labels(site, "topic", "undelivered").inc()
        WAITING.labels(site, "topic").set(outbox.waiting("topic"))
        if len(taken) < _TOPIC_PORTION:
            self._stop.wait(_LOOK_EVERY_S)

    def _append(self, site: str, taken: Sequence[Outgoing]) -> bool:
        """Append messages to the topic; False, and none is, where it will never take them as they are."""
        try:
            self._topic.append([(message.partition, message.body) for message in taken])
        except ValueError as error:
            _LOGGER.error("the topic does not take a message of %s: %s", site, error)
            return False
        for message in taken:
            told = {"topic": "delivered", "topic_at_s": f"{time.time():.3f}"}
            self._outboxes[site].delivered("topic", message, told)
        DELIVERIES.labels(site, "topic", "delivered").inc(len(taken))
        return True

    def _webhooks(self, site: str) -> None:
        """Keep up to `_AT_ONCE` calls going until there is nothing to send."""
        outbox = self._outboxes[site]
        slots = threading.Semaphore(_AT_ONCE)
        limits = httpx.Limits(max_connections=_AT_ONCE, max_keepalive_connections=_AT_ONCE)
        timeout = httpx.Timeout(self._timeout_s)
        with (
            httpx.Client(
                timeout=timeout,
                transport=open_transport(limits, private=self._private),
                follow_redirects=False,
                trust_env=False,
            ) as client,
            ThreadPoolExecutor(_AT_ONCE, thread_name_prefix=f"webhook-{site}") as pool,
        ):

            def call(outgoing: Outgoing, webhook: Webhook | None) -> None:
                try:
                    self._post(site, outgoing, webhook, client)
                except UNAVAILABLE as error:
                    _LOGGER.warning("a webhook's outcome is not noted, it will be sent again: %s", error)
                except Exception as error:
                    _LOGGER.exception("message %s failed", outgoing.message_id)
                    count_failure(f"webhook-{site}", error)
                finally:
                    slots.release()

            while not self._stop.is_set():
                slots.acquire()  # one call more is possible now
                now_s = time.time()
                try:
                    taken = outbox.take("webhook", 1, now_s, now_s + self._timeout_s + _TAKEN_S)
                    webhook = self._configs.policy(site).webhook if taken else None
                except BaseException:
                    slots.release()
                    raise
                if not taken:
                    slots.release()
                    WAITING.labels(site, "webhook").set(outbox.waiting("webhook"))
                    self._stop.wait(_LOOK_EVERY_S)
                    continue
                pool.submit(call, taken[0], webhook)

    def _post(self, site: str, outgoing: Outgoing, webhook: Webhook | None, client: httpx.Client) -> None:
        error = "no webhook is set" if webhook is None else _send(outgoing, webhook, client)
        now_s = time.time()
        tries = outgoing.tries
        fields = {"webhook_tries": str(tries), "webhook_error": error, "webhook_at_s": f"{now_s:.3f}"}
        outbox = self._outboxes[site]
        if not error:
            outbox.delivered("webhook", outgoing, {**fields, "webhook": "delivered"})
            outcome = "delivered"
        elif tries <= len(self._retry_s) and webhook is not None:
            outbox.again("webhook", outgoing, now_s + self._retry_s[tries - 1], {**fields, "webhook": "retrying"})
            outcome = "retried"
        else:
            outbox.set_aside("webhook", outgoing, now_s, {**fields, "webhook": "undelivered"})
            outcome = "undelivered"
        DELIVERIES.labels(site, "webhook", outcome).inc()


def _send(outgoing: Outgoing, webhook: Webhook, client: httpx.Client) -> str:
    """Post one message; gives what was wrong, empty for nothing."""
    timestamp_s = int(time.time())
    headers = {
        "content-type": "application/json",
        "user-agent": _AGENT,
        "webhook-id": outgoing.message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": signature(webhook.secret, outgoing.message_id, timestamp_s, outgoing.body),
    }
    try:
        # What the answer says beyond its status is not read: it might never end.
        with client.stream("POST", webhook.url, content=outgoing.body, headers=headers) as response:
            return "" if response.is_success else f"answered {response.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        _LOGGER.warning("message %s is not delivered: %s: %s", outgoing.message_id, type(error).__name__, error)
        return _told(error)
    except Exception:
        _LOGGER.exception("message %s cannot be sent", outgoing.message_id)
        return "it cannot be sent"


def _told(error: Exception) -> str:
    """Say to the site what was wrong; what a port scan would tell of a network stays in our own log."""
    if isinstance(error.__cause__, AddressRefusedError):
        return "its address is none that webhooks are posted to"
    return "it did not answer in time" if isinstance(error, httpx.ReadTimeout) else "it could not be reached"
