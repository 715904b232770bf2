"""Learn metrics: what is shown is what the learner measured."""

from prometheus_client import REGISTRY

from models.learner.learner import Learner
from models.learner.progressive_validation import OutcomeTally, Shown
from stream.learn_metrics import observe_progress
from tests.models.makers import assortment, event


def shown(gauge: str, **labels: str) -> float | None:
    """A gauge's value."""
    return REGISTRY.get_sample_value(f"shopwindow_learn_{gauge}", labels)


def test_quality_is_shown_by_view(site: str) -> None:
    learner = Learner()
    catalog = assortment(6)
    for position in range(1, 61):
        told = event("view_item", f"p{position % 3:03}", visitor=f"v{position // 6}", at_s=float(position))
        learner.learn_event(0, position, told, catalog)
    observe_progress(site, learner)
    assert learner.progress.measures
    for view, measure in learner.progress.measures.items():
        assert shown("hit_rate", site=site, view=view) == measure.hit_rate
        assert shown("mean_reciprocal_rank", site=site, view=view) == measure.mean_reciprocal_rank
    assert (shown("quality_falls", site=site), shown("flooded", site=site)) == (0.0, 0.0)


def test_calibration_is_of_labelled_impressions_and_left_out_where_no_click_was_expected(site: str) -> None:
    learner = Learner()
    known, unknown = Shown("slot", "hero", "personalized"), Shown("list", "for_you", "holdout")
    learner.progress.tallies[known] = OutcomeTally(impressions=10, clicks=4, labelled=8, clicked=2, expected=4.0)
    learner.progress.tallies[unknown] = OutcomeTally(impressions=3, clicks=1)
    observe_progress(site, learner)
    hero = {"site": site, "kind": "slot", "name": "hero", "group": "personalized"}
    for_you = {"site": site, "kind": "list", "name": "for_you", "group": "holdout"}
    assert (shown("impressions", **hero), shown("clicks", **hero)) == (10.0, 4.0)
    assert shown("click_calibration", **hero) == 0.5
    assert (shown("impressions", **for_you), shown("click_calibration", **for_you)) == (3.0, None)
