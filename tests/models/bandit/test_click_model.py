"""Click model: learns every impression once its outcome is known, from nobody too much, and says what it expects."""

from collections.abc import Sequence
from itertools import permutations
from random import Random
from typing import Any

import pytest

from models.bandit import click_model
from models.bandit.click_context import Context
from models.bandit.click_model import MAX_A_DAY, VISIT_S, ClickModel
from models.base.durations import DAY_S
from tests.models.checks import CHECKS, Case, state_of

WINDOW_S = 60.0
HERO = Context(("slot:hero:0",))
Step = tuple[str, str, str, float]  # shown or clicked, visitor, creative, when
RATES = {"c0": 0.5, "c1": 0.1, "c2": 0.0}


def steps(count: int, seed: int) -> list[Step]:
    """Visitors click creative c0 often, c1 now and then, c2 never."""
    random = Random(seed)
    made: list[Step] = []
    for number in range(count):
        visitor, creative = f"v{number}", f"c{number % 3}"
        made.append(("shown", visitor, creative, float(number)))
        if random.random() < RATES[creative]:
            made.append(("clicked", visitor, creative, float(number)))
    return made


def learn(model: ClickModel, some: Sequence[Step]) -> None:
    for what, visitor, creative, at_s in some:
        model.expire(at_s)
        if what == "shown":
            model.show_one(visitor, creative, HERO, at_s)
        else:
            model.click_one(visitor, creative)


def rates(model: ClickModel, context: Context = HERO) -> list[float]:
    weights = model.weights()
    return [weights.predict(f"c{number}", context) for number in range(4)]


def answers(model: ClickModel) -> Any:
    return rates(model), model.weights(), model.impressions, model.clicks, model.late_clicks, model.passed_over


