"""Snapshot: what is published is read back the same, and another format is refused."""

import numpy as np
import pytest

from models.learner import snapshot as module
from models.learner.snapshot import decode_snapshot, empty_snapshot, encode_snapshot
from tests.models.learner.taught import taught


def test_it_is_read_back_as_it_was_published() -> None:
    made = taught()
    again = decode_snapshot(encode_snapshot(made), made.engine.tables())
    assert (again.version, again.events, again.names, again.number_of) == (
        made.version,
        made.events,
        made.names,
        made.number_of,
    )
    for name in ("trending", "popular", "sold"):
        np.testing.assert_array_equal(getattr(again, name), getattr(made, name))
    number = made.number_of["p003"]
    for mine, theirs in zip(again.bought.of(number), made.bought.of(number), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert again.engine.next_items(["p001"]) == made.engine.next_items(["p001"])


def test_what_nobody_knows_has_no_neighbours() -> None:
    others, weights = empty_snapshot().bought.of(7)
    assert (len(others), len(weights)) == (0, 0)
    made = taught()
    assert [made.names[number] for number in made.bought.of(made.number_of["p003"])[0]] == ["p004"]


def test_another_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = encode_snapshot(empty_snapshot())
    monkeypatch.setattr(module, "_FORMAT", 99)
    with pytest.raises(ValueError, match="this version reads 99"):
        decode_snapshot(stored, empty_snapshot().engine.tables())
