"""Metrics of the stream processes."""

import time
from collections.abc import Sequence

from prometheus_client import Counter, Gauge, Histogram

from models.events.events import Event
from models.learner.learner import Learner

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
PUBLISHED_BYTES = Gauge("shopwindow_learn_snapshot_bytes", "Size of the last published snapshot.", ["site"])
PUBLISH_SECONDS = Histogram("shopwindow_learn_publish_seconds", "Seconds to freeze and publish a site's models.")
HIT_RATE = Gauge(
    "shopwindow_learn_hit_rate",
    "HR@20 of the next item, each event looked for before it was learned, over the latest few thousand.",
    ["site", "view"],
)
RECIPROCAL_RANK = Gauge("shopwindow_learn_mean_reciprocal_rank", "MRR@20, likewise.", ["site", "view"])
FALLS = Gauge("shopwindow_learn_quality_falls", "How often a drift detector found that the hit rate fell.", ["site"])
FLOODED = Gauge("shopwindow_learn_flooded", "Events not learned from: their visitor sent too many.", ["site"])
TRIGGERS = Counter(
    "shopwindow_triggers", "Triggers carried out or given up, by trigger and status.", ["site", "trigger", "status"]
)
DELIVERIES = Counter("shopwindow_deliveries", "Messages by way out and outcome.", ["site", "way", "outcome"])
WAITING = Gauge("shopwindow_messages_waiting", "Messages that are on their way out.", ["site", "way"])
_SHOWN = ["site", "kind", "name", "group"]
IMPRESSIONS = Gauge("shopwindow_learn_impressions", "Slots and lists seen, since the site began.", _SHOWN)
CLICKS = Gauge("shopwindow_learn_clicks", "Clicks on slots and lists, since the site began.", _SHOWN)
CALIBRATION = Gauge(
    "shopwindow_learn_click_calibration",
    "Clicks on labelled impressions, divided by the clicks the click model expected of them.",
    _SHOWN,
)


def observe_progress(site: str, learner: Learner) -> None:
    """Show how good a site's models are by the live stream."""
    progress = learner.progress
    for view, measure in progress.measures.items():
        HIT_RATE.labels(site, view).set(measure.hit_rate)
        RECIPROCAL_RANK.labels(site, view).set(measure.mean_reciprocal_rank)
    FALLS.labels(site).set(progress.falls)
    FLOODED.labels(site).set(learner.flooded)
    for shown, tally in progress.tallies.items():
        IMPRESSIONS.labels(site, *shown).set(tally.impressions)
        CLICKS.labels(site, *shown).set(tally.clicks)
        if tally.expected:
            CALIBRATION.labels(site, *shown).set(tally.clicked / tally.expected)


def observe_lag(flow: str, events: Sequence[tuple[int, Event]]) -> None:
    """Note how long the oldest event of a micro-batch has waited."""
    if events:
        LAG_SECONDS.labels(flow).observe(max(0.0, time.time() - events[0][1].accepted_at_s))
