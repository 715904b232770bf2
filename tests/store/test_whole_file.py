"""Whole files: there whole or not at all, and read by their owner alone."""

from pathlib import Path

import pytest

from store.whole_file import replacing


def test_a_file_is_replaced_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"before")
    with replacing(path) as file:
        file.write(b"after")
        assert path.read_bytes() == b"before"
    assert path.read_bytes() == b"after"
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_fails_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"before")
    with pytest.raises(TypeError), replacing(path) as file:
        file.writelines([b"after", "no bytes"])  # type: ignore[list-item]
    assert [(left.name, left.read_bytes()) for left in tmp_path.iterdir()] == [("kept", b"before")]
