"""Next item: what a visitor will look at next, from everything learned up to the event before.

One engine: session neighbours, sequences, pairs, content and traffic name a few hundred candidates and say what speaks
for each; a ranker that learns with every event weighs them. Nothing is drawn at random: the same events in the same
order give the same engine.
"""

from collections.abc import Collection, Sequence
from math import inf, isfinite
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.base.jit import kernel
from models.ranking.candidate_table import MAX_CANDIDATES, CandidateTable, new_candidate_table, spoken_for
from models.ranking.candidates import (
    HOP_ITEMS,
    two_steps,
)
from models.ranking.contributions import ContributionReader
from models.ranking.embeddings import EMBEDDING_LEARNING_RATE as FACTORS_RATE
from models.ranking.embeddings import learn_factors
from models.ranking.feature_layout import (
    FACTORS,
    FEATURES,
    LEARNERS,
    QUERY_FEATURES,
    SCORE_CHANNELS,
    TOKEN_AFTER_KINDS,
    learner_of_feature,
)
from models.ranking.item_content import (
    Content,
    learn_rings,
    set_facts,
)
from models.ranking.item_event import ItemEvent, Ranks
from models.ranking.item_traffic import (
    HORIZONS,
    learn_traffic,
)
from models.ranking.next_item_tables import NextItemTables, OpenSession
from models.ranking.score_query import NO_TWO_STEP, ModelState, SessionQuery, TwoStepNeighbours, Workspace, weigh
from models.ranking.second_order import learn_pair
from models.ranking.session_neighbours import (
    learn_visit,
    new_scratch,
)
from models.ranking.softmax_ranker import RANKER_LEARNING_RATE, learn_choice, slopes_of
from models.ranking.transitions import (
    LOOK_BACK,
    Sequences,
    learn_after,
    learn_step,
)

PATH_ITEMS: Final = 48
"""Events kept of an open session."""
NEXT_ITEM_QUERY_ITEMS: Final = 24
"""Distinct items of a session that are asked with."""
VISITOR_ITEMS: Final = 24
VISITOR_ITEMS_USED: Final = 10
STEPS_KEPT: Final = 2_000
"""Items of which an engine that learns no more keeps what is two steps away."""
OPEN_SESSIONS: Final = 20_000
TOKEN_LOOK_BACK: Final = 2
SESSION_EVENTS: Final = 300
"""Events of one session that are learned from; whoever has more is no shopper, or too much of one."""
_MAX_PRICE: Final = 1e9


class _Room:
    """Room for the candidates among so many items.

    The engine's own tables call for it as they grow. Were it the engine that they knew, the two would be a circle, and
    an engine of hundreds of megabytes would stay until the collector comes round.
    """

    def make(self, items: int) -> None:
        """Make it anew."""
        self.table = new_candidate_table(items, SCORE_CHANNELS)
        self.sums = np.zeros(items, np.float32)
        self.found = np.zeros(items, np.int32)


