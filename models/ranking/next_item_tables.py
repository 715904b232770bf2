"""Tables of the next-item engine: what is counted of items, tokens, sessions and visitors, and its saved form.

Items and tokens have numbers, by which the arrays lie. Where there is no room for one more, the least wanted go and the
others are numbered anew.
"""

import zlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np

from models.base.array_state import Renumbering, Stored, grown, restore, store
from models.ranking.candidates import (
    Sources,
)
from models.ranking.embeddings import Factors, new_factors, renumber_factors
from models.ranking.feature_layout import (
    COSINE,
    FACTORS,
    FEATURES,
    FROM_LAST,
    QUERY_FEATURES,
    SAME_CATEGORY,
    VOTES,
    VOTES_NEAR,
    log_share_column,
)
from models.ranking.item_content import (
    Content,
    Rings,
    new_content,
    new_rings,
    renumber_content,
    renumber_tokens,
)
from models.ranking.item_traffic import (
    Traffic,
    new_traffic,
    popularity,
    renumber_traffic,
    stored_traffic,
)
from models.ranking.second_order import new_pairs, restored_pairs, stored_pairs
from models.ranking.session_neighbours import (
    new_sessions,
    renumber_sessions,
    restored_sessions,
    stored_sessions,
)
from models.ranking.softmax_ranker import Ranker, new_ranker
from models.ranking.transitions import (
    AFTER,
    LATELY,
    TOGETHER,
    Sequences,
    grown_sequences,
    new_sequences,
    renumber_others,
    renumber_rows,
)

_FORMAT: Final = 2
_FIRST_CAPACITY: Final = 1_024
_LINKS_PER_SESSION: Final = 8
VISITORS: Final = 20_000


class OpenSession(msgspec.Struct, array_like=True):
    """A session going on: its items latest first, when its last two events were, and how many it has had."""

    visitor_id: str = ""
    number: int = -1
    path: list[int] = []
    last_at_s: float = 0.0
    before_at_s: float = 0.0
    events: int = 0


class _SavedTables(msgspec.Struct):
    format: int
    max_items: int
    max_tokens: int
    max_sessions: int
    latest_s: float
    names: list[str]
    tokens: list[str]
    states: list[list[Stored]]


class _SavedPaths(msgspec.Struct):
    open: list[tuple[str, OpenSession]]
    visitors: list[tuple[str, list[int]]]


