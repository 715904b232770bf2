"""Dead letters of each site, as streams of Redis: its own, bounded, in pages, and gone where the visitor is erased.

What the intake refused and what flows set aside are two streams: a flood of one hides and drops none of the other.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from typing import Final, NamedTuple, cast, get_args

import msgspec

from models.base.errors import InvalidError, show_value
from models.events.dead_letter import DeadLetter, decode_dead_letter, encode_dead_letter
from models.events.events import decode_event
from store import keys
from store.client import Client
from store.keys import USUAL_LIFETIMES, Lifetimes

INTAKE: Final = "api"
"""`DeadLetter.source` of what the intake refused."""
MAX_LETTERS: Final = 10_000
"""Of each of a site's two streams; beyond it the oldest go."""
NOBODY: Final = ""
"""The site of what names none that is served."""
_NAMING: Final = ("visitor_id", "user_id", "device_id", "anonymous_id", "client_id", "email", "userId", "anonymousId")
_START: Final = "-"
_PLACE: Final = re.compile(r"(\d{1,18})-(\d{1,18})-(\d{1,3})")
_Entries = list[tuple[bytes, dict[bytes, bytes]]]
_Stream = tuple[str, keys.LetterKind]
_PORTION: Final = 500


class Place(NamedTuple):
    """Where a letter stands: when it came (epoch milliseconds), the how many-th of that moment, in which of the streams
    asked for."""

    at_ms: int
    number: int
    stream: int = 0

    @property
    def entry_id(self) -> str:
        """Its id in its stream."""
        return f"{self.at_ms}-{self.number}"

    def __str__(self) -> str:
        return f"{self.entry_id}-{self.stream}"


class LetterPage(NamedTuple):
    """Some of a site's letters, newest first, and before which place the next ones are; None where these are all."""

    letters: list[tuple[Place, DeadLetter]]
    next_before: Place | None


class DeadLetterStore:
    """Dead letters in Redis; blocking."""

    name = "dead-letters"

    def __init__(self, client: Client, lifetimes: Lifetimes = USUAL_LIFETIMES) -> None:
        self._client = client
        self._lifetime_s = max(1, int(lifetimes.dead_letters_s))

    def set_aside(self, letters: Sequence[DeadLetter]) -> None:
        """Set letters aside: no stream outlives its last one's time, and `drop_old` takes out the others."""
        with self._client.pipeline(transaction=False) as pipe:
            for letter in letters:
                name = keys.dead_letters(letter.site, "rejected" if letter.source == INTAKE else "set-aside")
                pipe.xadd(name, {"v": encode_dead_letter(letter)}, maxlen=MAX_LETTERS, approximate=True)
                pipe.expire(name, self._lifetime_s)
            pipe.execute()

    def newest(self, sites: Sequence[str], before: Place | None, limit: int) -> LetterPage:
        """Give the newest letters of sites before a place; one that a flow set aside twice is given once."""
        streams = [self._newest_first(stream, number, before) for number, stream in enumerate(_streams(sites))]
        found: list[tuple[Place, DeadLetter]] = []
        seen: set[tuple[str, int, int]] = set()
        for place, letter in merge(*streams, key=lambda told: told[0][:2], reverse=True):
            if letter.position >= 0:
                if (letter.source, letter.partition, letter.position) in seen:
                    continue
                seen.add((letter.source, letter.partition, letter.position))
            if len(found) == limit:
                return LetterPage(found, found[-1][0])
            found.append((place, letter))
        return LetterPage(found, None)

    def drop_old(self, sites: Collection[str], now_s: float) -> None:
        """Take out the letters of sites whose time is over at `now_s` (epoch seconds)."""
        oldest_ms = max(0, int((now_s - self._lifetime_s) * 1000))
        with self._client.pipeline(transaction=False) as pipe:
            for stream in _streams(sites):
                pipe.xtrim(keys.dead_letters(*stream), minid=str(oldest_ms), approximate=False)
            pipe.execute()

    def count(self, sites: Collection[str]) -> int:
        """How many letters are kept of sites."""
        with self._client.pipeline(transaction=False) as pipe:
            for stream in _streams(sites):
                pipe.xlen(keys.dead_letters(*stream))
            return sum(pipe.execute())

    def unreplayed(self, sites: Sequence[str], most: int) -> list[tuple[_Stream, Place, DeadLetter]]:
        """Give the oldest letters that were not tried again yet, each with the stream it stands in."""
        found: list[tuple[_Stream, Place, DeadLetter]] = []
        for number, stream in enumerate(_streams(sites)):
            after = cast(bytes | None, self._client.get(keys.dead_letters_replayed(*stream)))
            first = f"({after.decode()}" if after else _START
            entries = cast(_Entries, self._client.xrange(keys.dead_letters(*stream), first, "+", most))
            found += [(stream, place, letter) for place, letter in _decoded(entries, number)]
        return found[:most]

    def replayed(self, tried: Iterable[tuple[_Stream, Place]]) -> None:
        """Note that letters were tried again, in the order `unreplayed` gave them."""
        for stream, place in dict(tried).items():
            name = keys.dead_letters_replayed(*stream)
            self._client.set(name, place.entry_id, ex=self._lifetime_s)

    def erase_visitor(self, site: str, names: Collection[str]) -> int:
        """Take out every letter of visitors by the names they go by, whether it is theirs or tells of an event that
        names them; gives how many there were."""
        gone = 0
        for stream in _streams([site]):
            doomed = [place for place, letter in self._newest_first(stream, 0, None) if _names_any(letter, names)]
            for place in doomed:
                gone += self._client.xdel(keys.dead_letters(*stream), place.entry_id)
        return gone

    def of_visitor(self, site: str, names: Collection[str]) -> list[DeadLetter]:
        """Give every letter of a visitor by the names they go by, newest first of each stream."""
        return [
            letter
            for stream in _streams([site])
            for _, letter in self._newest_first(stream, 0, None)
            if _names_any(letter, names)
        ]

    def _newest_first(self, stream: _Stream, number: int, before: Place | None) -> Iterator[tuple[Place, DeadLetter]]:
        name, last = keys.dead_letters(*stream), "+"
        if before is not None:
            # Of letters of one moment and number, those of a later stream stand after the others.
            last = f"{'' if number > before.stream else '('}{before.entry_id}"
        while True:
            entries = cast(_Entries, self._client.xrevrange(name, last, "-", _PORTION))
            yield from _decoded(entries, number)
            if len(entries) < _PORTION:
                return
            last = f"({entries[-1][0].decode()}"


