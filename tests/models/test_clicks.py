"""Click model: learns every impression once its outcome is known, and says what it expects."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from models import clicks
from models.clicks import MAX_PENDING, PRIOR_CLICK_RATE, ClickModel, ClickWeights, Pending, click_features
from tests.models.checks import CHECKS, Case, state_of

WINDOW_S = 60.0
Step = tuple[str, str, str, float]  # shown or clicked, visitor, creative, when


def shown(visitor: str, creative: str, at_s: float = 0.0, bucket: str = "none") -> Pending:
    return Pending(visitor, creative, bucket, "hero:0", at_s)


def steps(count: int, seed: int) -> list[Step]:
    """Visitors click creative c0 often, c1 now and then, c2 never."""
    random = Random(seed)
    made: list[Step] = []
    for number in range(count):
        visitor, creative = f"v{number}", f"c{number % 3}"
        made.append(("shown", visitor, creative, float(number)))
        if random.random() < {"c0": 0.5, "c1": 0.1, "c2": 0.0}[creative]:
            made.append(("clicked", visitor, creative, float(number)))
    return made


def learn(model: ClickModel, some: Sequence[Step]) -> None:
    for what, visitor, creative, at_s in some:
        model.expire(at_s)
        if what == "shown":
            model.show_one(shown(visitor, creative, at_s))
        else:
            model.click_one(visitor, creative)


def answers(model: ClickModel) -> Any:
    weights = model.weights()
    buckets = ("none", "low", "some", "high")
    return [weights.predict(click_features(f"c{number}", bucket)) for number in range(4) for bucket in buckets]


def reloaded(model: ClickModel) -> ClickModel:
    made = ClickModel(WINDOW_S, model.weights())
    made.pending = dict(model.pending)
    return made


CASE = Case[ClickModel](
    name="clicks",
    new=lambda: ClickModel(WINDOW_S),
    learn=learn,
    answers=answers,
    reloaded=reloaded,
    state=state_of,
    size=lambda model: len(model.pending),
    most=MAX_PENDING,
    events=steps(600, seed=1),
    many=[("shown", f"v{number}", "c0", 0.0) for number in range(MAX_PENDING + 1_000)],
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_check(check: object) -> None:
    check(CASE)  # type: ignore[operator]


def test_before_any_click_affinity_is_all_it_goes_by() -> None:
    weights = ClickWeights()
    rates = [weights.predict(click_features("c", bucket)) for bucket in ("none", "low", "some", "high")]
    assert rates[0] == pytest.approx(PRIOR_CLICK_RATE)
    assert rates == sorted(rates)


def test_what_is_clicked_more_is_expected_more() -> None:
    model = ClickModel(WINDOW_S)
    learn(model, steps(6_000, seed=2))
    often, rarely, never = (
        model.weights().predict((*click_features(f"c{number}", "none"), "slot:hero:0")) for number in range(3)
    )
    assert 0.3 < often < 0.7
    assert 0.03 < rarely < 0.25
    assert never < 0.03
    model.expire(1e9)
    assert model.impressions == 6_000
    assert model.clicks == sum(one[0] == "clicked" for one in steps(6_000, seed=2))


def test_an_impression_is_learned_once_whatever_follows() -> None:
    model = ClickModel(WINDOW_S)
    model.show_one(shown("v", "c"))
    model.show_one(shown("v", "c", at_s=5.0))
    model.click_one("v", "c")
    model.click_one("v", "c")
    model.click_one("stranger", "c")
    model.expire(1_000.0)
    assert (model.impressions, model.clicks, model.pending) == (1, 1, {})


def test_no_click_within_the_window_is_an_ignored_impression() -> None:
    model = ClickModel(WINDOW_S)
    model.show_one(shown("v", "c"))
    model.expire(WINDOW_S - 0.1)
    assert (model.impressions, len(model.pending)) == (0, 1)
    model.expire(WINDOW_S)
    assert (model.impressions, model.clicks, len(model.pending)) == (1, 0, 0)


def test_where_too_much_is_open_the_oldest_is_learned_as_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clicks, "MAX_PENDING", 2)
    model = ClickModel(WINDOW_S)
    for number in range(3):
        model.show_one(shown(f"v{number}", "c"))
    assert [one.visitor_id for one in model.pending.values()] == ["v1", "v2"]
    assert model.impressions == 1


def test_a_window_of_0_is_refused() -> None:
    with pytest.raises(ValueError, match="click_window_s must be above 0, got 0"):
        ClickModel(0)
