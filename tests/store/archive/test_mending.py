"""Mending: what cannot be read stands in nobody's way, and comes back as far as the log still has it."""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.events.names import VISITOR_DELETED
from shopwindow.embedded import EmbeddedRedis
from store.archive.archive import ArchiveUnavailableError
from store.archive.mending import mend
from store.archive.reports import make_report
from store.archive.unarchived import Erased
from store.archive.writer import COMPACT_AT, ArchiveWriter
from store.log.log import EventLog
from store.unreadable import Unreadable
from tests.store.archive.logs import GROUP, append, archive_all, viewed, visitors
from tests.store.archive.shop_archive import SITE
from tests.store.log.logs import Server, new_name


@pytest.fixture
def log(redis_server: EmbeddedRedis) -> Iterator[EventLog]:
    """A log of one partition."""
    made = Server("redis", redis_server.url).open(new_name(), partitions=1)
    yield made
    made.close()


@pytest.fixture
def told() -> list[Unreadable]:
    """What could not be read."""
    return []


@pytest.fixture
def archive(tmp_path: Path, told: list[Unreadable]) -> Iterator[ArchiveWriter]:
    """An empty archive that tells of it."""
    made = ArchiveWriter(tmp_path / "archive", told.append)
    yield made
    made.close()


def filled(archive: ArchiveWriter, log: EventLog, portions: int = COMPACT_AT) -> list[Path]:
    """Write a file for each of many portions of two events; gives them in that order."""
    for number in range(portions):
        append(log, [viewed(f"a{number:02}", number), viewed(f"b{number:02}", number)])
        archive_all(archive, log)
    [files] = archive.files(SITE).values()
    return sorted(files, key=lambda file: int(file.name.split("-")[1]))


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def damage(file: Path) -> None:
    """Turn bytes over in the middle of the data."""
    data = bytearray(file.read_bytes())
    for place in range(40, len(data) // 2, 7):
        data[place] ^= 0xFF
    file.write_bytes(bytes(data))


def make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


SPOILS = [cut_off, empty, damage, make_folder]


@pytest.mark.parametrize("spoil", SPOILS)
def test_reports_go_on_without_a_file_that_cannot_be_read(
    archive: ArchiveWriter, log: EventLog, told: list[Unreadable], spoil: "Callable[[Path], None]"
) -> None:
    files = filled(archive, log, 3)
    spoil(files[1])
    assert make_report(archive, SITE, "funnel").rows[0][1] == 4
    assert [(found.kind, found.site, found.value) for found in told] == [("archive", SITE, b"")]
    assert "shopwindow archive mend" in told[0].words
    assert make_report(archive, SITE, "funnel").rows[0][1] == 4
    assert len(told) == 1
    assert [file.name for file in archive.aside(SITE)] == [f"{files[1].name}.unreadable"]


@pytest.mark.parametrize("spoil", SPOILS)
def test_compaction_and_erasure_go_on_without_it(
    archive: ArchiveWriter, log: EventLog, told: list[Unreadable], spoil: "Callable[[Path], None]"
) -> None:
    files = filled(archive, log)
    spoil(files[3])
    done = archive.erase_all(SITE, [Erased("a05", 0, 99)])
    assert done.rows == 1
    assert archive.compact(SITE) in (0, 1)
    assert len(told) == 1
    left = visitors(archive)
    assert "a05" not in left
    assert "a03" not in left
    assert len(left) == 2 * COMPACT_AT - 3


def test_a_file_that_cannot_be_renamed_is_passed_over(
    archive: ArchiveWriter, log: EventLog, told: list[Unreadable], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = filled(archive, log, 3)
    cut_off(files[1])

    def refuse(*_: object) -> None:
        raise PermissionError(13, "not ours")

    monkeypatch.setattr(Path, "rename", refuse)
    assert visitors(archive) == visitors(archive)
    assert len(told) == 1
    assert files[1].exists()


def test_no_file_is_at_fault_where_the_process_may_open_none(
    archive: ArchiveWriter, log: EventLog, told: list[Unreadable], monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(filled(archive, log, 3)[1])

    def refuse(*_: object) -> None:
        raise OSError(errno.EMFILE, "too many open files")

    with monkeypatch.context() as refusing:
        refusing.setattr(Path, "open", refuse)
        with pytest.raises(ArchiveUnavailableError, match="too many open files"):
            visitors(archive)
    assert (told, archive.aside(SITE)) == ([], [])
    assert len(visitors(archive)) == 4
    assert len(told) == 1


@pytest.mark.parametrize("spoil", SPOILS[:3])
def test_what_the_log_still_has_comes_back_but_for_the_erased(
    archive: ArchiveWriter, log: EventLog, spoil: "Callable[[Path], None]"
) -> None:
    files = filled(archive, log, 3)
    before = visitors(archive)
    spoil(files[1])
    append(log, [viewed("a01", 50, VISITOR_DELETED)])
    archive_all(archive, log)
    visitors(archive)
    [mended] = mend(archive, log, GROUP, SITE, 0.0)
    assert (mended.rows, mended.whole, mended.lost) == (1, True, "")
    assert visitors(archive) == [name for name in before if name != "a01"]
    assert mend(archive, log, GROUP, SITE, 0.0) == []


def test_what_the_log_no_longer_has_is_told_and_stays_until_it_is_dropped(
    archive: ArchiveWriter, log: EventLog
) -> None:
    files = filled(archive, log, 3)
    cut_off(files[1])
    visitors(archive)
    log.truncate({0: 4})
    [mended] = mend(archive, log, GROUP, SITE, 0.0)
    assert (mended.rows, mended.whole) == (1, False)
    assert mended.lost == "the log no longer has positions 3 to 3 of partition 0"
    assert "b01" in visitors(archive)
    [again] = mend(archive, log, GROUP, SITE, 0.0, drop=True)
    assert (again.rows, again.whole) == (0, False)
    assert archive.aside(SITE) == []


def test_of_a_compacted_file_comes_back_what_the_log_has_of_its_day_and_no_other_file_holds(
    archive: ArchiveWriter, log: EventLog
) -> None:
    filled(archive, log)
    before = visitors(archive)
    assert archive.compact(SITE) == 1
    [[compacted]] = archive.files(SITE).values()
    append(log, [viewed("c", 30)])
    archive_all(archive, log)
    cut_off(compacted)
    assert visitors(archive) == ["c"]
    [mended] = mend(archive, log, GROUP, SITE, 0.0)
    assert (mended.rows, mended.whole) == (2 * COMPACT_AT, False)
    assert "tells no positions" in mended.lost
    assert visitors(archive) == [*before, "c"]
