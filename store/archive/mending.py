"""Mending: files of the archive that cannot be read are written anew from what the log still has of them."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from models.events.events import Event
from models.events.names import VISITOR_DELETED
from models.reports.archive_row import row_of
from store.archive.directories import changing
from store.archive.file_names import ASIDE, Stretch, folder_of, stretch_of
from store.archive.unarchived import events_in
from store.archive.writer import ArchiveWriter
from store.log.log import EventLog
from store.log.read_through import read_through

_PORTION: Final = 5_000
_HEX: Final = re.compile(r"\.[0-9a-f]{12}$")
_Key = tuple[int, int, int]
"""Partition, generation, position."""


class MendedFile(NamedTuple):
    """A file that was set aside: how many rows the log still had of it that no other file holds, whether all of it is
    back, and in words what is not."""

    file: str
    rows: int
    whole: bool
    lost: str


class _Aside(NamedTuple):
    file: Path
    folder: str
    stretch: Stretch | None


def mend(
    archive: ArchiveWriter, log: EventLog, group: str, site: str, holdout_share: float, *, drop: bool = False
) -> list[MendedFile]:
    """Write anew what files that are set aside held, and remove those that are back whole.

    Of a file whose name tells no positions, whatever of its folder the log still has, and no other file holds. What an
    erasure took stays gone.

    Parameters
    ----------
    archive, log, site
        Whose files, and what they were written from.
    group
        Whose commits tell how far the archive has come: what lies behind is written by itself.
    holdout_share
        As of the rows beside them.
    drop
        Remove, too, those of which something is lost.
    """
    asides = [_Aside(file, file.parent.name, _stretch_of_aside(file)) for file in archive.aside(site)]
    if not asides:
        return []
    archive.generations.observe(log)
    number_of = archive.generations.number_of
    starts, come = log.starts(), log.committed(group)
    with changing(archive.directory):
        held = _held(archive, site, {aside.folder for aside in asides})
        found: dict[_Key, tuple[str, dict[str, Any]]] = {}
        erased: dict[str, _Key] = {}
        for partition, position, event in _read(log, asides, starts, site):
            key = partition, number_of(partition, position), position
            if event.event == VISITOR_DELETED:
                erased[event.visitor_id] = key
            elif position <= come[partition] and not event.event.startswith("_"):
                folder = folder_of(event.at_s, event.accepted_at_s)
                if key not in held and any(_holds(aside, folder, key) for aside in asides):
                    found[key] = folder, row_of(partition, position, event, holdout_share, key[1])
        kept = {key: told for key, told in found.items() if key > erased.get(told[1]["visitor_id"], (-1, -1, -1))}
        _write(archive, site, kept)
        return [_settle(aside, kept, starts, number_of, drop=drop) for aside in asides]


def _settle(
    aside: _Aside,
    found: Mapping[_Key, tuple[str, dict[str, Any]]],
    starts: list[int],
    number_of: Callable[[int, int], int],
    *,
    drop: bool,
) -> MendedFile:
    """Remove a file that is back whole; tell of one that is not."""
    rows = sum(_holds(aside, folder, key) for key, (folder, _) in found.items())
    stretch, lost = aside.stretch, ""
    if stretch is None:
        lost = f"its name tells no positions: what the log no longer has of {aside.folder} is lost"
    elif stretch.generation != number_of(stretch.partition, stretch.last):
        lost = f"positions {stretch.first} to {stretch.last} of partition {stretch.partition} are an earlier log's"
    elif starts[stretch.partition] > stretch.first:
        until = min(stretch.last, starts[stretch.partition] - 1)
        lost = f"the log no longer has positions {stretch.first} to {until} of partition {stretch.partition}"
    if drop or not lost:
        aside.file.unlink(missing_ok=True)
    return MendedFile(f"{aside.folder}/{aside.file.name}", rows, not lost, lost)


def _stretch_of_aside(file: Path) -> Stretch | None:
    return stretch_of(_HEX.sub("", file.name.removesuffix(ASIDE)))


def _holds(aside: _Aside, folder: str, key: _Key) -> bool:
    """Whether a file that is set aside held a position."""
    stretch = aside.stretch
    if aside.folder != folder or stretch is None:
        return aside.folder == folder
    return (stretch.partition, stretch.generation) == key[:2] and stretch.first <= key[2] <= stretch.last


def _held(archive: ArchiveWriter, site: str, folders: set[str]) -> set[_Key]:
    """Positions that readable files of the folders hold."""
    held: set[_Key] = set()
    for folder, files in archive.files(site).items():
        for file in files if folder in folders else ():
            table = archive.read_or_set_aside(site, file)
            if table is not None:
                columns = (table[name].to_pylist() for name in ("log_partition", "generation", "position"))
                held.update((partition, number or 0, at) for partition, number, at in zip(*columns, strict=True))
    return held


def _read(log: EventLog, asides: list[_Aside], starts: list[int], site: str) -> Iterator[tuple[int, int, Event]]:
    """A site's events from where the first of the files began to the log's end, in the order of each partition."""
    after: dict[int, int] = {}
    for partition, start in enumerate(starts):
        firsts = [
            aside.stretch.first if aside.stretch is not None else start
            for aside in asides
            if aside.stretch is None or aside.stretch.partition == partition
        ]
        if firsts:
            after[partition] = max(min(firsts), start) - 1
    for batch in read_through(log, after, dict(enumerate(log.ends()))):
        for position, event in events_in(batch, site):
            yield batch.partition, position, event


def _write(archive: ArchiveWriter, site: str, found: Mapping[_Key, tuple[str, dict[str, Any]]]) -> None:
    by_partition: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for key in sorted(found):
        by_partition[key[0]].append(found[key][1])
    for partition, rows in by_partition.items():
        for first in range(0, len(rows), _PORTION):
            archive.write(site, partition, rows[first : first + _PORTION])
