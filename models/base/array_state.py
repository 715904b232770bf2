"""Array state: named tuples of arrays, the state of the compiled learners, grown, and saved without pickle."""

from typing import Any, NamedTuple, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ArrayState = TypeVar("ArrayState", bound=tuple[Any, ...])


class Stored(msgspec.Struct, array_like=True):
    """One array: type, shape, bytes (a view of what it was read from, so that large ones are not copied twice)."""

    dtype: str
    shape: tuple[int, ...]
    data: memoryview


def store(state: tuple[Any, ...], rows: int | None = None) -> list[Stored]:
    """Give the stored form of each array of a state, of its first `rows` alone."""
    return [stored(array[:rows]) for array in state]


def stored(array: NDArray[Any]) -> Stored:
    """Give the stored form of one array."""
    return Stored(array.dtype.str, array.shape, memoryview(np.ascontiguousarray(array).tobytes()))


def restored(stored: Stored) -> NDArray[Any]:
    """Read what `stored` gave."""
    return np.frombuffer(stored.data, stored.dtype).reshape(stored.shape).copy()


def fill_rows(array: NDArray[Any], values: NDArray[Any], rows: NDArray[np.int64] | None = None) -> None:
    """Put values into an array: into these rows, or in front."""
    array[slice(len(values)) if rows is None else rows] = values


def restore(kind: type[ArrayState], arrays: list[Stored]) -> ArrayState:
    """Read what `store` gave of a state of this kind."""
    return kind(*(restored(array) for array in arrays))


def grown(state: ArrayState, like: ArrayState) -> ArrayState:
    """Give `like`, a larger empty state, with the rows of `state` in front."""
    for old, new in zip(state, like, strict=True):
        new[: len(old)] = old
    return like


def kept_rows(array: NDArray[Any], kept: NDArray[np.int64]) -> None:
    """Move the rows `kept`, ascending, to the front, in place; what stands behind them is left as it is."""
    array[: len(kept)] = array[kept]


class Renumbering(NamedTuple):
    """Which item numbers stay, ascending, and each old number's new one, -1 for those that go."""

    kept: NDArray[np.int64]
    new_of: NDArray[np.int32]
