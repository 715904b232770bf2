"""Private files: nobody else reads them, and a file is there whole or as it was before."""

import os
from pathlib import Path

import pytest

from shopwindow.private_files import write_private


def test_a_file_is_its_owners_whatever_it_was_before(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("open to all")
    path.chmod(0o666)
    write_private(path, "ours")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("ours", 0o600)
    assert os.listdir(tmp_path) == ["keys"]


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "keys"
    write_private(path, "before")

    def full(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write_private(path, "after")
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["keys"]
