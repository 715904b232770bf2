"""Next item: the checks every model passes, and that each source brings in what it is for."""

import gc
import math
import weakref
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

import pytest

from models.ranking.item_event import ItemEvent
from models.ranking.next_item import PATH_ITEMS, NextItem
from tests.models.checks import CHECKS, Case


def _shop(events: int, seed: int = 1, items: int = 60) -> Iterator[ItemEvent]:
    """Visitors who walk from item n to n + 1 or n + 2, a dozen at a time."""
    random = Random(seed)
    at: dict[int, int] = {}
    for step in range(events):
        session = step // 40 + random.randrange(12)
        item = at[session] = (at.get(session, random.randrange(items)) + random.choice((1, 1, 2))) % items
        yield ItemEvent(
            f"s{session}",
            f"i{item}",
            60.0 * step,
            f"v{session % 30}",
            ("shop", f"c{item % 6}"),
            f"b{item % 4}",
            9.0 + item,
        )


def test_an_engine_that_is_let_go_is_gone_at_once() -> None:
    """A large shop's has hundreds of megabytes, and a collector takes its time."""
    engine = _engine(50)
    again = NextItem.load(engine.tables(), engine.paths())
    held = [weakref.ref(engine), weakref.ref(again)]
    gc.disable()
    try:
        del engine, again
        assert [each() for each in held] == [None, None]
    finally:
        gc.enable()


def _engine(events: int) -> NextItem:
    engine = NextItem()
    for visit in _shop(events):
        engine.test_then_learn(visit)
    return engine


def _learn(engine: NextItem, visits: Sequence[ItemEvent]) -> None:
    for visit in visits:
        engine.test_then_learn(visit)


