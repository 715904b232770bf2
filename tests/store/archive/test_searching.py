"""Searching: the files that hold rows of some of the visitors, and no others."""

from store.archive.searching import files_with
from store.archive.writer import ArchiveWriter
from tests.store.archive.shop_archive import SITE, event, fill


def test_files_are_searched_for_several_visitors_at_once(archive: ArchiveWriter) -> None:
    for number in range(30):
        fill(archive, [event("page_view", f"o'v{number}", "01-01 10:00")], first=number + 1)
    files = archive.files(SITE)["2026-01-01"]
    found, unreadable = files_with(files, {"o'v3", "o'v17", "nobody"})
    assert ([file.name for file in found], unreadable) == (["p0-18-18.parquet", "p0-4-4.parquet"], [])
