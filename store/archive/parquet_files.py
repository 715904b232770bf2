"""Parquet files of the archive: read whole, written under a temporary name and renamed, and told apart from a disk
that is away."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from store.archive.schema import SCHEMA

_LEFT_S: Final = 3600.0
"""A temporary file older than this is a killed writer's."""
_ALWAYS_THERE: Final = ("log_partition", "position", "event", "visitor_id", "at_s")
_FOR_NOW: Final = frozenset(
    {
        *(errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR, errno.EAGAIN),
        *(errno.ENOSPC, errno.EDQUOT, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN),
    }
)
"""What a disk answers that may answer otherwise in a moment."""


class UnreadableFileError(Exception):
    """A file is there and cannot be read: it is cut off, damaged, or none of ours."""


def read_file(file: Path) -> pa.Table:
    """Read a file's rows, checked against their checksums; columns that an old file lacks are null.

    Raises `UnreadableFileError`, `FileNotFoundError` where it has gone, and `OSError` of a disk that is away for now.
    """
    try:
        table = pq.read_table(file, schema=SCHEMA, page_checksum_verification=True)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in _FOR_NOW:
            raise
        raise UnreadableFileError(f"{type(error).__name__}: {error}") from error
    except (pa.ArrowException, ValueError, TypeError, EOFError) as error:
        raise UnreadableFileError(f"{type(error).__name__}: {error}") from error
    missing = [name for name in _ALWAYS_THERE if table[name].null_count]
    if missing:
        raise UnreadableFileError(f"it has rows without {', '.join(missing)}")
    return table


def put_file(table: pa.Table, file: Path) -> None:
    """Write a file under a temporary name, flush it, and rename it; only its owner can read it.

    Visitors' ids stand in a Bloom filter: whose rows a file does not hold is known without reading them.
    """
    make_private(file.parent)
    temporary = file.with_name(f".{file.name}.{uuid4().hex}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
            pq.write_table(
                table,
                written,
                compression="zstd",
                write_page_checksum=True,
                bloom_filter_options={"visitor_id": {"ndv": max(1, _distinct(table)), "fpp": 0.01}},
            )
            written.flush()
            os.fsync(written.fileno())
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    for directory in (file.parent, file.parent.parent, file.parent.parent.parent):
        sync_directory(directory)


def sync_directory(directory: Path) -> None:
    """Have what was renamed or removed in a directory be on the disk."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_private(directory: Path) -> None:
    """Make a directory, and those above it that are missing, such that only its owner can look into it."""
    if not directory.exists():
        make_private(directory.parent)
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


def _distinct(table: pa.Table) -> int:
    return int(pc.count_distinct(table["visitor_id"]).as_py())