class NextItemTables:
    """All that the engine has counted.

    Parameters
    ----------
    max_items, max_tokens, max_sessions
        As for `models.ranking.next_item.NextItem`.
    resized
        Called with the number of items there is room for whenever that, or the items' numbers, change.
    """

    def __init__(self, max_items: int, max_tokens: int, max_sessions: int, resized: Callable[[int], None]) -> None:
        self.max_items, self.max_tokens, self.max_sessions = max_items, max_tokens, max_sessions
        self._resized = resized
        self.names: list[str] = []
        self.numbers: dict[str, int] = {}
        self.tokens: dict[str, int] = {}
        self.open: OrderedDict[str, OpenSession] = OrderedDict()
        self.visitors: OrderedDict[str, list[int]] = OrderedDict()
        items, tokens = min(_FIRST_CAPACITY, max_items), min(_FIRST_CAPACITY, max_tokens)
        self.sessions = new_sessions(items, max_sessions, max_sessions * _LINKS_PER_SESSION)
        self.pairs = new_pairs()
        self.sources = Sources(
            new_sequences(items), new_sequences(tokens), new_content(items), new_rings(tokens), new_traffic(items)
        )
        self.factors = new_factors(items)
        self.ranker = new_ranker(FEATURES, QUERY_FEATURES)
        # Before anything is learned, the sources that serve best alone count alike.
        for channel in (VOTES, VOTES_NEAR, FROM_LAST + AFTER, FROM_LAST + TOGETHER, FROM_LAST + LATELY, COSINE):
            self.ranker.weight[log_share_column(channel), 0] = 1.0
        self.ranker.weight[[SAME_CATEGORY, FACTORS], 0] = 1.0
        resized(items)

    def visited(self, visitor_id: str) -> list[int]:
        """Give the numbers of a visitor's items, latest first, to be changed in place; a list nobody keeps for
        nobody."""
        if not visitor_id:
            return []
        visited = self.visitors.pop(visitor_id, None)
        if visited is None:
            visited = []
        self.visitors[visitor_id] = visited
        if len(self.visitors) > VISITORS:
            self.visitors.popitem(last=False)
        return visited

    def number_of(self, item_id: str) -> int:
        """Give an item's number, a new one if it has none; beyond `max_items` all are numbered anew."""
        number = self.numbers.get(item_id)
        if number is None:
            if len(self.names) >= self.max_items:
                self._drop_least_wanted()
            number = self.numbers[item_id] = len(self.names)
            self.names.append(item_id)
            capacity = len(self.sources.content.price)
            if number >= capacity:
                self._grow_items(min(max(2 * capacity, _FIRST_CAPACITY), self.max_items))
        return number

    def token_of(self, text: str) -> int:
        """Give the number of a category, brand or price band; beyond `max_tokens` all are numbered anew."""
        number = self.tokens.get(text)
        if number is None:
            if len(self.tokens) >= self.max_tokens:
                self._drop_least_used()
            number = self.tokens[text] = len(self.tokens)
            capacity = len(self.sources.rings.rung)
            if number >= capacity:
                tokens = min(max(2 * capacity, _FIRST_CAPACITY), self.max_tokens)
                self.sources = self.sources._replace(
                    token_sequences=grown_sequences(self.sources.token_sequences, tokens),
                    rings=grown(self.sources.rings, new_rings(tokens)),
                )
        return number

    def _grow_items(self, items: int) -> None:
        sources, sessions = self.sources, self.sessions
        larger = np.full(items, -1, np.int64)
        larger[: len(sessions.first_link)] = sessions.first_link
        self.sessions = sessions._replace(first_link=larger)
        self.sources = sources._replace(
            sequences=grown_sequences(sources.sequences, items),
            content=grown(sources.content, new_content(items)),
            traffic=grown(sources.traffic, new_traffic(items)),
        )
        self.factors = grown(self.factors, new_factors(items))
        self._resized(items)

    def _drop_least_used(self) -> None:
        """Keep nine tenths of the tokens, by events on their items, then the newer, and number them anew."""
        rung = self.sources.rings.rung
        order = sorted(range(len(self.tokens)), key=lambda token: (-rung[token], -token))
        numbers = _renumbering(order[: self.max_tokens * 9 // 10], len(self.tokens))
        renumber_tokens(self.sources.content, self.sources.rings, numbers)
        renumber_rows(self.sources.token_sequences, numbers)
        texts = list(self.tokens)
        self.tokens = {texts[old]: number for number, old in enumerate(numbers.kept.tolist())}

    def _drop_least_wanted(self) -> None:
        """Keep nine tenths of the items, by popularity, then by who was seen last, and number them anew."""
        traffic = self.sources.traffic
        count = len(self.names)
        order = sorted(range(count), key=lambda item: (-popularity(traffic, item, 2), -traffic.seen[item], item))
        numbers = _renumbering(order[: self.max_items * 9 // 10], count)
        renumber_rows(self.sources.sequences, numbers)
        renumber_others(self.sources.sequences, numbers)
        renumber_others(self.sources.token_sequences, numbers)
        renumber_factors(self.factors, numbers)
        renumber_content(self.sources.content, self.sources.rings, numbers)
        renumber_traffic(traffic, numbers)
        renumber_sessions(self.sessions, numbers)
        self.pairs = new_pairs()  # rows lie by number; what followed pairs is soon learned again
        self._resized(len(self.sources.content.price))
        self.names = [self.names[old] for old in numbers.kept.tolist()]
        self.numbers = {name: number for number, name in enumerate(self.names)}
        for session in self.open.values():
            session.path = _renumbered(session.path, numbers)
        for visitor_id, visited in self.visitors.items():
            self.visitors[visitor_id] = _renumbered(visited, numbers)

    def save(self, latest_s: float) -> bytes:
        """Give all that lists are made from, of nobody in particular; `latest_s` is when the latest event was."""
        items, tokens = len(self.names), len(self.tokens)
        sources = self.sources
        saved = _SavedTables(
            format=_FORMAT,
            max_items=self.max_items,
            max_tokens=self.max_tokens,
            max_sessions=self.max_sessions,
            latest_s=latest_s,
            names=self.names,
            tokens=list(self.tokens),
            states=[
                stored_sessions(self.sessions, items),
                stored_pairs(self.pairs),
                store(self.ranker),
                store(self.factors, items),
                store(sources.sequences, items),
                store(sources.token_sequences, tokens),
                store(sources.content, items),
                store(sources.rings, tokens),
                stored_traffic(sources.traffic, items),
            ],
        )
        return zlib.compress(msgspec.msgpack.encode(saved), level=1)

    def save_paths(self) -> bytes:
        """Give who is on the way where: what is needed to learn on."""
        saved = _SavedPaths(list(self.open.items()), list(self.visitors.items()))
        return zlib.compress(msgspec.msgpack.encode(saved), level=1)

    @classmethod
    def load(cls, tables: bytes, paths: bytes, resized: Callable[[int], None]) -> tuple["NextItemTables", float]:
        """Read what `save` and `save_paths` gave, paths perhaps empty; gives when the latest event was, too.

        Raises ValueError for another format.
        """
        saved = msgspec.msgpack.decode(zlib.decompress(tables), type=_SavedTables)
        if saved.format != _FORMAT:
            raise ValueError(f"saved engine has format {saved.format}, this version reads {_FORMAT}")
        made = cls(saved.max_items, saved.max_tokens, saved.max_sessions, resized)
        sessions, pairs, ranker, factors, sequences, token_sequences, content, rings, traffic = saved.states
        made.sessions = restored_sessions(made.sessions, sessions)
        restored_pairs(made.pairs, pairs)
        made.ranker = restore(Ranker, ranker)
        made.factors = restore(Factors, factors)
        made.sources = Sources(
            restore(Sequences, sequences),
            restore(Sequences, token_sequences),
            restore(Content, content),
            restore(Rings, rings),
            restore(Traffic, traffic),
        )
        made.names = saved.names
        made.numbers = {name: number for number, name in enumerate(saved.names)}
        made.tokens = {text: number for number, text in enumerate(saved.tokens)}
        if paths:
            known = msgspec.msgpack.decode(zlib.decompress(paths), type=_SavedPaths)
            made.open, made.visitors = OrderedDict(known.open), OrderedDict(known.visitors)
        resized(len(saved.names))
        return made, saved.latest_s


def _renumbering(kept: list[int], count: int) -> Renumbering:
    order = np.array(sorted(kept), dtype=np.int64)
    new_of = np.full(count, -1, np.int32)
    new_of[order] = np.arange(len(order), dtype=np.int32)
    return Renumbering(order, new_of)


def _renumbered(items: list[int], numbers: Renumbering) -> list[int]:
    return [int(numbers.new_of[item]) for item in items if numbers.new_of[item] >= 0]
