"""Private files: written whole or not at all, and read by their owner alone."""

import os
from pathlib import Path
from typing import Final

from store.whole_file import replacing

OTHERS: Final = 0o077
"""The umask of a process that writes what others may not read."""


def write_private(path: Path, text: str) -> None:
    """Put a text in a file's place, under a temporary name first; on return it is on the disk."""
    with replacing(path) as file:
        file.write(text.encode())


def only_ours() -> None:
    """Have all that this process and its children write from now on be read by this user alone."""
    os.umask(OTHERS)