CASE = Case[ClickModel](
    name="clicks",
    new=lambda: ClickModel(WINDOW_S),
    learn=learn,
    answers=answers,
    reloaded=lambda model: ClickModel.load(model.save(), WINDOW_S),
    state=state_of,
    size=lambda model: max(len(model.opened), len(model.closed), len(model._allowances)),
    most=click_model.MAX_OPEN,
    events=steps(600, seed=1),
    many=[("shown", f"v{number}", "c0", 0.0) for number in range(2 * click_model.MAX_OPEN + 1_000)],
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_check(check: object) -> None:
    check(CASE)  # type: ignore[operator]


def test_what_is_clicked_more_is_expected_more() -> None:
    model = ClickModel(WINDOW_S)
    made = steps(6_000, seed=2)
    learn(model, made)
    model.expire(1e9)
    often, rarely, never, _ = rates(model)
    assert often == pytest.approx(0.5, abs=0.05)
    assert rarely == pytest.approx(0.1, abs=0.03)
    assert never < 0.01
    assert model.impressions == 6_000
    assert model.clicks == sum(impression[0] == "clicked" for impression in made)


def test_an_impression_is_learned_once_whatever_follows() -> None:
    model = ClickModel(WINDOW_S)
    model.show_one("v", "c", HERO, 0.0)
    model.show_one("v", "c", HERO, 5.0)
    model.click_one("v", "c")
    model.click_one("v", "c")
    model.show_one("v", "c", HERO, 6.0)
    model.click_one("stranger", "c")
    model.expire(1_000.0)
    assert (model.impressions, model.clicks, len(model.opened)) == (1, 1, 0)


def test_no_click_within_the_window_is_an_ignored_impression() -> None:
    model = ClickModel(WINDOW_S)
    model.show_one("v", "c", HERO, 0.0)
    model.expire(WINDOW_S - 0.1)
    assert (model.impressions, len(model.opened)) == (0, 1)
    model.expire(WINDOW_S)
    assert (model.impressions, model.clicks, len(model.opened)) == (1, 0, 0)


@pytest.mark.parametrize("late_s", [WINDOW_S, 300.0, VISIT_S - 1.0])
def test_a_late_click_leaves_what_a_click_in_time_would_have(late_s: float) -> None:
    in_time, late, ignored = (ClickModel(WINDOW_S) for _ in range(3))
    for model in (in_time, late, ignored):
        learn(model, steps(300, seed=3))
        model.show_one("v", "c1", HERO, 300.0)
    in_time.click_one("v", "c1")
    for model in (in_time, late, ignored):
        model.expire(300.0 + late_s)
    late.click_one("v", "c1")
    late.click_one("v", "c1")
    assert rates(late) == pytest.approx(rates(in_time), rel=1e-9)
    assert rates(ignored) != pytest.approx(rates(in_time), rel=1e-9)
    assert (late.impressions, late.clicks) == (in_time.impressions, in_time.clicks)
    assert (late.late_clicks, in_time.late_clicks) == (1, 0)


def test_a_click_after_the_visit_teaches_nothing() -> None:
    model = ClickModel(WINDOW_S)
    model.show_one("v", "c", HERO, 0.0)
    model.expire(VISIT_S + WINDOW_S)
    model.click_one("v", "c")
    assert (model.impressions, model.clicks, len(model.closed)) == (1, 0, 0)


def test_in_which_order_open_impressions_came_makes_no_difference() -> None:
    shown = [("v1", "c0", 3.0), ("v2", "c1", 1.0), ("v3", "c0", 2.0), ("v4", "c2", 0.0)]
    found = []
    for order in permutations(shown):
        model = ClickModel(WINDOW_S)
        for visitor, creative, at_s in order:
            model.show_one(visitor, creative, HERO, at_s)
        model.click_one("v3", "c0")
        model.expire(WINDOW_S + 3.0)
        found.append(rates(model))
        assert model.impressions == 4
    assert all(impression == pytest.approx(found[0], rel=1e-6) for impression in found)


def test_a_visitor_who_clicks_10_000_times_does_not_take_over() -> None:
    quiet, flooded = ClickModel(WINDOW_S), ClickModel(WINDOW_S)
    for model in (quiet, flooded):
        learn(model, steps(3_000, seed=4))
    at_s = 3_000.0
    for number in range(10_000):
        at_s += 1.0
        flooded.show_one("flood", f"c{number % 4}", HERO, at_s)
        flooded.click_one("flood", f"c{number % 4}")
    for model in (quiet, flooded):
        model.expire(at_s + WINDOW_S)
    assert flooded.impressions - quiet.impressions <= MAX_A_DAY
    assert flooded.passed_over == 0  # one visit judges a creative once, so the day's allowance was not even used up
    assert rates(flooded)[1] == pytest.approx(rates(quiet)[1], abs=0.02)
    assert rates(flooded)[0] == pytest.approx(rates(quiet)[0], abs=0.02)


def test_a_day_gives_one_visitor_so_many_impressions_and_the_next_day_again() -> None:
    model = ClickModel(WINDOW_S)
    for number in range(3 * MAX_A_DAY):
        model.show_one("v", f"c{number}", HERO, float(number))
    assert (len(model.opened) + model.impressions, model.passed_over) == (MAX_A_DAY, 2 * MAX_A_DAY)
    model.show_one("v", "c", HERO, DAY_S)
    assert model.passed_over == 2 * MAX_A_DAY


def test_a_clock_that_runs_back_keeps_nothing_open_for_ever() -> None:
    model = ClickModel(WINDOW_S)
    for at_s in (10_000.0, 50.0, 9_000.0, 0.0):
        model.show_one(f"v{at_s}", "c0", HERO, at_s)
    model.expire(100.0)
    assert len(model.opened) == 4
    model.expire(10_000.0 + WINDOW_S)
    assert (model.impressions, len(model.opened)) == (4, 0)


def test_where_too_much_is_open_the_oldest_is_learned_as_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click_model, "MAX_OPEN", 2)
    model = ClickModel(WINDOW_S)
    for number in range(3):
        model.show_one(f"v{number}", "c", HERO, 0.0)
    assert [visitor for visitor, _ in model.opened] == ["v1", "v2"]
    assert model.impressions == 1


def test_an_erased_visitor_is_forgotten() -> None:
    model = ClickModel(WINDOW_S)
    learn(model, [("shown", "v", "c0", 0.0), ("shown", "v", "c1", 0.0), ("clicked", "v", "c0", 1.0)])
    learn(model, [("shown", "other", "c0", 0.0)])
    model.forget("v")
    assert [*model.opened, *model.closed] == [("other", "c0")]
    assert list(model._allowances) == ["other"]
    assert (model.impressions, model.clicks) == (1, 1)


def test_a_window_of_0_is_refused() -> None:
    with pytest.raises(ValueError, match="click_window_s must be above 0, got 0"):
        ClickModel(0)
