"""Progress: the live figures are the benchmark's, fading; a fall of quality is found, chance is not."""

from random import Random

import msgspec
import pytest

from models.learner.open_impressions import ClickCredit
from models.learner.progressive_validation import KEEP, MAX_TALLIES, Measure, Progress, SavedProgress, Shown
from models.ranking.item_event import Ranks

SLOT = Shown("slot", "hero", "personalized")


def test_answers_before_any_learning() -> None:
    measure = Progress().measures["all"]
    assert (measure.hit_rate, measure.mean_reciprocal_rank) == (0.0, 0.0)


def test_figures_equal_a_batch_computation() -> None:
    places = [Random(3).choice([0, 1, 2, 5, 20, 21, 300]) for _ in range(3)] + [1, 0, 20, 21, 4]
    measure = Measure()
    for place in places:
        measure.add(place)
    weights = [KEEP ** (len(places) - 1 - at) for at in range(len(places))]
    hits = [0 < place <= 20 for place in places]
    assert measure.hit_rate == pytest.approx(
        sum(weight * hit for weight, hit in zip(weights, hits, strict=True)) / sum(weights)
    )
    reciprocal = [1 / place if hit else 0 for place, hit in zip(places, hits, strict=True)]
    assert measure.mean_reciprocal_rank == pytest.approx(
        sum(weight * rank for weight, rank in zip(weights, reciprocal, strict=True)) / sum(weights)
    )


def test_items_already_in_the_session_count_for_all_alone() -> None:
    progress = Progress()
    progress.step(Ranks(3, None))
    progress.step(Ranks(30, 12))
    assert progress.measures["all"].hit_rate == pytest.approx(KEEP / (1 + KEEP))
    assert progress.measures["new"].hit_rate == 1.0


def _run(progress: Progress, steps: int, hit_rate: float, random: Random) -> None:
    for _ in range(steps):
        progress.step(Ranks(1 if random.random() < hit_rate else 0, None))


def test_a_fall_is_found_and_a_rise_or_chance_is_not() -> None:
    random = Random(11)
    progress = Progress()
    _run(progress, 6_000, 0.4, random)
    assert progress.falls == 0
    _run(progress, 6_000, 0.6, random)
    assert progress.falls == 0
    _run(progress, 3_000, 0.3, random)
    assert progress.falls >= 1


def test_calibration_compares_clicks_with_what_was_expected_of_them() -> None:
    progress = Progress()
    for clicked in (True, False, False, False):
        progress.shown(SLOT)
        progress.learn_label(SLOT, 0.5, clicked)
    progress.clicked(SLOT, ClickCredit(0, 1))
    tally = progress.tallies[SLOT]
    assert (tally.impressions, tally.clicks, tally.labelled, tally.clicked, tally.expected) == (4, 1, 4, 1, 2.0)


def test_names_told_apart_are_bounded() -> None:
    progress = Progress()
    for number in range(3 * MAX_TALLIES):
        progress.shown(SLOT._replace(name=f"slot-{number}"))
    assert len(progress.tallies) == MAX_TALLIES + 1
    assert progress.tallies[SLOT._replace(name="other")].impressions == 2 * MAX_TALLIES


def test_figures_survive_save_and_load() -> None:
    progress = Progress()
    _run(progress, 100, 0.5, Random(1))
    progress.shown(SLOT)
    saved = msgspec.msgpack.decode(msgspec.msgpack.encode(progress.save()), type=SavedProgress)
    again = Progress(saved)
    assert again.save() == progress.save()
    _run(again, 100, 0.5, Random(2))
    _run(progress, 100, 0.5, Random(2))
    assert again.measures == progress.measures
