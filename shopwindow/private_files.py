"""Private files: written whole or not at all, and read by their owner alone."""

import os
from pathlib import Path
from secrets import token_hex
from typing import Final

OTHERS: Final = 0o077
"""The umask of a process that writes what others may not read."""


def write_private(path: Path, text: str) -> None:
    """Put a text in a file's place, under a temporary name first; on return it is on the disk."""
    temporary = path.with_name(f".{path.name}.{token_hex(6)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def only_ours() -> None:
    """Have all that this process and its children write from now on be read by this user alone."""
    os.umask(OTHERS)
