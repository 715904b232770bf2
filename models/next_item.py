"""Next item: what a visitor will look at next, from everything learned up to the event before.

One engine: session neighbours, sequences, pairs, content and traffic name a few hundred candidates and say what speaks
for each; a ranker that learns with every event weighs them. Nothing is drawn at random: the same events in the same
order give the same engine.
"""

import zlib
from collections import OrderedDict
from collections.abc import Collection, Sequence
from math import inf, isfinite
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.arrays import Renumbering, Stored, grown, restore, store
from models.board import MAX_CANDIDATES, Board, new_board, start
from models.candidates import (
    CHANNELS,
    COSINE,
    FEATURES,
    LAST,
    PAIR,
    QUERY_FEATURES,
    VOTES,
    Sources,
    gather_further,
    gather_session,
    write_features,
    write_query,
)
from models.content import Content, Rings, learn_rings, new_content, new_rings, renumber_content, set_facts
from models.kernels import kernel
from models.pairs import Pairs, learn_pair, new_pairs, score_pair
from models.ranker import RATE, Ranker, learn_choice, new_ranker, score_all
from models.sequences import (
    AFTER,
    LATELY,
    LOOK_BACK,
    TOGETHER,
    Sequences,
    learn_after,
    learn_step,
    new_sequences,
    renumber_sequences,
)
from models.session_neighbours import (
    Sessions,
    learn_visit,
    new_scratch,
    new_sessions,
    renumber_sessions,
    score_neighbours,
)
from models.traffic import HORIZONS, Traffic, learn_traffic, new_traffic, popularity, renumber_traffic

PATH_ITEMS: Final = 48
"""Events kept of an open session."""
QUERY_ITEMS: Final = 24
"""Distinct items of a session that are asked with."""
VISITOR_ITEMS: Final = 24
VISITOR_ITEMS_USED: Final = 10
OPEN_SESSIONS: Final = 20_000
VISITORS: Final = 20_000
TOKEN_LOOK_BACK: Final = 2
_TOKEN_KINDS: Final = 3
_FIRST_CAPACITY: Final = 1_024
_LINKS_PER_SESSION: Final = 8
_FORMAT: Final = 1
_MAX_PRICE: Final = 1e9


class Visit(NamedTuple):
    """One event on an item. `at_s` is epoch seconds; an empty text or None is not known."""

    session_id: str
    item_id: str
    at_s: float
    visitor_id: str = ""
    category: Sequence[str] = ()
    brand: str = ""
    price: float | None = None


class Places(NamedTuple):
    """Where an event's item stood, from 1, in the list made before it was learned; 0 is not listed.

    `everything` counts all items but the session's last; `discovery` only those not yet in the session, and is None
    for an item that is.
    """

    everything: int
    discovery: int | None


class _Open(msgspec.Struct, array_like=True):
    """A session going on: its items latest first, and when its last two events were."""

    number: int = -1
    path: list[int] = []
    last_at_s: float = 0.0
    before_at_s: float = 0.0


class _Saved(msgspec.Struct):
    format: int
    max_items: int
    max_tokens: int
    max_sessions: int
    latest_s: float
    names: list[str]
    tokens: list[str]
    open: list[tuple[str, _Open]]
    visitors: list[tuple[str, list[int]]]
    states: list[list[Stored]]


