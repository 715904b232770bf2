"""Stages of life: by what was done, and by silence."""

import pytest

from models.base.durations import DAY_S
from models.base.errors import InvalidError
from models.catalog.assortment import Assortment
from models.events.events import Event, EventItem
from models.segments.lifecycle import Thresholds, next_stage_s, parse_thresholds, stage_of
from models.visitor.profile import Profile
from models.visitor.profile_batch import Change, learn

START_S = 1_700_000_000.0
Did = tuple[str, float]  # event, days after START_S


def profile_of(*did: Did) -> Profile:
    """A visitor who did these things."""
    changes = []
    for position, (name, day) in enumerate(did, 1):
        params = {"transaction_id": f"t{position}"} if name == "purchase" else {}
        if name == "order_cancelled":
            params = {"order_id": f"t{position - 1}"}
        at_s = START_S + day * DAY_S
        items = (EventItem(item_id="x", price=5.0),) if name in ("view_item", "add_to_cart", "purchase") else ()
        event = Event(site="s", event=name, visitor_id="v", at_s=at_s, accepted_at_s=at_s, params=params, items=items)
        changes.append(Change(0, position, event))
    profiles = [Profile()]
    learn(profiles, changes, Assortment().vector_of_item)
    return profiles[0]


@pytest.mark.parametrize(
    ("did", "stage"),
    [
        ([("page_view", 0)], "potential"),
        ([("view_item", 0), ("view_item", 3)], "potential"),
        ([("view_item", 0), ("add_to_cart", 0)], "effective"),
        ([("sign_up", 0)], "effective"),
        ([("add_to_cart", 0), ("view_item", 5)], "effective"),
        ([("purchase", 0)], "effective"),
        ([("purchase", 0), ("page_view", 0.001)], "effective"),
        ([("purchase", 0), ("page_view", 2)], "active"),
        ([("purchase", 0), ("purchase", 0.001)], "active"),
        ([("purchase", 0), ("order_cancelled", 1)], "effective"),
    ],
)
def test_stage_by_what_was_done(did: list[Did], stage: str) -> None:
    profile = profile_of(*did)
    assert stage_of(profile, Thresholds(), profile.last_at_s)[0] == stage


def test_silence_makes_dormant_and_lost_to_the_second() -> None:
    profile = profile_of(("purchase", 0), ("purchase", 1))
    last_s = profile.last_at_s
    thresholds = Thresholds(dormant_after_days=10, lost_after_days=20)
    for days, stage in ((0, "active"), (10 - 1e-5, "active"), (10, "dormant"), (20 - 1e-5, "dormant"), (20, "lost")):
        assert stage_of(profile, thresholds, last_s + days * DAY_S)[0] == stage
    assert next_stage_s(profile, thresholds, last_s) == last_s + 10 * DAY_S
    assert next_stage_s(profile, thresholds, last_s + 10 * DAY_S) == last_s + 20 * DAY_S
    assert next_stage_s(profile, thresholds, last_s + 20 * DAY_S) == float("inf")


@pytest.mark.parametrize(
    "raw",
    [
        None,
        {},
        {"dormant_after_days": 30},
        {"dormant_after_days": 30, "lost_after_days": 30},
        {"dormant_after_days": 0, "lost_after_days": 30},
        {"dormant_after_days": True, "lost_after_days": 30},
        {"dormant_after_days": 1, "lost_after_days": float("inf")},
        {"dormant_after_days": 1, "lost_after_days": 2, "more": 3},
    ],
)
def test_thresholds_that_do_not_fit_are_refused(raw: object) -> None:
    with pytest.raises(InvalidError):
        parse_thresholds(raw)


def test_a_shop_may_set_where_value_scores_divide() -> None:
    given = parse_thresholds(
        {"dormant_after_days": 10, "lost_after_days": 20, "monetary_revenue": [1_000, 5_000, 10_000, 50_000]}
    )
    assert given.monetary_revenue == (1_000.0, 5_000.0, 10_000.0, 50_000.0)
    assert given.frequency_orders == Thresholds().frequency_orders


@pytest.mark.parametrize("value", [[1, 2, 3], [1, 2, 3, 3], [0, 1, 2, 3], ["1", 2, 3, 4], 7, None])
def test_cut_offs_that_do_not_rise_are_refused(value: object) -> None:
    with pytest.raises(InvalidError, match="frequency_orders must be four numbers"):
        parse_thresholds({"dormant_after_days": 10, "lost_after_days": 20, "frequency_orders": value})
