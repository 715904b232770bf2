"""An archive of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.archive.writer import ArchiveWriter


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[ArchiveWriter]:
    """An empty archive."""
    made = ArchiveWriter(tmp_path / "archive")
    yield made
    made.close()