class NextItem:
    """The engine.

    Parameters
    ----------
    max_items
        Items known at a time, about 3 KB each; beyond it the least wanted tenth goes. At least 100.
    max_tokens
        Categories, brands, price bands and their pairs known at a time, about 3 KB each; beyond it all are forgotten
        and learned anew.
    max_sessions
        Sessions remembered as neighbours, the latest, about 400 bytes each.
    rate
        Step of the ranker. Above 0.
    without
        Channels of `models.candidates` to blank, to see what each is worth.

    >>> engine = NextItem()
    >>> for item in ("boots", "socks"):
    ...     _ = engine.learn_one(Visit("s1", item, at_s=0.0))
    >>> engine.recommend(["boots"])[0][0]
    'socks'
    """

    def __init__(
        self,
        max_items: int = 50_000,
        max_tokens: int = 20_000,
        max_sessions: int = 60_000,
        rate: float = RATE,
        without: Collection[int] = (),
    ) -> None:
        if max_items < 100:
            raise ValueError(f"max_items must be at least 100, got {max_items}")
        if max_tokens < 100:
            raise ValueError(f"max_tokens must be at least 100, got {max_tokens}")
        if max_sessions < 1:
            raise ValueError(f"max_sessions must be at least 1, got {max_sessions}")
        if rate <= 0:
            raise ValueError(f"rate must be above 0, got {rate}")
        self.max_items, self.max_tokens, self.max_sessions = max_items, max_tokens, max_sessions
        self.rate = rate
        self.without = np.array(sorted(without), dtype=np.int64)
        self.latest_s = -inf
        self.names: list[str] = []
        self._number: dict[str, int] = {}
        self._token: dict[str, int] = {}
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._visitors: OrderedDict[str, list[int]] = OrderedDict()
        items, tokens = min(_FIRST_CAPACITY, max_items), min(_FIRST_CAPACITY, max_tokens)
        self._sessions = new_sessions(items, max_sessions, max_sessions * _LINKS_PER_SESSION)
        self._pairs = new_pairs()
        self._sources = Sources(
            new_sequences(items), new_sequences(tokens), new_content(items), new_rings(tokens), new_traffic(items)
        )
        self._ranker = new_ranker(FEATURES, QUERY_FEATURES)
        # Before anything is learned, the sources that serve best alone count alike.
        for channel in (VOTES, VOTES + 1, LAST + AFTER, LAST + TOGETHER, LAST + LATELY, COSINE):
            self._ranker.weight[2 * channel + 1, 0] = 1.0
        self._make_scratch(items)

    def _make_scratch(self, items: int) -> None:
        self._board = new_board(items, CHANNELS)
        self._scratch = new_scratch(self.max_sessions)
        self._features = np.zeros((MAX_CANDIDATES, FEATURES), np.float32)
        self._scores = np.zeros(MAX_CANDIDATES, np.float32)
        self._asked = np.zeros(QUERY_FEATURES, np.float32)

    def learn_one(self, visit: Visit) -> Places | None:
        """Learn an event; tells where its item stood before, None for a session's first item or a repeat of its last.

        Raises ValueError for a time that is no number.
        """
        if not isfinite(visit.at_s):
            raise ValueError(f"at_s must be finite, got {visit.at_s}")
        item = self._number_of(visit.item_id)
        session = self._open.pop(visit.session_id, None) or _Open()
        self._open[visit.session_id] = session
        if len(self._open) > OPEN_SESSIONS:
            self._open.popitem(last=False)
        visited = self._visited(visit.visitor_id)
        places = None
        if session.path and session.path[0] != item:
            places = self._learn_next(session, visited, item)
        self._learn_facts(visit, item)
        if not session.path or session.path[0] != item:
            self._learn_item(session, visited, item, visit.at_s)
        session.before_at_s = session.last_at_s if session.path[1:] else visit.at_s
        session.last_at_s = visit.at_s
        self.latest_s = max(self.latest_s, visit.at_s)
        return places

    def recommend(
        self,
        history: Sequence[str],
        n: int = 20,
        *,
        exclude: Collection[str] = (),
        at_s: float | None = None,
        dwell_s: float = 0.0,
        session_id: str = "",
        visitor_id: str = "",
    ) -> list[tuple[str, float]]:
        """Give the `n` items most likely next, each with its score, best first; learns nothing.

        Parameters
        ----------
        history
            The session's items, latest first; ones never seen are passed over. The latest is never listed. For none
            that is known, the most wanted items are given.
        exclude
            Further items that are not listed.
        at_s
            Epoch seconds of the session's last event; the latest event learned for None.
        dwell_s
            Seconds between the session's last two events.
        session_id
            Session that must not be its own neighbour.
        visitor_id
            Visitor whose items of earlier sessions are candidates.
        """
        path = [self._number[item_id] for item_id in history[:PATH_ITEMS] if item_id in self._number]
        left_out = {self._number[item_id] for item_id in exclude if item_id in self._number} | set(path[:1])
        if not path:
            return self._most_wanted(n, left_out)
        known = self._open.get(session_id)
        if at_s is None:
            at_s = self.latest_s
        visited = self._visitors.get(visitor_id, []) if visitor_id else []
        self._score(path, visited, known.number if known else -1, at_s, dwell_s)
        count = int(self._board.head[1])
        items = self._board.items[:count]
        # Ties by number, that is by who was seen first.
        order = items[np.lexsort((items, -self._scores[:count]))].tolist()
        scores = dict(zip(items.tolist(), self._scores[:count].tolist(), strict=True))
        kept = [item for item in order if item not in left_out][:n]
        return [(self.names[item], scores[item]) for item in kept]

    def _most_wanted(self, n: int, left_out: set[int]) -> list[tuple[str, float]]:
        traffic, count = self._sources.traffic, len(self.names)
        faded = np.exp2((traffic.seen[:count] - traffic.head[0]) / HORIZONS[1])
        scores = np.where(traffic.seen[:count] >= 0, traffic.weight[:count, 1] * faded, 0.0)
        order = np.argsort(-scores, kind="stable").tolist()
        kept = [item for item in order if item not in left_out][:n]
        return [(self.names[item], float(scores[item])) for item in kept]

    def _score(self, path: list[int], visited: list[int], number: int, at_s: float, dwell_s: float) -> None:
        """Put the candidates and their scores on the board."""
        query = np.array(list(dict.fromkeys(path))[:QUERY_ITEMS], dtype=np.int32)
        steps = np.array(path, dtype=np.int32)
        board, sources = self._board, self._sources
        start(board)
        visitor = np.array(visited[:VISITOR_ITEMS_USED], dtype=np.int32)
        gather_session(board, sources, query, visitor, at_s)
        score_neighbours(self._sessions, self._scratch, board, number, query, at_s, VOTES)
        seen = score_pair(self._pairs, board, path[0], path[1], PAIR) if len(path) > 1 else 0.0
        gather_further(board, sources, query)
        if len(self.without):
            board.raw[:, self.without] = 0.0
        write_query(sources, query, steps, dwell_s, seen, self._asked)
        write_features(board, sources, query, steps, seen, self._features)
        score_all(self._ranker, self._features, self._asked, board.head[1], self._scores)

    def _learn_next(self, session: _Open, visited: list[int], item: int) -> Places:
        dwell_s = session.last_at_s - session.before_at_s
        self._score(session.path, visited, session.number, session.last_at_s, dwell_s)
        board = self._board
        seen = np.array(list(dict.fromkeys(session.path)), dtype=np.int32)
        everything, discovery = _places(board, self._scores, seen, item)
        if everything:
            learn_choice(
                self._ranker, self._features, self._asked, board.head[1], self._scores, board.place[item], self.rate
            )
        return Places(everything, None if item in session.path else discovery)

    def _learn_facts(self, visit: Visit, item: int) -> None:
        price = visit.price
        if price is not None and not 0 <= price <= _MAX_PRICE:
            price = None
        if visit.category or visit.brand or price is not None:
            set_facts(self._sources.content, item, visit.category, visit.brand, price, self._token_of)

    def _learn_item(self, session: _Open, visited: list[int], item: int, at_s: float) -> None:
        sources = self._sources
        path = session.path
        if path:
            before = np.array(list(dict.fromkeys(path))[:LOOK_BACK], dtype=np.int32)
            if len(path) > 1:
                learn_pair(self._pairs, path[0], path[1], item)
            learn_step(sources.sequences, item, before, at_s)
            _learn_tokens(sources.token_sequences, sources.content, item, before, at_s)
        session.number = learn_visit(self._sessions, session.number, item, at_s)
        learn_traffic(sources.traffic, item, len(self.names))
        learn_rings(sources.rings, sources.content.tokens[item], item)
        path.insert(0, item)
        del path[PATH_ITEMS:]
        if item in visited:
            visited.remove(item)
        visited.insert(0, item)
        del visited[VISITOR_ITEMS:]

    def _visited(self, visitor_id: str) -> list[int]:
        if not visitor_id:
            return []
        visited = self._visitors.pop(visitor_id, None)
        if visited is None:
            visited = []
        self._visitors[visitor_id] = visited
        if len(self._visitors) > VISITORS:
            self._visitors.popitem(last=False)
        return visited

    def _number_of(self, item_id: str) -> int:
        number = self._number.get(item_id)
        if number is None:
            if len(self.names) >= self.max_items:
                self._drop_least_wanted()
            number = self._number[item_id] = len(self.names)
            self.names.append(item_id)
            capacity = len(self._sources.content.price)
            if number >= capacity:
                self._grow_items(min(2 * capacity, self.max_items))
        return number

    def _grow_items(self, items: int) -> None:
        sources, sessions = self._sources, self._sessions
        larger = np.full(items, -1, np.int64)
        larger[: len(sessions.first_link)] = sessions.first_link
        self._sessions = sessions._replace(first_link=larger)
        self._sources = sources._replace(
            sequences=grown(sources.sequences, new_sequences(items)),
            content=grown(sources.content, new_content(items)),
            traffic=grown(sources.traffic, new_traffic(items)),
        )
        self._board = new_board(items, CHANNELS)

    def _token_of(self, text: str) -> int:
        number = self._token.get(text)
        if number is None:
            capacity = len(self._sources.rings.rung)
            if len(self._token) >= self.max_tokens:
                self._token.clear()
                self._sources.content.tokens[:] = -1
                self._sources = self._sources._replace(
                    token_sequences=new_sequences(capacity), rings=new_rings(capacity)
                )
            number = self._token[text] = len(self._token)
            if number >= capacity:
                tokens = min(2 * capacity, self.max_tokens)
                self._sources = self._sources._replace(
                    token_sequences=grown(self._sources.token_sequences, new_sequences(tokens)),
                    rings=grown(self._sources.rings, new_rings(tokens)),
                )
        return number

    def _drop_least_wanted(self) -> None:
        """Keep nine tenths of the items, by popularity, then by who was seen last, and number them anew."""
        traffic = self._sources.traffic
        count = len(self.names)
        order = sorted(range(count), key=lambda item: (-popularity(traffic, item, 2), -traffic.seen[item], item))
        kept = np.array(sorted(order[: self.max_items * 9 // 10]), dtype=np.int64)
        new_of = np.full(count, -1, np.int32)
        new_of[kept] = np.arange(len(kept), dtype=np.int32)
        numbers = Renumbering(kept, new_of)
        renumber_sequences(self._sources.sequences, numbers, keys=True)
        renumber_sequences(self._sources.token_sequences, numbers, keys=False)
        renumber_content(self._sources.content, self._sources.rings, numbers)
        renumber_traffic(traffic, numbers)
        renumber_sessions(self._sessions, numbers)
        self._pairs = new_pairs()  # rows lie by number; what followed pairs is soon learned again
        self._board = new_board(len(self._board.place), CHANNELS)
        self.names = [self.names[old] for old in kept.tolist()]
        self._number = {name: number for number, name in enumerate(self.names)}
        for session in self._open.values():
            session.path = _renumbered(session.path, new_of)
        for visitor_id, visited in self._visitors.items():
            self._visitors[visitor_id] = _renumbered(visited, new_of)

    def save(self) -> bytes:
        """Give everything `load` needs to go on."""
        saved = _Saved(
            format=_FORMAT,
            max_items=self.max_items,
            max_tokens=self.max_tokens,
            max_sessions=self.max_sessions,
            latest_s=self.latest_s,
            names=self.names,
            tokens=list(self._token),
            open=list(self._open.items()),
            visitors=list(self._visitors.items()),
            states=[store(state) for state in (self._sessions, self._pairs, self._ranker, *self._sources)],
        )
        return zlib.compress(msgspec.msgpack.encode(saved), level=1)

    @classmethod
    def load(cls, value: bytes) -> "NextItem":
        """Go on from what `save` gave; raises ValueError for another format."""
        saved = msgspec.msgpack.decode(zlib.decompress(value), type=_Saved)
        if saved.format != _FORMAT:
            raise ValueError(f"saved engine has format {saved.format}, this version reads {_FORMAT}")
        engine = cls(saved.max_items, saved.max_tokens, saved.max_sessions)
        sessions, pairs, ranker, sequences, token_sequences, content, rings, traffic = saved.states
        engine._sessions = restore(Sessions, sessions)
        engine._pairs = restore(Pairs, pairs)
        engine._ranker = restore(Ranker, ranker)
        engine._sources = Sources(
            restore(Sequences, sequences),
            restore(Sequences, token_sequences),
            restore(Content, content),
            restore(Rings, rings),
            restore(Traffic, traffic),
        )
        engine.latest_s = saved.latest_s
        engine.names = saved.names
        engine._number = {name: number for number, name in enumerate(saved.names)}
        engine._token = {text: number for number, text in enumerate(saved.tokens)}
        engine._open = OrderedDict(saved.open)
        engine._visitors = OrderedDict(saved.visitors)
        engine._make_scratch(len(engine._sources.content.price))
        return engine


def _renumbered(items: list[int], new_of: NDArray[np.int32]) -> list[int]:
    return [int(new_of[item]) for item in items if new_of[item] >= 0]


@kernel
def _learn_tokens(t: Sequences, content: Content, item: int, before: NDArray[np.int32], at_s: float) -> None:
    """Count that the item came after the tokens of the items before it."""
    for steps in range(min(len(before), TOKEN_LOOK_BACK)):
        if before[steps] != item:
            for kind in range(_TOKEN_KINDS):
                token = content.tokens[before[steps], kind]
                if token >= 0:
                    learn_after(t, token, item, steps + 1, at_s)


@kernel
def _places(board: Board, scores: NDArray[np.float32], seen: NDArray[np.int32], item: int) -> tuple[int, int]:
    """Where an item stands among all candidates but the last, and among those not in the session; 0, 0 for nowhere."""
    if board.stamp[item] != board.head[0]:
        return 0, 0
    mine = scores[board.place[item]]
    everything = 1
    for place in range(board.head[1]):
        other = board.items[place]
        if other != seen[0] and (scores[place] > mine or (scores[place] == mine and other < item)):
            everything += 1
    discovery = everything
    for index in range(1, len(seen)):
        other = seen[index]
        if board.stamp[other] == board.head[0]:
            score = scores[board.place[other]]
            if score > mine or (score == mine and other < item):
                discovery -= 1
    return everything, discovery
