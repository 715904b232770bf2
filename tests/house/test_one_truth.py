"""One truth: a fact that several modules need is written once, where it can be mended once."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.events.names import ORDERED_EVENTS, UNDONE_EVENTS
from models.triggers.conditions.base import TriggerCondition
from models.triggers.conditions.kinds import CONDITION_KINDS
from models.triggers.trigger_state import Timer
from models.visitor import holds
from tests.house.tree import ROOMS, ROOT, modules, parsed


def _literals(path: Path) -> Iterator[tuple[set[object], int]]:
    """Constants of each set, list and tuple that a module writes out."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, (ast.Set, ast.List, ast.Tuple)):
            yield {item.value for item in node.elts if isinstance(item, ast.Constant)}, node.lineno


def _places(found: Callable[[Path], bool]) -> set[str]:
    return {str(path.relative_to(ROOT)) for room in ROOMS for path in modules(room) if found(path)}


@pytest.mark.parametrize("names", [ORDERED_EVENTS, UNDONE_EVENTS], ids=["ordered", "undone"])
def test_the_events_of_orders_are_named_in_one_module(names: frozenset[str]) -> None:
    assert _places(lambda path: any(names <= literal for literal, _ in _literals(path))) == {"models/events/names.py"}


def test_a_day_has_its_seconds_in_one_module() -> None:
    def writes_a_day(path: Path) -> bool:
        return any(isinstance(node, ast.Constant) and node.value == 86_400 for node in ast.walk(parsed(path)))

    assert _places(writes_a_day) == {"models/base/durations.py"}


def test_moments_are_written_in_one_module() -> None:
    assert _places(lambda path: "isoformat(timespec" in path.read_text()) == {"models/base/timestamps.py"}


def test_ids_of_events_are_digested_in_one_module() -> None:
    pattern = re.compile(r"event_id\s*=\s*blake2b|blake2b\(event_id")
    assert _places(lambda path: pattern.search(path.read_text()) is not None) == {"models/events/event_ids.py"}


def test_who_was_in_view_is_asked_in_one_module() -> None:
    assert _places(lambda path: 'get("viewable")' in path.read_text()) == {"models/events/impressions.py"}


def test_what_holds_a_promotion_back_is_worded_in_one_module() -> None:
    codes = [value for name, value in vars(holds).items() if name.isupper() and not name.startswith("_")]
    sentences = [holds.hold_words(code) for code in codes]
    assert len(codes) == 4
    assert all(code != words for code, words in zip(codes, sentences, strict=True))

    def words_one(path: Path) -> bool:
        constants = {node.value for node in ast.walk(parsed(path)) if isinstance(node, ast.Constant)}
        return not constants.isdisjoint(sentences)

    assert _places(words_one) == {"models/visitor/holds.py"}


@pytest.mark.parametrize("kind", CONDITION_KINDS)
def test_a_condition_reads_its_own_record_of_what_a_timer_is_about(kind: str) -> None:
    condition = CONDITION_KINDS[kind]
    told = condition.about(TriggerCondition(), Timer("x", "s", 0.0, 0.0, 0.0))
    assert condition.reason is not TriggerCondition.reason
    assert told == type(told)()
    assert type(told).__name__.startswith("About")
