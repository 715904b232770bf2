"""Readiness: how a process of the embedded stack tells whoever started it that it has opened all it needs."""

import os
from pathlib import Path
from typing import Final

READY_FILE: Final = "READY_FILE"
"""Environment variable with the file to make."""


def tell_ready() -> None:
    """Make the file that whoever started this process waits for; nothing where nobody does."""
    if path := os.environ.get(READY_FILE):
        Path(path).touch()
