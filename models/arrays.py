"""Arrays: named tuples of arrays, the state of the compiled learners, grown, and saved without pickle."""

from typing import Any, NamedTuple, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

State = TypeVar("State", bound=tuple[Any, ...])


class Stored(msgspec.Struct, array_like=True):
    """One array: type, shape, bytes."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes


def store(state: tuple[Any, ...]) -> list[Stored]:
    """Give the stored form of each array of a state."""
    return [Stored(array.dtype.str, array.shape, np.ascontiguousarray(array).tobytes()) for array in state]


def restore(kind: type[State], stored: list[Stored]) -> State:
    """Read what `store` gave of a state of this kind."""
    arrays = [np.frombuffer(one.data, one.dtype).reshape(one.shape).copy() for one in stored]
    return kind(*arrays)


def grown(state: State, like: State) -> State:
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