CASE = Case[NextItem](
    name="next item",
    new=lambda: NextItem(max_items=1_000, max_tokens=200, max_sessions=500),
    learn=_learn,
    answers=lambda engine: (engine.next_items([]), engine.next_items(["i3", "i2", "once7"], 50, earlier=["i9"])),
    reloaded=lambda engine: NextItem.load(engine.tables(), engine.paths()),
    state=lambda engine: engine.tables() + engine.paths(),
    size=lambda engine: max(
        len(engine.names),
        len(engine._tables.sources.content.price),
        5 * len(engine._tables.tokens),
        2 * len(engine._tables.sessions.length),
    ),
    most=1_000,
    events=list(_shop(900)),
    many=[ItemEvent(f"s{n // 2}", f"once{n}", 60.0 * n, f"v{n}", (f"c{n}",), f"b{n % 9}", 5.0) for n in range(6_000)],
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_check(check: Callable[[Case[NextItem]], None]) -> None:
    check(CASE)


def test_answers_before_any_learning() -> None:
    assert NextItem().next_items([]) == []
    assert NextItem().next_items(["unknown"], 5, earlier=["unknown"]) == []


def test_learns_the_next_item() -> None:
    engine = NextItem()
    places = [engine.test_then_learn(visit) for visit in _shop(3_000)]
    late = [place.everything for place in places[1_500:] if place is not None]
    assert sum(0 < place <= 3 for place in late) / len(late) > 0.9


def test_place_told_is_the_place_in_the_list() -> None:
    engine = _engine(1_000)
    history: dict[str, list[str]] = {}
    for met, visit in enumerate(_shop(1_400)):
        before = history.setdefault(visit.session_id, [])
        if met >= 1_000 and before and visit.item_id not in before:
            session = engine._tables.open.get(visit.session_id)
            assert session is not None
            session.number = -1  # a list is asked for without telling which neighbour the session itself is
            known = {
                "at_s": session.last_at_s,
                "dwell_s": session.last_at_s - session.before_at_s,
                "earlier": [engine.names[item] for item in engine._tables.visitors[visit.visitor_id]],
            }
            listed = engine.next_items(before, 100, **known)  # type: ignore[arg-type]
            fresh = engine.next_items(before, 100, exclude=before, **known)  # type: ignore[arg-type]
            places = engine.test_then_learn(visit)
            assert places is not None
            ids = [item_id for item_id, _ in listed]
            assert places.everything == ids.index(visit.item_id) + 1
            assert places.discovery == [item_id for item_id, _ in fresh].index(visit.item_id) + 1
        elif met >= 1_000:
            engine.test_then_learn(visit)
        before.insert(0, visit.item_id)


def _loaded(engine: NextItem) -> NextItem:
    return NextItem.load(engine.tables(), engine.paths())


def _state(engine: NextItem) -> bytes:
    return engine.tables() + engine.paths()


def test_survives_save_and_load() -> None:
    engine = _engine(1_500)
    again = _loaded(engine)
    assert _state(again) == _state(engine)
    for visit in _shop(300, seed=2):
        assert again.test_then_learn(visit) == engine.test_then_learn(visit)
    assert again.next_items(["i3", "i2"], earlier=["i9"]) == engine.next_items(["i3", "i2"], earlier=["i9"])
    assert _state(again) == _state(engine)


def test_other_formats_are_refused() -> None:
    engine = NextItem()
    import models.ranking.next_item_tables as module

    saved = engine.tables()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FORMAT", 99)
        with pytest.raises(ValueError, match="format 2, this version reads 99"):
            NextItem.load(saved)


def test_same_events_same_engine() -> None:
    assert _state(_engine(1_000)) == _state(_engine(1_000))


def test_reading_writes_nothing() -> None:
    engine = _engine(500)
    before = _state(engine)
    items, _ = engine.rank_candidates(["i1", "i2", "never"], earlier=["i3", "never"])
    engine.reader().contributions_of(items[:10])
    engine.next_items([], 10, exclude=["i3"])
    assert _state(engine) == before


def test_left_out_items_and_the_current_one_are_not_listed() -> None:
    engine = _engine(1_000)
    ids = [item_id for item_id, _ in engine.next_items(["i5", "i4"], 50, exclude=["i6", "i7", "never"])]
    assert len(ids) == len(set(ids)) == 50
    assert not {"i5", "i6", "i7"} & set(ids)
    assert "i4" in ids


def test_one_visitor_clicking_ten_thousand_times_stays_bounded() -> None:
    engine = NextItem()
    for step in range(10_000):
        engine.test_then_learn(ItemEvent("s", f"i{step % 100}", float(step), "v"))
        if step == 2_000:
            size = len(_state(engine))
    assert len(engine._tables.open["s"].path) == PATH_ITEMS
    assert len(_state(engine)) < 1.5 * size


def test_items_that_appear_once_stay_bounded() -> None:
    engine = NextItem(max_items=1_000, max_tokens=200)
    for visit in _shop(200):
        engine.test_then_learn(visit)
    for step in range(5_000):
        engine.test_then_learn(
            ItemEvent(f"h{step}", f"once{step}", 12_000.0 + step, f"w{step}", (f"c{step}",), f"b{step}", 1.0)
        )
        if step % 20 == 0:
            for visit in _shop(8, seed=step):
                engine.test_then_learn(visit._replace(session_id=f"{step}-{visit.session_id}"))
    assert len(engine.names) <= 1_000
    assert len(engine._tables.sources.content.price) <= 1_000
    assert len(engine._tables.sources.rings.rung) <= 200
    assert len(engine._tables.tokens) <= 200
    wanted = [item_id for item_id, _ in engine.next_items(["i5"], 5)]
    assert {"i6", "i7"} & set(wanted), "what is wanted again and again outlives what was seen once"


def test_a_clock_that_runs_backwards_changes_nothing_but_age() -> None:
    engine = NextItem()
    for visit in _shop(2_000):
        engine.test_then_learn(visit._replace(at_s=-visit.at_s))
    listed = engine.next_items(["i5", "i4"], 2)
    assert {item_id for item_id, _ in listed} <= {"i3", "i4", "i6", "i7", "i8"}
    assert all(math.isfinite(score) for _, score in listed)


@pytest.mark.parametrize("price", [0.0, -1.0, 1e300, math.inf, math.nan])
def test_odd_prices_do_no_harm(price: float) -> None:
    engine = _engine(200)
    engine.test_then_learn(ItemEvent("x", "i1", 0.0, "", ("shop",), "b1", price))
    engine.test_then_learn(ItemEvent("x", "i2", 1.0, "", ("shop",), "b1", price))
    assert all(math.isfinite(score) for _, score in engine.next_items(["i2", "i1"], 20))


def test_a_time_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="at_s must be finite, got nan"):
        NextItem().test_then_learn(ItemEvent("s", "i", math.nan))


def test_an_item_with_no_neighbours_is_answered_by_what_it_is() -> None:
    engine = NextItem()
    for step in range(600):
        kind = step % 3
        engine.test_then_learn(
            ItemEvent(f"s{step // 12}-{kind}", f"{kind}-{step % 7}", float(step), "", (f"c{kind}",), "b", 5.0)
        )
    engine.test_then_learn(ItemEvent("cold", "brand-new", 700.0, "", ("c1",), "b", 5.0))
    assert all(item_id.startswith("1-") for item_id, _ in engine.next_items(["brand-new"], 4))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_items": 5}, "max_items must be at least 100, got 5"),
        ({"max_tokens": 5}, "max_tokens must be at least 100, got 5"),
        ({"max_sessions": 0}, "max_sessions must be at least 1, got 0"),
        ({"rate": 0}, "rate must be above 0, got 0"),
    ],
)
def test_settings_out_of_range_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NextItem(**settings)
