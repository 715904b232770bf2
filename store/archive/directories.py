"""Directories of the archive: their owner's alone, changed by one process at a time, cleaned of what was left."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_LEFT_S: Final = 3600.0
"""A temporary file older than this is a killed writer's."""
REFUSED_FOR_NOW: Final = frozenset(
    {
        *(errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR, errno.EAGAIN),
        *(errno.ENOSPC, errno.EDQUOT, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN),
    }
)
"""What a disk answers that may answer otherwise in a moment."""
_CHUNK: Final = 1 << 20
_ON_DISK: Final[set[Path]] = set()
"""Directories of which this process knows that they stand in those above them also after a power cut."""


def sync_directory(directory: Path) -> None:
    """Have what was renamed or removed in a directory be on the disk."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_path(directory: Path, above: int) -> None:
    """Have what was renamed in a directory be on the disk, and the directory itself, in as many of those above it; what
    this process has seen to before stays on it."""
    sync_directory(directory)
    for _ in range(above):
        if directory in _ON_DISK:
            return
        sync_directory(directory.parent)
        _ON_DISK.add(directory)
        directory = directory.parent


def raise_if_refused_for_now(file: Path) -> None:
    """Read a file's bytes; raises `OSError` where the disk or this process cannot for now: that is not the file's."""
    try:
        with file.open("rb") as opened:
            while opened.read(_CHUNK):
                pass
    except OSError as error:
        if error.errno in REFUSED_FOR_NOW:
            raise


def make_private(directory: Path) -> None:
    """Make a directory, and those above it that are missing, such that only its owner can look into it."""
    if not directory.exists():
        make_private(directory.parent)
        _ON_DISK.discard(directory)
        with suppress(FileExistsError):
            directory.mkdir(mode=0o700)


def remove_leftovers(directory: Path) -> None:
    """Remove temporary files of writers that were killed, from every folder of every site."""
    for left in directory.glob("*/*/.*.parquet*.*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_S:
                left.unlink()


@contextmanager
def changing(directory: Path) -> Iterator[None]:
    """Let one process at a time change files that are there already; the others wait."""
    make_private(directory)
    handle = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
