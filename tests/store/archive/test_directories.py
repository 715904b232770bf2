"""Directories of the archive: nobody else looks into them, and what killed writers left goes."""

import os
import time

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
