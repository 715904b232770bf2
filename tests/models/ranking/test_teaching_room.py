"""Teaching room: no sender teaches more of an item than there is room for, whatever they send, and others as before."""

import msgspec
import pytest

from models.base.durations import DAY_S
from models.ranking import teaching_room
from models.ranking.teaching_room import SavedRoom, TeachingRoom

NOW_S = 1_800_000_000.0
WEEK_S = 7 * DAY_S


def room(items: int = 8) -> TeachingRoom:
    """One with room for 20, 10 of them plain."""
    return TeachingRoom(10.0, 20.0, WEEK_S, items)


def test_a_little_counts_whole_and_much_never_more_than_the_most() -> None:
    taught = room()
    assert sum(taught.counted("v", "a", 2.0, NOW_S) for _ in range(5)) == pytest.approx(10.0)
    assert 9.0 < sum(taught.counted("v", "a", 5.0, NOW_S) for _ in range(300)) < 10.0
    assert taught.counted("v", "b", 5.0, NOW_S) == 5.0
    assert taught.counted("w", "a", 5.0, NOW_S) == 5.0


def test_more_told_counts_more() -> None:
    taught = room()
    sums = {item_id: sum(taught.counted("v", item_id, 1.0, NOW_S) for _ in range(count)) for item_id, count in _TOLD}
    assert sums["a"] > sums["b"] > sums["c"] == 9.0


_TOLD = (("a", 200), ("b", 60), ("c", 9))


def test_room_comes_back_as_what_was_taught_fades() -> None:
    taught = room()
    for _ in range(100):
        taught.counted("v", "a", 5.0, NOW_S)
    assert taught.counted("v", "a", 5.0, NOW_S) < 0.01
    assert taught.counted("v", "a", 5.0, NOW_S + 8 * WEEK_S) == pytest.approx(5.0)
    assert taught.counted("v", "a", 5.0, NOW_S + 300 * WEEK_S) == 5.0  # past a new landmark


def test_filling_up_with_other_items_frees_no_room() -> None:
    taught = room(items=8)
    for _ in range(40):
        taught.counted("v", "a", 5.0, NOW_S)
    for number in range(1_000):
        taught.counted("v", f"filler-{number}", 1.0, NOW_S)
    assert taught.counted("v", "a", 5.0, NOW_S) < 0.2


def test_who_looks_at_many_items_still_teaches_of_each() -> None:
    taught = room(items=8)
    assert [taught.counted("v", f"item-{number}", 1.0, NOW_S) for number in range(9)] == [1.0] * 9


def test_memory_is_bounded_and_the_silent_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teaching_room, "_MAX_TOLD", 10)
    taught = room()
    for _ in range(40):
        taught.counted("busy", "a", 5.0, NOW_S)
        taught.counted("silent", "a", 5.0, NOW_S)
    for number in range(30):
        taught.counted(f"v{number}", "a", 1.0, NOW_S)
        taught.counted("busy", "a", 1.0, NOW_S)
    assert sum(len(told.items) for _, told in taught.save().senders) == 10
    assert taught.counted("busy", "a", 5.0, NOW_S) < 0.2
    assert taught.counted("silent", "a", 5.0, NOW_S) == 5.0


def test_a_restored_room_goes_on() -> None:
    one, other = room(), room()
    for number in range(20):
        one.counted("v", f"item-{number % 12}", 5.0, NOW_S + number)
    other.restore(msgspec.json.decode(msgspec.json.encode(one.save()), type=SavedRoom))
    later = [(f"item-{number % 15}", NOW_S + 60.0 * number) for number in range(40)]
    assert [one.counted("v", *_at(told)) for told in later] == [other.counted("v", *_at(told)) for told in later]


def _at(told: tuple[str, float]) -> tuple[str, float, float]:
    return told[0], 3.0, told[1]


def test_the_forgotten_have_all_room_again() -> None:
    taught = room()
    for _ in range(40):
        taught.counted("v", "a", 5.0, NOW_S)
    taught.forget("v")
    taught.forget("nobody")
    assert taught.counted("v", "a", 5.0, NOW_S) == 5.0
