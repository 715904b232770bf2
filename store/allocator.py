"""Allocator: what a process has let go of goes back to the machine, and does not wait for a next time.

The C library (glibc) keeps an arena for each of many threads, and takes large pieces from it once some were let go: a
few heavy answers at once, and a process has gigabytes that nobody uses.
"""

import ctypes
from contextlib import suppress
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
_ARENAS: Final = 2
_LARGE_BYTES: Final = 512 * 1024
"""From this size on a piece is the system's own, and goes back to it at once."""
_KEPT_BYTES: Final = 32 * 1024 * 1024


def give_memory_back() -> bool:
    """Have this process give back what it lets go of; False where its C library knows no such thing."""
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        wanted = ((_ARENA_MAX, _ARENAS), (_MMAP_THRESHOLD, _LARGE_BYTES), (_TRIM_THRESHOLD, _KEPT_BYTES))
        return all(library.mallopt(setting, value) for setting, value in wanted)
    return False
