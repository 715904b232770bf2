"""Order undo: each event once, bounded however many there are, and nothing of what they took is lost."""

from typing import Any

import msgspec
import pytest

from models.events.events import Event, EventItem
from models.visitor.order_undo import (
    MAX_FOLDED,
    MAX_UNDOS,
    LineWorth,
    Undo,
    Undos,
    joined_undos,
    taken_back,
    undo_of,
    with_undo,
)
from tests.models.makers import event

NOTHING = Undos([], b"")
LINES = {f"line {number}": LineWorth(1, 200) for number in range(60)}


def refund(number: int, event_id: str = "", name: str = "refund", **params: Any) -> Event:
    item = EventItem(item_id=f"line {number}", price=2.0)
    return event(name, items=(item,), event_id=event_id, params={"order_id": "o", **params})


def all_of(*events: Event, known: Undos = NOTHING) -> Undos:
    for told in events:
        known = with_undo(known, undo_of(told)) or known
    return known


@pytest.mark.parametrize("event_id", ["", "e"])
@pytest.mark.parametrize("params", [{}, {"value": 2}, {"value": 2, "currency": "EUR"}])
def test_line_by_line_all_comes_back_however_many_they_are(event_id: str, params: dict[str, Any]) -> None:
    events = [refund(number, event_id and f"{event_id}{number}", **params) for number in range(60)]
    known = all_of(*events)
    assert sum(bool(undo.key) for undo in known.undos) == MAX_UNDOS
    assert len(known.undos) == MAX_UNDOS + 1
    assert taken_back(known.undos, LINES, "") == (dict.fromkeys(LINES, 1), 12_000)
    assert all_of(*events, known=known) == known, "told again, each is known"


def test_sums_are_by_what_was_said_and_of_what() -> None:
    events = [
        refund(number, f"{name}{params}{number}", name, **params)
        for name in ("refund", "order_returned")
        for params in ({}, {"value": 1.5}, {"value": 1, "currency": "USD"})
        for number in range(20)
    ]
    known = all_of(*events)
    one_by_one = [undo_of(told) for told in events]
    for currency in ("", "EUR", "USD"):
        in_sums, alone = taken_back(known.undos, LINES, currency), taken_back(one_by_one, LINES, currency)
        assert in_sums.units == alone.units
        assert in_sums.cents == pytest.approx(alone.cents, abs=2)


def test_what_is_known_has_a_bound() -> None:
    known = all_of(*(refund(number % 50, f"e{number}") for number in range(2_000)))
    assert len(msgspec.msgpack.encode(known.undos)) < 4_000
    assert len(known.folded) == 5 * MAX_FOLDED


def test_two_who_know_some_of_the_same_add_up_to_all_of_it() -> None:
    events = [refund(number, f"e{number}") for number in range(60)]
    whole = taken_back(all_of(*events).undos, LINES, "")
    for mine, others in (
        (events[:10], events[5:30]),
        (events, events),
        (events, events[:40]),
        (events[:40], events),
        (events[:3], events),
        (events[:45], []),
        (events[:50], events[50:]),
    ):
        told = sorted({told.event_id for told in (*mine, *others)})
        both = joined_undos(all_of(*mine), all_of(*others))
        assert taken_back(both.undos, LINES, "").cents == 200 * len(told)
    assert whole.cents == 12_000


def test_an_older_undo_without_shares_is_spread_by_number() -> None:
    older = Undo(b"12345678", "refund", 300, [("line 1", 1), ("line 2", 2)])
    assert taken_back([older], LINES, "").cents == 300
    known = Undos([older], b"")
    for number in range(MAX_UNDOS + 1):
        known = with_undo(known, undo_of(refund(number, f"e{number}", value=1))) or known
    folded = next(undo for undo in known.undos if not undo.key)
    assert dict(zip([item_id for item_id, _ in folded.items], folded.shares, strict=True)) == {
        "line 0": 100,
        "line 1": 100,
        "line 2": 200,
    }
