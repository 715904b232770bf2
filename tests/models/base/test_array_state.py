"""Array state: stored and read back to the bit, grown and cut without losing a row."""

from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.base.array_state import Stored, fill_rows, grown, kept_rows, restore, store


class Pair(NamedTuple):
    """Two arrays of as many rows."""

    counts: NDArray[np.float32]
    names: NDArray[np.int64]


def pair(rows: int) -> Pair:
    return Pair(np.arange(2 * rows, dtype=np.float32).reshape(rows, 2), np.arange(rows) * 7)


def same(one: tuple[NDArray[Any], ...], other: tuple[NDArray[Any], ...]) -> bool:
    return all(
        mine.dtype == theirs.dtype and np.array_equal(mine, theirs) for mine, theirs in zip(one, other, strict=True)
    )


def test_what_is_stored_comes_back_whole_or_its_first_rows() -> None:
    state = pair(5)
    through = msgspec.msgpack.decode(msgspec.msgpack.encode(store(state)), type=list[Stored])
    assert same(restore(Pair, through), state)
    assert same(restore(Pair, store(state, rows=3)), Pair(state.counts[:3], state.names[:3]))


def test_what_is_restored_may_be_written_to() -> None:
    again = restore(Pair, store(pair(2)))
    again.names[0] = 9
    assert again.names.tolist() == [9, 7]


def test_a_grown_state_has_the_old_rows_in_front() -> None:
    larger = grown(pair(2), Pair(np.zeros((4, 2), np.float32), np.zeros(4, np.int64)))
    assert larger.names.tolist() == [0, 7, 0, 0]
    assert larger.counts[:2].tolist() == [[0, 1], [2, 3]]


def test_rows_that_are_kept_move_to_the_front() -> None:
    names = np.arange(6)
    kept_rows(names, np.array([1, 4, 5]))
    assert names[:3].tolist() == [1, 4, 5]


def test_rows_are_filled_by_number_or_in_front() -> None:
    names = np.zeros(4, np.int64)
    fill_rows(names, np.array([1, 2]))
    fill_rows(names, np.array([8, 9]), np.array([3, 2]))
    assert names.tolist() == [1, 2, 9, 8]
