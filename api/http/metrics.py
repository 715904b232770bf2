"""Metrics of the API."""

import os
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

_SECONDS = (0.0005, 0.001, 0.002, 0.003, 0.004, 0.005, 0.007, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)

REQUEST_SECONDS = Histogram(
    "shopwindow_request_seconds", "Seconds to answer, by route and tier.", ["route", "tier", "status"], buckets=_SECONDS
)
FRESHNESS_SECONDS = Histogram(
    "shopwindow_freshness_seconds",
    "Seconds from accepting an event to the first decision that used it.",
    buckets=(*_SECONDS, 5, 10, 30, 60, 300),
)
EVENTS_RECEIVED = Counter("shopwindow_events", "Events by outcome of the intake.", ["site", "outcome"])
EVENT_WARNINGS = Counter("shopwindow_event_warnings", "Odd fields of accepted events, mended or left out.", ["site"])
DECISIONS = Counter("shopwindow_decisions", "Decisions by strategy or placement, and tier.", ["site", "kind", "tier"])
DEGRADED = Counter("shopwindow_degraded_decisions", "Decisions made without the visitor's state.", ["reason"])
DECISIONS_UNLOGGED = Counter("shopwindow_decisions_unlogged", "Decisions that the decision log did not take.")
EXPOSURES_LOST = Counter(
    "shopwindow_exposures_lost", "Exposures to experiments the log did not take; told with the next decision."
)
PENDING_LOST = Counter("shopwindow_pending_lost", "Accepted events not laid over profiles: Redis refused or was away.")
REFUSED = Counter("shopwindow_refused", "Requests and connections refused for being too much, by code.", ["code"])
PROCESSED = Gauge(
    "shopwindow_events_processed",
    "Events by outcome, since the site began: what the profile flow made of them, and what the intake rejected.",
    ["site", "outcome"],
    multiprocess_mode="mostrecent",
)
ON_ITEMS = Gauge(
    "shopwindow_events_on_items",
    "Applied events that name items: known, or with at least one unknown to the catalog, since the site began.",
    ["site", "items"],
    multiprocess_mode="mostrecent",
)
LAG = Gauge(
    "shopwindow_log_lag_events", "Events in the log a flow has not committed.", ["flow"], multiprocess_mode="mostrecent"
)
DEAD_LETTERS = Gauge("shopwindow_dead_letters", "Dead letters kept, of all sites.", multiprocess_mode="mostrecent")
LETTERS_LOST = Counter("shopwindow_dead_letters_lost", "Rejected events of which no dead letter could be kept.")
UNREADABLE = Counter("shopwindow_unreadable", "What was stored and could not be read, by kind.", ["kind"])
ARCHIVE_TABLES = Gauge(
    "shopwindow_archive_tables_bytes",
    "Memory of the tables kept for reports, over all sites.",
    multiprocess_mode="livesum",
)
PART_FAILURES = Counter("shopwindow_part_failures", "Errors of a part of the API process that goes on.", ["part"])
PART_TROUBLED = Gauge(
    "shopwindow_part_troubled", "1 while a part of an API process fails.", ["part"], multiprocess_mode="livemax"
)
SNAPSHOT_VERSION = Gauge(
    "shopwindow_snapshot_version", "Version of the models served.", ["site"], multiprocess_mode="mostrecent"
)


_request_seconds = lru_cache(maxsize=1_024)(REQUEST_SECONDS.labels)
_decisions = lru_cache(maxsize=1_024)(DECISIONS.labels)


def observe_request(route: str, tier: str, status: int, seconds: float) -> None:
    """Note one request."""
    _request_seconds(route, tier, str(status)).observe(seconds)


def count_decision(site: str, kind: str, tier: str) -> None:
    """Count one list or placement answered."""
    _decisions(site, kind, tier).inc()


def exposition() -> bytes:
    """Give the metrics of all API processes in Prometheus' text format."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    return generate_latest()