class NextItem:
    """The engine.

    Parameters
    ----------
    max_items
        Items known at a time, about 3 KB each; beyond it the least wanted tenth goes. At least 100.
    max_tokens
        Categories, brands, price bands and their pairs known at a time, about 3 KB each; beyond it the least used tenth
        goes. At least 100.
    max_sessions
        Sessions remembered as neighbours, the latest, about 400 bytes each.
    rate
        Step of the ranker. Above 0.
    without
        Names in `models.ranking.feature_layout.LEARNERS` of those whose say is left out, to see what each is worth.

    >>> engine = NextItem()
    >>> for item in ("boots", "socks"):
    ...     _ = engine.test_then_learn(ItemEvent("s1", item, at_s=0.0))
    >>> engine.next_items(["boots"])[0][0]
    'socks'
    """

    def __init__(
        self,
        max_items: int = 50_000,
        max_tokens: int = 20_000,
        max_sessions: int = 60_000,
        rate: float = RANKER_LEARNING_RATE,
        without: Collection[str] = (),
    ) -> None:
        if max_items < 100:
            raise ValueError(f"max_items must be at least 100, got {max_items}")
        if max_tokens < 100:
            raise ValueError(f"max_tokens must be at least 100, got {max_tokens}")
        if max_sessions < 1:
            raise ValueError(f"max_sessions must be at least 1, got {max_sessions}")
        if rate <= 0:
            raise ValueError(f"rate must be above 0, got {rate}")
        self.rate = rate
        unknown = sorted(set(without) - set(LEARNERS))
        if unknown:
            raise ValueError(f"without must name some of {', '.join(LEARNERS)}, got {', '.join(unknown)}")
        left_out = [number for number, name in enumerate(LEARNERS) if name in without]
        self._blank = np.flatnonzero(np.isin(learner_of_feature(), left_out))
        self.latest_s = -inf
        self._make_scratch(max_sessions)
        self._room = _Room()
        self._tables = NextItemTables(max_items, max_tokens, max_sessions, self._room.make)

    @property
    def names(self) -> list[str]:
        """Ids of the items known, by number."""
        return self._tables.names

    def _make_scratch(self, max_sessions: int) -> None:
        self._steps: dict[int, tuple[NDArray[np.int32], NDArray[np.float32]]] = {}
        self._frozen = False
        self._scratch = new_scratch(max_sessions)
        self._features = np.zeros((MAX_CANDIDATES, FEATURES), np.float32)
        self._scores = np.zeros(MAX_CANDIDATES, np.float32)
        self._asked = np.zeros(QUERY_FEATURES, np.float32)

    def test_then_learn(self, visit: ItemEvent, weight: float = 1.0, *, ranked: bool = True) -> Ranks | None:
        """Learn an event; tells where its item stood before, None for a session's first item or a repeat of its last.

        Parameters
        ----------
        visit
            The event. ValueError for a time that is no number.
        weight
            What it teaches, 0 to 1; below 1 for a move that was suggested.
        ranked
            Whether the ranker and the vectors learn from it too; without, the counts alone do, in a fifth of the time,
            and None is told.
        """
        if not isfinite(visit.at_s):
            raise ValueError(f"at_s must be finite, got {visit.at_s}")
        if self._frozen:
            raise ValueError("this engine was loaded without its paths: it answers and learns no more")
        item = self._tables.number_of(visit.item_id)
        session = self._tables.open.pop(visit.session_id, None) or OpenSession(visit.visitor_id)
        self._tables.open[visit.session_id] = session
        if len(self._tables.open) > OPEN_SESSIONS:
            self._tables.open.popitem(last=False)
        visited = self._tables.visited(visit.visitor_id)
        moves = not session.path or session.path[0] != item
        taught = session.events < SESSION_EVENTS
        places = None
        if session.path and moves and taught and ranked:
            places = self._learn_next(session, visited, item, weight)
        self._learn_facts(visit, item)
        if moves and taught:
            self._learn_item(session, visited, item, visit.at_s, weight)
        if moves:
            session.path.insert(0, item)
            del session.path[PATH_ITEMS:]
        session.events += 1
        session.before_at_s = session.last_at_s if session.path[1:] else visit.at_s
        session.last_at_s = visit.at_s
        self.latest_s = max(self.latest_s, visit.at_s)
        return places

    def forget(self, visitor_id: str) -> None:
        """Forget where a visitor is and was; what all visitors taught together stays."""
        self._tables.visitors.pop(visitor_id, None)
        for session_id in [key for key, session in self._tables.open.items() if session.visitor_id == visitor_id]:
            del self._tables.open[session_id]

    def next_items(
        self,
        history: Sequence[str],
        n: int = 20,
        *,
        exclude: Collection[str] = (),
        earlier: Sequence[str] = (),
        at_s: float | None = None,
        dwell_s: float = 0.0,
    ) -> list[tuple[str, float]]:
        """Give the `n` items most likely next, each with its chance among all candidates, best first; learns nothing.

        Parameters
        ----------
        history, earlier, at_s, dwell_s
            As for `rank`. The latest item of `history` is never listed; for a history of which nothing is known, the
            most wanted items are given.
        exclude
            Further items that are not listed.
        """
        items, chances = self.rank_candidates(history, earlier=earlier, at_s=at_s, dwell_s=dwell_s)
        if not len(items):
            items, chances = self._most_wanted()
        left_out = {self._tables.numbers[item_id] for item_id in exclude if item_id in self._tables.numbers}
        kept = [place for place, item in enumerate(items.tolist()) if item not in left_out][:n]
        return [(self.names[items[place]], float(chances[place])) for place in kept]

    def rank_candidates(
        self, history: Sequence[str], *, earlier: Sequence[str] = (), at_s: float | None = None, dwell_s: float = 0.0
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Give every candidate's number in `names` and its chance to be next, best first; none for an unknown history.

        Parameters
        ----------
        history
            The session's items, latest first; ones never seen are passed over. The latest known is no candidate.
        earlier
            The visitor's items of earlier sessions, latest first.
        at_s
            Epoch seconds of the session's last event; the latest event learned for None.
        dwell_s
            Seconds between the session's last two events.
        """
        path = self._numbers_of(history, PATH_ITEMS)
        if not path:
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        visited = self._numbers_of(earlier, VISITOR_ITEMS_USED)
        self._score(path, visited, -1, self.latest_s if at_s is None else at_s, dwell_s)
        count = int(self._room.table.head[1])
        items, scores = self._room.table.items[:count], self._scores[:count]
        chances = np.exp(scores - scores.max())
        chances /= chances.sum()
        # Ties by number, that is by who was seen first.
        order = np.lexsort((items, -scores))
        order = order[items[order] != path[0]]
        return items[order], chances[order]

    def knows(self, item_id: str) -> bool:
        """Whether an item was ever learned, and is kept."""
        return item_id in self._tables.numbers

    def evidence(self, items: NDArray[np.int32], channels: slice = slice(None)) -> NDArray[np.bool_]:
        """Whether anything but being wanted by all speaks for these candidates of the latest `rank`, `(len(items),)`.

        Parameters
        ----------
        channels
            Those of `models.ranking.candidates` that count.
        """
        return spoken_for(self._room.table, items, channels.start or 0, channels.stop or SCORE_CHANNELS)

    def reader(self) -> ContributionReader:
        """Give what tells why an item, numbered as in `names`, stood where it did in the latest `rank`."""
        return ContributionReader(
            self._room.table, self._tables.sources, self._tables.ranker, self._features, self._asked, self._query
        )

    def _numbers_of(self, item_ids: Sequence[str], most: int) -> list[int]:
        return [self._tables.numbers[item_id] for item_id in item_ids[:most] if item_id in self._tables.numbers]

    def _most_wanted(self) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        traffic, count = self._tables.sources.traffic, len(self.names)
        faded = np.exp2((traffic.seen[:count] - traffic.head[0]) / HORIZONS[1])
        wanted = np.where(traffic.seen[:count] >= 0, traffic.weight[:count, 1] * faded, 0.0).astype(np.float32)
        order = np.argsort(-wanted, kind="stable").astype(np.int32)
        return order, wanted[order] / max(float(wanted.sum()), 1.0)

    def _score(self, path: list[int], visited: list[int], number: int, at_s: float, dwell_s: float) -> None:
        """Put the candidates into the table, with their scores."""
        self._query = np.array(list(dict.fromkeys(path))[:NEXT_ITEM_QUERY_ITEMS], dtype=np.int32)
        weigh(
            ModelState(
                self._tables.sources,
                self._tables.sessions,
                self._tables.pairs,
                self._tables.factors,
                self._tables.ranker,
            ),
            Workspace(
                self._room.table,
                self._scratch,
                self._features,
                self._scores,
                self._asked,
                self._room.sums,
                self._room.found,
            ),
            self._known_two_step() if self._frozen else NO_TWO_STEP,
            SessionQuery(
                self._query,
                np.array(path, dtype=np.int32),
                np.array(visited[:VISITOR_ITEMS_USED], dtype=np.int32),
                number,
                at_s,
                dwell_s,
            ),
            self._blank,
        )

    def _known_two_step(self) -> TwoStepNeighbours:
        """What is two steps from the latest items, computed once by an engine that learns no more."""
        known = [self._two_steps(item) for item in self._query[:HOP_ITEMS].tolist()]
        ends = np.cumsum([len(found) for found, _ in known])
        return TwoStepNeighbours(
            np.concatenate([found for found, _ in known]), np.concatenate([sums for _, sums in known]), ends
        )

    def _two_steps(self, item: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        known = self._steps.get(item)
        if known is None:
            found = self._room.found[: two_steps(self._tables.sources, item, self._room.sums, self._room.found)]
            known = found.copy(), self._room.sums[found]
            self._room.sums[found] = 0.0
            if len(self._steps) >= STEPS_KEPT:
                self._steps.clear()
            self._steps[item] = known
        return known

    def _learn_next(self, session: OpenSession, visited: list[int], item: int, weight: float) -> Ranks:
        dwell_s = session.last_at_s - session.before_at_s
        self._score(session.path, visited, session.number, session.last_at_s, dwell_s)
        table = self._room.table
        seen = np.array(list(dict.fromkeys(session.path)), dtype=np.int32)
        everything, discovery = _places(table, self._scores, seen, item)
        if everything:
            slopes = slopes_of(self._scores, table.head[1], table.place[item])
            order_value = float(self._tables.ranker.weight[FACTORS] @ self._asked)
            learn_factors(self._tables.factors, table, self._query, slopes, order_value, weight * FACTORS_RATE)
            learn_choice(self._tables.ranker, self._features, self._asked, slopes, weight * self.rate)
        return Ranks(everything, None if item in session.path else discovery)

    def _learn_facts(self, visit: ItemEvent, item: int) -> None:
        price = visit.price
        if price is not None and not 0 <= price <= _MAX_PRICE:
            price = None
        if visit.category or visit.brand or price is not None:
            set_facts(self._tables.sources.content, item, visit.category, visit.brand, price, self._tables.token_of)

    def _learn_item(self, session: OpenSession, visited: list[int], item: int, at_s: float, weight: float) -> None:
        sources = self._tables.sources
        path = session.path
        if path:
            before = np.array(list(dict.fromkeys(path))[:LOOK_BACK], dtype=np.int32)
            if len(path) > 1:
                learn_pair(self._tables.pairs, path[0], path[1], item, weight)
            learn_step(sources.sequences, item, before, at_s, weight)
            _learn_tokens(sources.token_sequences, sources.content, item, before, at_s, weight)
        if weight == 1.0:  # neighbours vote whole or not at all
            session.number = learn_visit(self._tables.sessions, session.number, item, at_s)
        learn_traffic(sources.traffic, item, len(self.names), weight)
        learn_rings(sources.rings, sources.content.tokens[item], item)
        if item in visited:
            visited.remove(item)
        visited.insert(0, item)
        del visited[VISITOR_ITEMS:]

    def tables(self) -> bytes:
        """Give all that lists are made from, of nobody in particular; `load` makes an engine of it."""
        return self._tables.save(self.latest_s)

    def paths(self) -> bytes:
        """Give who is on the way where: what an engine needs beside `tables` to learn on."""
        return self._tables.save_paths()

    @classmethod
    def load(cls, tables: bytes, paths: bytes = b"") -> "NextItem":
        """Go on from what `tables` and `paths` gave; without paths it answers and learns no more.

        Raises ValueError for another format.
        """
        engine = cls(max_sessions=1)
        engine._tables, engine.latest_s = NextItemTables.load(tables, paths, engine._room.make)
        engine._make_scratch(engine._tables.max_sessions)
        engine._frozen = not paths
        return engine


@kernel
def _learn_tokens(
    t: Sequences, content: Content, item: int, before: NDArray[np.int32], at_s: float, weight: float
) -> None:
    """Count, `weight` times, that the item came after the tokens of the items before it."""
    for steps in range(min(len(before), TOKEN_LOOK_BACK)):
        if before[steps] != item:
            for kind in range(TOKEN_AFTER_KINDS):
                token = content.tokens[before[steps], kind]
                if token >= 0:
                    learn_after(t, token, item, steps + 1, at_s, weight)


@kernel
def _places(table: CandidateTable, scores: NDArray[np.float32], seen: NDArray[np.int32], item: int) -> tuple[int, int]:
    """Where an item stands among all candidates but the last, and among those not in the session; 0, 0 for nowhere."""
    if table.stamp[item] != table.head[0]:
        return 0, 0
    mine = scores[table.place[item]]
    everything = 1
    for place in range(table.head[1]):
        other = table.items[place]
        if other != seen[0] and (scores[place] > mine or (scores[place] == mine and other < item)):
            everything += 1
    discovery = everything
    for index in range(1, len(seen)):
        other = seen[index]
        if table.stamp[other] == table.head[0]:
            score = scores[table.place[other]]
            if score > mine or (score == mine and other < item):
                discovery -= 1
    return everything, discovery
