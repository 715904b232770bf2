"""Generations: which positions of the archive belong to which life of the event log.

A log that is made anew, or comes back from a backup without its newest records, counts positions again that the archive
holds already. Each time begins a generation; their numbers grow, from 0. They stand in one file of the archive, and in
every row and file name.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final
from uuid import uuid4

import msgspec

from store.archive.directories import changing, make_private
from store.log.log import EventLog

_NAME: Final = "generations.json"


class Generation(msgspec.Struct):
    """One life of the log: its own name, up to which position of each partition an earlier one of that name counts, and
    how far the archive has come."""

    log: str
    after: list[int] = msgspec.field(default_factory=list)
    held: list[int] = msgspec.field(default_factory=list)


class _Known(msgspec.Struct):
    generations: list[Generation]


class Generations:
    """The generations of an archive, as its writer keeps them and its readers ask for them.

    Parameters
    ----------
    directory
        The archive's.
    older
        Asked where nothing is known of generations yet: how far the archive has come by partition, and the highest
        number of its files.
    """

    def __init__(self, directory: Path, older: Callable[[], tuple[Mapping[int, int], int]]) -> None:
        self._directory = directory
        self._older = older
        self._known: list[Generation] = []

    def observe(self, log: EventLog) -> None:
        """See which life the log is in: another name than before, or an end that lies before what the archive holds of
        it, is another generation. Raises what the log raises."""
        self._known = self._observed(log)

    def follow(self, log: EventLog) -> None:
        """See which life the log is in, and note where another began. Raises what the log raises, and `OSError`."""
        with changing(self._directory):
            self._known = self._observed(log)
            self._write(self._known)

    def number_of(self, partition: int, position: int) -> int:
        """Give the generation of a position of the log as it was last looked at; 0 of one that never was."""
        number = max(0, len(self._known) - 1)
        while number and position <= _at(self._known[number].after, partition):
            number -= 1  # the log had it before it lost what came behind
        return number

    def hold(self, positions: Mapping[int, int]) -> None:
        """Note how far the archive is about to come; on return it is on the disk."""
        if not self._known:
            return
        with changing(self._directory):
            kept = self._read()  # another process may write other partitions
            if len(kept) < len(self._known):
                kept = self._known
            _raise_to(kept[len(self._known) - 1].held, positions)
            self._write(kept)

    def _observed(self, log: EventLog) -> list[Generation]:
        known = self._read()
        name, ends, latest = log.generation(), log.ends(), known[-1]
        if latest.log and latest.log != name:
            known.append(Generation(name))
        elif any(end < held for end, held in zip(ends, latest.held, strict=False)):
            # Of a log without a name nobody can tell whether it is another: no position is taken for an older one's.
            known.append(Generation(name, after=ends if latest.log else []))
        else:
            latest.log = name
        return known

    def _read(self) -> list[Generation]:
        try:
            return msgspec.json.decode((self._directory / _NAME).read_bytes(), type=_Known).generations
        except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
            held, highest = self._older()
            known = [Generation("") for _ in range(highest + 1)]
            _raise_to(known[-1].held, held)
            return known

    def _write(self, known: Sequence[Generation]) -> None:
        make_private(self._directory)
        temporary = self._directory / f".{_NAME}.{uuid4().hex}"
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(_Known(list(known))))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._directory / _NAME)


def _at(positions: Sequence[int], partition: int) -> int:
    return positions[partition] if partition < len(positions) else 0


def _raise_to(positions: list[int], further: Mapping[int, int]) -> None:
    for partition, position in further.items():
        positions += [0] * (partition + 1 - len(positions))
        positions[partition] = max(positions[partition], position)
