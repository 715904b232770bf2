"""Learn metrics: how good the models are by the live stream, and what publishing them takes."""

from prometheus_client import Gauge, Histogram

from models.learner.learner import Learner

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
