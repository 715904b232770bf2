"""Decision memory: exposures told once, and events used first."""

from api.runtime.decision_memory import Exposed, Freshness
from models.catalog.resources import Experiment, Variant


def test_an_exposure_is_told_once_and_again_where_it_was_lost_or_begun_anew() -> None:
    one, other = Variant(variant_id="a"), Variant(variant_id="b")
    experiment = Experiment(experiment_id="e", variants=(one, other), began_at_s=1.0)
    exposed = Exposed()
    assert exposed.first("shop", "v1", experiment, one)
    assert not exposed.first("shop", "v1", experiment, one)
    assert exposed.first("shop", "v2", experiment, one)
    assert exposed.first("other", "v1", experiment, one)
    exposed.forget("shop", "v1", ["e"])
    assert exposed.first("shop", "v1", experiment, one)
    anew = Experiment(experiment_id="e", variants=(one, other), began_at_s=2.0)
    assert exposed.first("shop", "v1", anew, one)
    assert exposed.first("shop", "v1", anew, other)


def test_an_event_is_used_first_once_and_an_older_one_never() -> None:
    freshness = Freshness()
    assert freshness.first_use("shop", "v1", 10.0, 10.5) == 0.5
    assert freshness.first_use("shop", "v1", 10.0, 11.0) is None
    assert freshness.first_use("shop", "v1", 9.0, 11.0) is None
    assert freshness.first_use("shop", "v1", 10.5, 11.5) == 1.0
    assert freshness.first_use("shop", "v2", 10.0, 9.9) == 0.0
    assert freshness.first_use("other", "v1", 10.0, 12.0) == 2.0