def _names_any(letter: DeadLetter, names: Collection[str]) -> bool:
    """Whether a letter is of one of some visitors, or its event, as sent or as kept, names one."""
    if letter.name in names:
        return True
    try:
        event = decode_event(letter.value)
    except InvalidError:
        try:
            told = msgspec.json.decode(letter.value)
        except msgspec.DecodeError:  # what is long was cut
            return any(named in letter.value for named in _as_written(names))
        return isinstance(told, dict) and not names_of(told).isdisjoint(names)
    return not {event.visitor_id, event.user_id, event.device_id}.isdisjoint(names)


def _as_written(names: Collection[str]) -> list[bytes]:
    """How an event that was sent names any of some visitors, in the form in which letters hold it."""
    values = [msgspec.json.encode(name) for name in names]
    values += [b"%d%b" % (int(name), end) for name in names if name.isdecimal() for end in (b",", b"}")]
    return [msgspec.json.encode(field) + b":" + value for field in _NAMING for value in values]


def names_of(told: Mapping[str, object]) -> set[str]:
    """Give whom an event as it was sent may name.

    >>> sorted(names_of({"event": "login", "visitor_id": "v", "user_id": 7, "params": {"email": "ann@shop.example"}}))
    ['7', 'ann@shop.example', 'v']
    """
    inside = told.get("params")
    places = (told, inside if isinstance(inside, dict) else {})
    found = (place.get(name) for place in places for name in _NAMING)
    return {str(value).strip() for value in found if isinstance(value, str | int)}


def parse_place(text: str) -> Place:
    """Read what a place was written as; raises `InvalidError`."""
    found = _PLACE.fullmatch(text)
    if found is None:
        raise InvalidError("parameter_invalid", f"before must be a dead letter's position, got {show_value(text)}")
    return Place(*map(int, found.groups()))


def _streams(sites: Iterable[str]) -> list[_Stream]:
    return [(site, letter_kind) for site in sites for letter_kind in get_args(keys.LetterKind)]


def _decoded(entries: Iterable[tuple[bytes, dict[bytes, bytes]]], stream: int) -> Iterator[tuple[Place, DeadLetter]]:
    for entry_id, fields in entries:
        at_ms, _, number = entry_id.decode().partition("-")
        try:
            yield Place(int(at_ms), int(number), stream), decode_dead_letter(fields.get(b"v", b""))
        except InvalidError:
            continue
