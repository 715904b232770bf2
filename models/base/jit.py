"""Compilation: loops compiled to machine code, with their types kept for the checker.

Compiled code is kept beside the source, or in the user's cache where that cannot be written to. `kernel` keeps to IEEE
arithmetic; `fast_kernel` may reorder sums, always the same way, and still knows nan.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

_Function = TypeVar("_Function", bound=Callable[..., object])


def kernel(function: _Function) -> _Function:
    """Compile a function the first time it is called."""
    return cast(_Function, njit(cache=True)(function))


def fast_kernel(function: _Function) -> _Function:
    """Compile a function whose sums may be taken in any order."""
    return cast(_Function, njit(cache=True, fastmath={"nsz", "contract", "reassoc", "arcp"})(function))
