"""Metrics: what every flow counts and measures."""

import time
from collections.abc import Sequence

from prometheus_client import Counter, Gauge, Histogram

from models.events.events import Event

EVENTS_READ = Counter("shopwindow_stream_events", "Events by flow and outcome.", ["flow", "outcome"])
BATCH_SECONDS = Histogram(
    "shopwindow_stream_batch_seconds",
    "Seconds to learn a micro-batch and make it readable.",
    ["flow"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
LAG_SECONDS = Histogram(
    "shopwindow_stream_lag_seconds",
    "Seconds from accepting the oldest event of a micro-batch to having learned it.",
    ["flow"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300),
)
TRIGGERS = Counter(
    "shopwindow_triggers", "Triggers carried out or given up, by trigger and status.", ["site", "trigger", "status"]
)
DELIVERIES = Counter("shopwindow_deliveries", "Messages by way out and outcome.", ["site", "way", "outcome"])
REFUSALS = Counter("shopwindow_stream_refusals", "Tries that a server refused for now or did not answer.")
WAITING_FOR_SERVER = Gauge(
    "shopwindow_stream_refused", "1 while the flow waits for a server that refuses or does not answer."
)
THREAD_FAILURES = Counter("shopwindow_thread_failures", "Errors of threads beside the flow, which go on.", ["thread"])
SET_ASIDE = Counter("shopwindow_stream_set_aside", "Dead letters by flow and reason.", ["flow", "code"])
SITE_FAILURES = Counter("shopwindow_stream_site_failures", "Errors of one site, past which a flow goes on.", ["site"])
WAITING = Gauge("shopwindow_messages_waiting", "Messages that are on their way out.", ["site", "way"])

LOST = Counter(
    "shopwindow_stream_lost",
    "Records that went with a topic before a group had read them, as far as known.",
    ["log", "group"],
)


def count_lost(log: str, group: str, records: int) -> None:
    """Count records that went with a topic which was deleted and made again."""
    LOST.labels(log, group).inc(records)


def count_failure(thread: str, _: Exception) -> None:
    """Count an error of a thread beside the flow."""
    THREAD_FAILURES.labels(thread).inc()


def observe_lag(flow: str, events: Sequence[tuple[int, Event]]) -> None:
    """Note how long the oldest event of a micro-batch has waited."""
    if events:
        LAG_SECONDS.labels(flow).observe(max(0.0, time.time() - events[0][1].accepted_at_s))
