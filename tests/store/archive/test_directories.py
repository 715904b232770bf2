"""Directories of the archive: nobody else looks into them, and what killed writers left goes."""

import os
import shutil
import time
from pathlib import Path

import pytest

from store.archive.writer import ArchiveWriter
from tests.store.archive.shop_archive import SITE, event, fill


def test_nobody_else_can_look_into_the_archive(archive: ArchiveWriter) -> None:
    before = os.umask(0)
    try:
        fill(archive, [event("page_view", "v", "01-01 10:00")])
        archive.erase(SITE, "v", 0)
    finally:
        os.umask(before)
    for path in [archive.directory, *archive.directory.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_what_killed_writers_left_goes_and_what_is_being_written_stays(archive: ArchiveWriter) -> None:
    fill(archive, [event("page_view", "v", "01-01 10:00")])
    folder = archive.directory / SITE / "2026-01-01"
    old, fresh = folder / ".p0-1-1.parquet.aa", folder / ".p0-1-2.parquet.bb"
    for left in (old, fresh):
        left.write_bytes(b"PAR1")
    os.utime(old, (0, time.time() - 7_200))
    archive.directory.chmod(0o755)
    archive.clean()
    assert sorted(file.name for file in folder.iterdir()) == [fresh.name, "p0-1-1.parquet"]
    assert archive.directory.stat().st_mode & 0o077 == 0


def test_a_file_is_on_the_disk_with_the_folders_above_it_and_those_are_seen_to_once(
    archive: ArchiveWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def noted(handle: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{handle}"))
        synced.append("file" if path.name.startswith(".p") else str(path.relative_to(archive.directory)))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    fill(archive, [event("page_view", "v", "01-01 10:00")])
    assert synced == ["file", f"{SITE}/2026-01-01", SITE, "."]
    synced.clear()
    fill(archive, [event("page_view", "v", "01-01 11:00"), event("page_view", "v", "01-02 10:00")], first=2)
    assert synced == ["file", f"{SITE}/2026-01-01", "file", f"{SITE}/2026-01-02", SITE]
    shutil.rmtree(archive.directory / SITE / "2026-01-01")
    synced.clear()
    fill(archive, [event("page_view", "v", "01-01 12:00")], first=4)
    assert synced == ["file", f"{SITE}/2026-01-01", SITE], "a folder that is made again is another one"
